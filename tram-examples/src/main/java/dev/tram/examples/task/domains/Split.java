package dev.tram.examples.task.domains;

import java.util.Locale;

/** A part of a domain's texts. */
public enum Split {
    /** What is trained on. */
    TRAINING,
    /** What a model is selected by. */
    VALIDATION,
    /** What a trained model is judged on. */
    TEST;

    /** Returns the name, in lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
