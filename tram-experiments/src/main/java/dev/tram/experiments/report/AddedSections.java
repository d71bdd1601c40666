package dev.tram.experiments.report;

import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.djl.internal.files.TextFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The sections at a report's end that commands add after it was written, each between two comments
 * with its name. A report that is written anew keeps them.
 */
public final class AddedSections {

    private static final Pattern SECTION =
            Pattern.compile("<!-- (\\w+) -->\n.*?<!-- end of \\1 -->\n", Pattern.DOTALL);

    private AddedSections() {}

    /** Returns the sections of a report with their comments; empty if there is none. */
    static String of(Path report) throws IOException {
        return Files.isRegularFile(report)
                ? SECTION.matcher(TextFile.read(report))
                        .results()
                        .map(MatchResult::group)
                        .collect(Collectors.joining())
                : "";
    }

    /**
     * Puts a section at the end of a report, in place of an earlier one of that name.
     *
     * @param report the report, which may be absent
     * @param name the section's name, of letters
     * @return false if there is no report
     * @throws IOException if it cannot be read or written, or is not a report
     */
    public static boolean insert(Path report, String name, String html) throws IOException {
        if (!Files.isRegularFile(report)) {
            return false;
        }
        String page =
                SECTION.matcher(TextFile.read(report))
                        .replaceAll(
                                found ->
                                        found.group(1).equals(name)
                                                ? ""
                                                : Matcher.quoteReplacement(found.group()));
        int at = page.lastIndexOf(HtmlPage.FOOTER);
        if (at < 0) {
            throw new IOException(report + " is not a report: it has no " + HtmlPage.FOOTER);
        }
        String section = "<!-- " + name + " -->\n" + html + "<!-- end of " + name + " -->\n";
        AtomicFile.write(report, page.substring(0, at) + section + page.substring(at));
        return true;
    }
}
