package dev.tram.djl;

import java.nio.file.Path;
import java.util.Map;

/** The texts of a checkpoint, read with a check of each. */
record StateTexts(Path path, Map<String, String> texts) {

    String text(String key) {
        String text = texts.get(key);
        if (text == null) {
            throw rejected(key, "a text", "none");
        }
        return text;
    }

    boolean flag(String key) {
        String text = text(key);
        if (!text.equals("true") && !text.equals("false")) {
            throw rejected(key, "true or false", text);
        }
        return Boolean.parseBoolean(text);
    }

    long integer(String key, long minimum) {
        String text = text(key);
        try {
            long value = Long.parseLong(text);
            if (value >= minimum) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw rejected(key, "an integer >= " + minimum, text);
        }
        throw rejected(key, "an integer >= " + minimum, text);
    }

    int count(String key) {
        long value = integer(key, 0);
        if (value > Integer.MAX_VALUE) {
            throw rejected(key, "an integer in [0, " + Integer.MAX_VALUE + "]", text(key));
        }
        return (int) value;
    }

    /** A finite number of at least a minimum. */
    double number(String key, double minimum) {
        String text = text(key);
        double value;
        try {
            value = Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw rejected(key, "a finite number >= " + minimum, text);
        }
        if (!(value >= minimum && value < Double.POSITIVE_INFINITY)) {
            throw rejected(key, "a finite number >= " + minimum, text);
        }
        return value;
    }

    /** Numbers with blanks between them, of any value. */
    double[] numbers(String key, int count) {
        String text = text(key);
        String[] words = text.isEmpty() ? new String[0] : text.split(" ", -1);
        double[] values = new double[words.length];
        try {
            for (int i = 0; i < values.length; i++) {
                values[i] = Double.parseDouble(words[i]);
            }
        } catch (NumberFormatException e) {
            throw rejected(key, count + " numbers", text);
        }
        if (values.length != count) {
            throw rejected(key, count + " numbers", text);
        }
        return values;
    }

    IllegalArgumentException rejected(String key, String expected, String received) {
        return new IllegalArgumentException(
                "Checkpoint "
                        + path
                        + " must have as "
                        + key
                        + " "
                        + expected
                        + ", received: "
                        + received);
    }
}
