package dev.tram.examples.task.emoji;

import dev.tram.core.internal.Arguments;
import java.util.Locale;
import java.util.stream.Stream;

/** What a model that was pretrained on Noto's emoji is fine-tuned on. */
public enum Target {
    /** The same nine categories of emoji in another vendor's drawings, few labels, same head. */
    TWEMOJI,

    /** Handwritten digits: other labels, a new head. */
    DIGITS;

    /**
     * Returns a target by its name.
     *
     * @param name twemoji or digits
     * @throws IllegalArgumentException if there is no such target
     */
    public static Target named(String name) {
        return Stream.of(values())
                .filter(target -> target.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> Arguments.rejected("target", "twemoji or digits", name));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
