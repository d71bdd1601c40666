package dev.tram.examples.doctor;

/**
 * What a check found.
 *
 * @param remedy what to do about it, empty where there is nothing to do
 */
record Finding(Verdict verdict, String text, String remedy) {

    /** How a check ended. */
    enum Verdict {
        /** As it should be. */
        PASS,
        /** Not tried. */
        SKIP,
        /** Something is lacking that some uses need. */
        WARN,
        /** TRAM does not work here. */
        FAIL
    }

    static Finding pass(String text) {
        return new Finding(Verdict.PASS, text, "");
    }

    static Finding skip(String text) {
        return new Finding(Verdict.SKIP, text, "");
    }

    static Finding warn(String text, String remedy) {
        return new Finding(Verdict.WARN, text, remedy);
    }

    static Finding fail(String text, String remedy) {
        return new Finding(Verdict.FAIL, text, remedy);
    }
}
