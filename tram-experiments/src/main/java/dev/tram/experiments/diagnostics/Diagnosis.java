package dev.tram.experiments.diagnostics;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Dataset;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.experiments.Progress;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.Task;
import dev.tram.experiments.TestSet;
import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Which trained models are looked at, and with which data.
 *
 * @param methods the methods, or null for all
 * @param seeds the largest number of seeds of each
 * @param examples the most examples of each domain
 * @param batch the number of examples of a mini-batch
 */
public record Diagnosis(Opener opener, List<String> methods, int seeds, int examples, int batch) {

    /** Opens the task of an experiment's target. */
    @FunctionalInterface
    public interface Opener {

        Task open(RunDirectory run, PrintStream out) throws IOException;
    }

    /**
     * Held-out examples of a domain.
     *
     * @param labelled whether their labels are the classes that are trained
     */
    record Sample(String name, Dataset data, boolean labelled) {}

    public Diagnosis {
        Arguments.atLeast("--seeds", seeds, 1);
        Arguments.atLeast("--examples", examples, 1);
        Arguments.atLeast("--batch", batch, 1);
    }

    /** Looks at a trained model. */
    @FunctionalInterface
    interface Look<T> {

        /** Looks at a model, and runs the tick after each of the expected steps. */
        T at(RunKey run, TransformerModel model, NDManager manager, Runnable tick)
                throws IOException, InterruptedException;
    }

    /** Looks at a target, and writes what was found beside its results. */
    @FunctionalInterface
    interface LookAtTarget {

        /** Returns what the report says of it, as HTML. */
        String at(RunDirectory target, Task task) throws IOException, InterruptedException;
    }

    /**
     * Looks at each target, and adds a section to the report.
     *
     * @throws IllegalArgumentException if a method has no finished run, or a model is gone or, that
     *     which the runs began with, another one by now: before anything is made
     */
    void run(
            List<RunDirectory> targets,
            String name,
            String title,
            LookAtTarget look,
            Outcome report,
            PrintStream out)
            throws IOException, InterruptedException {
        targets.forEach(target -> target.runs(methods, seeds));
        for (RunDirectory target : targets) {
            target.pretrained();
        }
        for (RunDirectory target : targets) {
            try (Task task = opener.open(target, out)) {
                report.add(target, look.at(target, task));
            }
        }
        report.write(name, title);
    }

    /** Returns held-out examples of the target, then of the other domains. */
    List<Sample> samples(Task task) {
        TestSet own = TestSet.seen(task.name(), task.validation());
        return Stream.concat(Stream.of(own), task.tests().stream().filter(test -> !test.isSeen()))
                .map(this::sample)
                .toList();
    }

    private Sample sample(TestSet test) {
        Dataset batches = new SampleBatches(test.examples(), examples, batch);
        return new Sample(test.name(), batches, test.isLabelled());
    }

    /**
     * Looks at each finished run of a target.
     *
     * @param title what is done, in a word
     * @param steps how many steps a model takes
     */
    <T> Map<RunKey, T> each(
            RunDirectory target,
            String title,
            int steps,
            Look<T> look,
            Function<T, String> words,
            PrintStream out)
            throws IOException, InterruptedException {
        List<RunKey> runs = target.runs(methods, seeds);
        Map<RunKey, T> found = new LinkedHashMap<>();
        try (Progress progress = Progress.on(out, title, (long) runs.size() * steps)) {
            for (RunKey run : runs) {
                try (Model owner =
                        Model.newInstance(run.toString(), target.config().toDevice(), "PyTorch")) {
                    NDManager manager = owner.getNDManager();
                    TransformerModel model =
                            Checkpoint.open(target.files().model(run)).load(manager);
                    found.put(run, look.at(run, model, manager, () -> progress.skip(1)));
                }
                progress.say(target.target() + " " + run + ": " + words.apply(found.get(run)));
            }
        }
        return found;
    }
}
