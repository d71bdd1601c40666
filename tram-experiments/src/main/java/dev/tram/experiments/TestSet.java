package dev.tram.experiments;

/**
 * Examples that a trained model is judged on.
 *
 * @param isSeen whether they are of the domain that is trained on
 * @param isLabelled whether their labels are the classes that are trained
 */
public record TestSet(String name, Examples examples, boolean isSeen, boolean isLabelled) {

    /** Held-out examples of the domain that is trained on. */
    public static TestSet seen(String name, Examples examples) {
        return new TestSet(name, examples, true, true);
    }

    public static TestSet unseen(String name, Examples examples) {
        return new TestSet(name, examples, false, true);
    }
}
