package dev.tram.examples.task.imagefolder;

import ai.djl.ndarray.NDManager;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.diagnostics.RunDirectory;
import dev.tram.examples.diagnostics.SampleBatches;
import dev.tram.examples.diagnostics.Subject;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ModelCache;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;

/**
 * What diagnostics see of {@code tram vit --data}: the validation images, or the test's where there
 * are none.
 */
public final class ImageSubject implements Subject {

    private final ImageTask task;
    private final ImageData data;

    private ImageSubject(ImageTask task, ImageData data) {
        this.task = task;
        this.data = data;
    }

    /**
     * Opens the subject of an experiment.
     *
     * @param run the experiment
     * @param out where malformed images are reported
     * @return the subject
     * @throws IOException if a file cannot be read or written
     */
    public static ImageSubject open(RunDirectory run, PrintStream out) throws IOException {
        return open(run, ModelCache.ofUser(), out);
    }

    static ImageSubject open(RunDirectory run, ModelCache cache, PrintStream out)
            throws IOException {
        ExperimentConfig config = run.config();
        Path images = Path.of(config.inputs().get(ImageExperiment.DATA));
        Checkpoint checkpoint = ImageExperiment.checkpoint(config, run.pretrained());
        ImageData data = ImageData.open(images, cache, out);
        return new ImageSubject(ImageExperiment.task(config, checkpoint, data), data);
    }

    @Override
    public Loss loss() {
        return task.loss();
    }

    @Override
    public List<Sample> samples(int examples, int batch) {
        EncodedImages images = data.validation() == null ? data.test() : data.validation();
        SampleBatches.Reader reader = (manager, chosen) -> task.batch(manager, images, chosen);
        return List.of(
                new Sample(
                        task.target(),
                        new SampleBatches(images.size(), examples, batch, reader),
                        true));
    }

    @Override
    public TransformerModel pretrained(NDManager manager, long seed) throws IOException {
        return task.newModel(manager, seed);
    }

    @Override
    public void close() throws IOException {
        task.close();
        data.close();
    }
}
