package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.dataset.Batch;
import ai.djl.util.Pair;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Running statistics move once per step, by the clean pass at θ. */
class BatchNormTest {

    private static final int STEPS = 4;

    /** A momentum ascent has its one pass at θ + ε: see MomentumTest. */
    static List<String> methods() {
        return Methods.names().stream().filter(name -> !Training.ascendsByMomentum(name)).toList();
    }

    @ParameterizedTest
    @MethodSource("methods")
    void statisticsAreThoseOfOneCleanPass(String name) {
        // The first pass of shared TRAM-Fisher is a noisy one by definition.
        float sigma = name.equals("tram-fisher-shared") ? 0 : 0.1f;
        Method method = Training.changed(Methods.named(name), HyperParameter.SIGMA, sigma);
        TramOptimizer tram =
                method.builder()
                        .setBaseOptimizer(Training.fitting(name, Training.sgd()))
                        .optReplayDropout(!Training.keepsPretrained(name))
                        .build();
        try (Training training = new Training(TestModel.BATCH_NORM, tram);
                Training clean = Training.plain(TestModel.BATCH_NORM, Training.sgd())) {
            for (int step = 0; step < STEPS; step++) {
                copy(training, clean);
                Map<String, float[]> before = training.statistics();
                training.step(step);
                try (Batch batch = clean.batch(step)) {
                    clean.trainer.forward(batch.getData(), batch.getLabels());
                }
                Training.assertSameBits(training.statistics(), clean.statistics());
                assertThat(Training.sameBits(training.statistics(), before)).isFalse();
            }
        }
    }

    private static void copy(Training from, Training to) {
        for (Pair<String, Parameter> pair : from.hook.getParameters()) {
            NDArray target = to.hook.getParameters().get(pair.getKey()).getArray();
            target.set(pair.getValue().getArray().toFloatArray());
        }
    }
}
