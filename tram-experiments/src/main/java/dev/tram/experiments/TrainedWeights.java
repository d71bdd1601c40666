package dev.tram.experiments;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.TransformerModel;
import java.io.IOException;
import java.nio.file.Path;

/** What is trained of a model: all of it, or an adapter. */
final class TrainedWeights {

    private TrainedWeights() {}

    /**
     * Makes DJL's model of a run, whose block is the one that the run begins with, its adapter
     * included: the same weights for the same seed.
     */
    static Model open(Task task, ExperimentConfig config, RunKey key) throws IOException {
        Model owner = Model.newInstance(key.toString(), config.toDevice(), "PyTorch");
        try {
            TransformerModel model = task.newModel(owner.getNDManager(), key.seed());
            LoraSettings lora = config.protocol().lora();
            if (lora != null) {
                owner.getNDManager().getEngine().setRandomSeed(key.seed());
                lora.addTo(model, config.pretrained());
            }
            model.setPrecision(config.protocol().precision());
            owner.setBlock(model);
            return owner;
        } catch (IOException | RuntimeException e) {
            owner.close();
            throw e;
        }
    }

    /** Writes a Hugging Face directory of the model, or a PEFT directory of its adapter. */
    static void save(TransformerModel model, Path directory) throws IOException {
        if (model.isAdapted()) {
            model.adapters().save(model.adapters().active().orElseThrow(), directory);
        } else {
            model.save(directory);
        }
    }

    /** Reads what was written: a model, or an adapter of the one that was trained. */
    static TransformerModel load(Path directory, TransformerModel trained, NDManager manager)
            throws IOException {
        if (!trained.isAdapted()) {
            return Checkpoint.open(directory).load(manager);
        }
        trained.adapters().load("result", directory);
        return trained;
    }
}
