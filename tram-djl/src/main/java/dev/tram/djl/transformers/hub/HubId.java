package dev.tram.djl.transformers.hub;

import dev.tram.core.internal.Arguments;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A repository of the Hugging Face hub at one revision.
 *
 * @param repository {@code ORG/NAME}, or {@code NAME} for the oldest repositories
 * @param revision a branch, tag, commit or reference such as {@code refs/pr/1}
 */
public record HubId(String repository, String revision) {

    private static final String WORD = "\\w(?:[\\w.-]*\\w)?";
    private static final Pattern REPOSITORY = Pattern.compile("(?:" + WORD + "/)?" + WORD);
    private static final Pattern REVISION = Pattern.compile(WORD + "(?:/" + WORD + ")*");
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

    /**
     * Creates an id.
     *
     * @throws IllegalArgumentException if a part is not of its form, or contains {@code ..} or, in
     *     the repository, {@code --}
     */
    public HubId {
        if (!REPOSITORY.matcher(repository).matches()
                || repository.contains("..")
                || repository.contains("--")) {
            throw Arguments.rejected("repository", "of the form ORG/NAME", repository);
        }
        if (!REVISION.matcher(revision).matches() || revision.contains("..")) {
            throw Arguments.rejected("revision", "a branch, tag or commit", revision);
        }
    }

    /**
     * Reads {@code ORG/NAME[@REVISION]}; the revision is {@code main} where none is given.
     *
     * @param text the text
     * @return the id
     * @throws IllegalArgumentException if the text is not of this form
     */
    public static HubId parse(String text) {
        Matcher matcher = Pattern.compile("([^@]*)(?:@(.*))?", Pattern.DOTALL).matcher(text);
        if (!matcher.matches()) {
            throw Arguments.rejected("checkpoint", "of the form ORG/NAME[@REVISION]", text);
        }
        return new HubId(matcher.group(1), matcher.group(2) == null ? "main" : matcher.group(2));
    }

    /** Returns whether the revision is a commit's full hash, whose content never changes. */
    boolean isPinned() {
        return COMMIT.matcher(revision).matches();
    }

    /** Returns {@code ORG/NAME@REVISION}. */
    @Override
    public String toString() {
        return repository + "@" + revision;
    }
}
