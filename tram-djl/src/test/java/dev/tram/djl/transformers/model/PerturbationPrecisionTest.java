package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.tram.djl.Methods;
import dev.tram.djl.TramStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How much of each method's ε a model sees: in float32 that is what the sum θ + ε keeps of it; in
 * bfloat16 the matrices are rounded once more when they are multiplied. Prints the table of
 * docs/precision.md.
 */
@Tag("slow")
class PerturbationPrecisionTest {

    private static final int STEPS = 60;

    /**
     * Means over the steps that ascended.
     *
     * @param norm ‖ε‖
     * @param stored ‖(θ + ε) − θ‖ / ‖ε‖ in float32
     * @param seen the same of the matrices in bfloat16
     * @param cosine of the angle between both: 1 if rounding changes nothing, 0 if only noise is
     *     left
     */
    private record Row(double norm, double stored, double seen, double cosine) {}

    @Test
    void perturbationsOfTheRadiusOfADistanceDrownInBfloat16() {
        Map<String, Row> rows = new TreeMap<>();
        for (String method : Methods.names()) {
            Probe probe = new Probe();
            List<TramStep> steps = CharacterTraining.run(method, Precision.BFLOAT16, STEPS, probe);
            List<TramStep> ascended =
                    steps.stream().filter(s -> s.kind() == TramStep.Kind.ASCENDED).toList();
            assertThat(steps).allMatch(s -> Double.isFinite(s.loss()));
            if (!ascended.isEmpty()) {
                Row row =
                        new Row(
                                mean(ascended, TramStep::perturbationNorm),
                                mean(ascended, s -> s.realisedNorm() / s.perturbationNorm()),
                                mean(probe.seen, d -> d),
                                mean(probe.cosines, d -> d));
                rows.put(method, row);
            }
        }
        System.out.println("| method | ‖ε‖ | float32 | bfloat16 | cosine |");
        rows.forEach(
                (method, row) ->
                        System.out.printf(
                                Locale.ROOT,
                                "| `%s` | %.2g | %.3f | %.3f | %.3f |%n",
                                method,
                                row.norm(),
                                row.stored(),
                                row.seen(),
                                row.cosine()));
        assertThat(rows.get("asam").cosine()).isGreaterThan(0.8);
        assertThat(rows.get("tram-previous").cosine()).isLessThan(0.5);
        assertThat(rows).allSatisfy((method, row) -> assertThat(row.stored()).isBetween(0.5, 1.1));
    }

    private static <T> double mean(List<T> values, ToDoubleFunction<T> figure) {
        return values.stream().mapToDouble(figure).average().orElseThrow();
    }

    /** Compares the weights of each pass with those at the step's beginning. */
    private static final class Probe implements CharacterTraining.Observer {

        private final List<Double> seen = new ArrayList<>();
        private final List<Double> cosines = new ArrayList<>();
        private Gpt2 model;
        private Map<String, float[]> before = Map.of();

        @Override
        public Block around(Gpt2 gpt2) {
            model = gpt2;
            return new Observed(this);
        }

        @Override
        public void beginStep() {
            before = matrices();
        }

        /** The weights that are multiplied in bfloat16. */
        private Map<String, float[]> matrices() {
            Map<String, float[]> matrices = new TreeMap<>();
            TensorNames.of(model)
                    .forEach(
                            (name, parameter) -> {
                                boolean added = name.contains("wpe");
                                if (parameter.getShape().dimension() == 2 && !added) {
                                    matrices.put(name, parameter.getArray().toFloatArray());
                                }
                            });
            return matrices;
        }

        void compare() {
            double exact = 0;
            double seenSquared = 0;
            double product = 0;
            for (Map.Entry<String, float[]> entry : matrices().entrySet()) {
                float[] moved = entry.getValue();
                float[] old = before.get(entry.getKey());
                for (int i = 0; i < old.length; i++) {
                    double epsilon = (double) moved[i] - old[i];
                    double left = (double) bfloat16(moved[i]) - bfloat16(old[i]);
                    exact += epsilon * epsilon;
                    seenSquared += left * left;
                    product += epsilon * left;
                }
            }
            if (exact > 0) {
                seen.add(Math.sqrt(seenSquared / exact));
                cosines.add(seenSquared == 0 ? 0 : product / Math.sqrt(exact * seenSquared));
            }
        }

        /** The nearest bfloat16, of two the even one. */
        private static float bfloat16(float value) {
            int bits = Float.floatToIntBits(value);
            return Float.intBitsToFloat(bits + 0x7FFF + (bits >>> 16 & 1) & 0xFFFF0000);
        }
    }

    /** Tells a probe of each pass. */
    private static final class Observed extends AbstractBlock {

        private final Probe probe;

        Observed(Probe probe) {
            this.probe = probe;
            addChildBlock("model", probe.model);
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store,
                NDList inputs,
                boolean training,
                PairList<String, Object> params) {
            probe.compare();
            return probe.model.forward(store, inputs, training, params);
        }

        @Override
        protected void initializeChildBlocks(
                NDManager manager, DataType dataType, Shape... inputShapes) {
            probe.model.initialize(manager, dataType, inputShapes);
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputShapes) {
            return probe.model.getOutputShapes(inputShapes);
        }
    }
}
