package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Whether the model gives the same logits in both modes, as one without dropout and batch
 * normalisation does. A branch whose weights are 0 at first hides its dropout, so that the modes
 * are compared in each batch until the first update and then after ever more batches: 1, 3, 7, 15,
 * …
 */
final class EvaluationMode {

    private static final double TOLERANCE = 1e-4;

    private final PassRunner runner;
    private final UpdateFlag flag;

    private Boolean agrees;
    private long checkedAt;

    EvaluationMode(PassRunner runner, UpdateFlag flag) {
        this.runner = runner;
        this.flag = flag;
    }

    /**
     * Compares, if it is time to.
     *
     * @param part the part of the batch
     * @param call a run of the model
     * @param training gives that run's logits in training mode
     */
    boolean equalsTraining(BatchPart part, Call call, Supplier<NDArray> training) {
        if (agrees == null || (agrees && part.batch() > 2 * checkedAt)) {
            NDArray trained = training.get();
            NDArray evaluated = runner.liveLogits(part, call, false, false);
            HostRead.Values read =
                    new HostRead()
                            .add("largest", trained.abs().max())
                            .add("difference", evaluated.sub(trained).abs().max())
                            .get();
            agrees = read.number("difference") <= TOLERANCE * (1 + read.number("largest"));
            checkedAt = flag.isSet() ? part.batch() : -1;
        }
        return agrees;
    }

    Map<String, String> toTexts() {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("modes_agree", agrees == null ? "unknown" : agrees.toString());
        texts.put("modes_checked_at", Long.toString(checkedAt));
        return texts;
    }

    void resume(StateTexts texts) {
        agrees = texts.text("modes_agree").equals("unknown") ? null : texts.flag("modes_agree");
        checkedAt = texts.integer("modes_checked_at", -1);
    }
}
