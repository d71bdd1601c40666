package dev.tram.experiments;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Which of the models that a run passes through is its result. */
public enum Selection {
    LAST,
    /** The model with the best validation figure, the first of equals. */
    BEST;

    @Override
    @JsonValue
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
