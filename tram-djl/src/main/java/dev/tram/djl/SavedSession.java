package dev.tram.djl;

import ai.djl.nn.Block;
import ai.djl.training.Trainer;
import dev.tram.core.Ascent;
import dev.tram.core.Descent;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.engine.ParameterLayout;
import dev.tram.djl.internal.engine.Replica;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Saves a training between two batches, and loads one. */
final class SavedSession {

    private final TramSettings settings;
    private final Trainer trainer;
    private final Block block;
    private final StepParts parts;
    private final StepOrder order;
    private final FirstPasses passes;

    SavedSession(
            TramSettings settings,
            Trainer trainer,
            Block block,
            StepParts parts,
            StepOrder order,
            FirstPasses passes) {
        this.settings = settings;
        this.trainer = trainer;
        this.block = block;
        this.parts = parts;
        this.order = order;
        this.passes = passes;
    }

    /** A batch whose first passes are under way is not in the file, which is as before it. */
    void save(Path path) throws IOException {
        boolean canSave = order.isIdle() || order.isInFirstPasses();
        if (!canSave || parts.replicas().isEmpty()) {
            throw new IllegalStateException(
                    "save(path) must come after a batch and its trainer.step(), received: "
                            + (parts.replicas().isEmpty() ? "no batch yet" : underWay()));
        }
        if (order.isIdle()) {
            followFrozen();
        }
        Replica first = parts.replicas().first();
        Checkpoint.write(
                path, parts.replicas().layout(), first, passes.before(first), settings, toTexts());
    }

    private String underWay() {
        return order.isInPasses() ? "a call from within a pass" : "a batch without step()";
    }

    /** Parameters may have been frozen since the last batch; a training goes on with some. */
    private void followFrozen() {
        Replicas replicas = parts.replicas();
        if (replicas.currentLayout().parameters().isEmpty()) {
            return;
        }
        try (EngineBridge.Scope off = parts.noGradient()) {
            replicas.follow(replicas.first().store(), parts.means());
        }
    }

    void load(Path path) throws IOException {
        checkReady("load(path)");
        ParameterLayout own = parts.replicas().currentLayout();
        Checkpoint checkpoint = Checkpoint.read(path, own, settings, trainer.getManager());
        restore(checkpoint, own, () -> check(checkpoint.texts()));
        resume(checkpoint.texts());
    }

    /** Loads a run of the base optimizer alone; what the method keeps begins here. */
    void startFrom(Path path) throws IOException {
        checkReady("startFrom(path)");
        ParameterLayout own = parts.replicas().wholeLayout();
        Checkpoint checkpoint = Checkpoint.read(path, own, settings.plain(), trainer.getManager());
        parts.targets().initial().ifPresent(buffer -> checkpoint.keepPresent(buffer, own));
        restore(checkpoint, own, () -> checkStart(checkpoint.texts()));
        parts.run().startFrom(checkpoint.texts());
        parts.targets().startFrom(checkpoint.texts());
        parts.seeds().resume(checkpoint.texts());
    }

    private void checkReady(String what) {
        if (order.isInPasses()) {
            throw new IllegalStateException(
                    what + " must come between two batches, received: " + underWay());
        }
        if (!block.isInitialized()) {
            throw new IllegalStateException(
                    what
                            + " must come after trainer.initialize(shapes), received: a model that"
                            + " is not initialised");
        }
    }

    private void restore(Checkpoint checkpoint, ParameterLayout own, Runnable check) {
        try {
            check.run();
        } catch (RuntimeException refused) {
            checkpoint.close();
            throw refused;
        }
        giveUp();
        parts.replicas().restart(checkpoint, own);
        try (EngineBridge.Scope off = parts.noGradient()) {
            checkpoint.restoreModelAndBase(own, settings.base());
        }
    }

    /** A batch that is under way has no place in the run that is loaded. */
    private void giveUp() {
        passes.giveUp();
        if (order.isReadyToUpdate()) {
            parts.update().abandon();
            order.giveUp();
        }
        try (EngineBridge.Scope off = parts.noGradient()) {
            parts.replicas().zeroGradients();
        }
    }

    private static void checkStart(StateTexts texts) {
        new RunState(Ascent.none(), Descent.ascended()).startFrom(texts);
        texts.flag("updated");
        StepSeeds.check(texts);
        long batches = texts.integer("group_batches", 0);
        if (batches > 0) {
            throw texts.rejected("group_batches", "0", Long.toString(batches));
        }
    }

    /** All numbers that outlive a step. */
    private Map<String, String> toTexts() {
        Map<String, String> texts = parts.run().toTexts();
        texts.putAll(parts.targets().toTexts());
        texts.put("group_batches", Integer.toString(parts.means().batches()));
        texts.put("group_positions", Double.toString(parts.means().positions()));
        texts.put(StepSeeds.TEXT, parts.seeds().toText());
        return texts;
    }

    /** Refuses numbers that are missing or cannot be; nothing is changed. */
    private void check(StateTexts texts) {
        new RunState(settings.ascent(), settings.descent()).resume(texts);
        parts.targets().check(texts);
        StepSeeds.check(texts);
        texts.count("group_batches");
        texts.number("group_positions", 0);
    }

    private void resume(StateTexts texts) {
        parts.run().resume(texts);
        parts.targets().resume(texts);
        parts.means().resume(texts.count("group_batches"), texts.number("group_positions", 0));
        parts.seeds().resume(texts);
    }
}
