package dev.tram.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Against values computed in float64 by an independent implementation (divergences.json). */
class DivergenceReferenceTest {

    /** MMD's narrowest kernel, of width 0.1, multiplies the rounding of float32 logits. */
    private static final Map<String, Integer> SLOPE = Map.of("mmd_imq", 4);

    private static final JsonNode REFERENCE = read();

    private static JsonNode read() {
        try (InputStream stream =
                DivergenceReferenceTest.class.getResourceAsStream("divergences.json")) {
            return new ObjectMapper().readTree(stream);
        } catch (IOException e) {
            throw new AssertionError("the reference values are missing", e);
        }
    }

    static Stream<String> names() {
        Iterator<String> names = REFERENCE.at("/divergences/values").fieldNames();
        return StreamSupport.stream(((Iterable<String>) () -> names).spliterator(), false);
    }

    private static Divergence divergence(String name) {
        return Divergences.named(name.equals("mmd_imq") ? "mmd" : name.replace('_', '-'));
    }

    /**
     * Of ten operations on numbers of the size of 1, from which even a small d is made, or of d.
     */
    private static double tolerance(double expected) {
        return 10 * Math.ulp((float) Math.max(1, expected)) / 2.0;
    }

    @ParameterizedTest
    @MethodSource("names")
    void haveTheValueOfTheReference(String name) {
        double expected = REFERENCE.at("/divergences/values").get(name).doubleValue();
        try (NDManager manager = NDManager.newBaseManager()) {
            JsonNode logits = REFERENCE.get("divergences");
            Shape shape = new Shape(8, 3);
            NDArray target = array(manager, logits.get("target_logits"), shape);
            NDArray estimate = array(manager, logits.get("estimate_logits"), shape);
            Divergence divergence = divergence(name);
            assertThat((double) divergence.between(target, estimate).getFloat())
                    .isCloseTo(expected, within(tolerance(expected)));
            assertThat(
                            divergence
                                    .between(
                                            target.toType(DataType.FLOAT64, false),
                                            estimate.toType(DataType.FLOAT64, false))
                                    .getDouble())
                    .isCloseTo(expected, within(1e-13));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT32", "FLOAT64"})
    void haveTheDistancesOfTheReferenceTrajectories(DataType type) {
        for (Map.Entry<String, JsonNode> entry :
                REFERENCE.get("tram_x_by_divergence").properties()) {
            JsonNode parameters = REFERENCE.get("initial_parameters");
            for (int step = 0; step < 6; step++) {
                JsonNode record = entry.getValue().get(step);
                double expected = record.get("distance").doubleValue();
                double tolerance =
                        type == DataType.FLOAT64
                                ? 1e-12
                                : SLOPE.getOrDefault(entry.getKey(), 1) * tolerance(expected);
                assertThat(distance(divergence(entry.getKey()), parameters, step, type))
                        .as("%s, step %d", entry.getKey(), step)
                        .isCloseTo(expected, within(tolerance));
                parameters = record.get("parameters");
            }
        }
    }

    /** d_x of the reference's two-layer model at the batch of a step. */
    private static double distance(
            Divergence divergence, JsonNode parameters, int step, DataType type) {
        try (NDManager manager = NDManager.newBaseManager()) {
            JsonNode batch = REFERENCE.get("batches").get(step);
            NDArray x = array(manager, batch.get("x"), new Shape(8, 5)).toType(type, false);
            NDArray z = array(manager, batch.get("noise"), new Shape(8, 5)).toType(type, false);
            NDArray target = logits(manager, parameters, x.add(z));
            NDArray estimate = logits(manager, parameters, x);
            return divergence.between(target, estimate).toType(DataType.FLOAT64, false).getDouble();
        }
    }

    private static NDArray logits(NDManager manager, JsonNode parameters, NDArray x) {
        Shape[] shapes = {new Shape(7, 5), new Shape(7), new Shape(3, 7), new Shape(3)};
        NDArray[] p = new NDArray[4];
        for (int i = 0; i < 4; i++) {
            p[i] = array64(manager, parameters.get(i), shapes[i]).toType(x.getDataType(), false);
        }
        NDArray hidden = x.matMul(p[0].transpose()).add(p[1]).tanh();
        return hidden.matMul(p[2].transpose()).add(p[3]);
    }

    private static NDArray array(NDManager manager, JsonNode values, Shape shape) {
        return array64(manager, values, shape).toType(DataType.FLOAT32, false);
    }

    private static NDArray array64(NDManager manager, JsonNode values, Shape shape) {
        double[] data = new double[values.size()];
        for (int i = 0; i < data.length; i++) {
            data[i] = values.get(i).doubleValue();
        }
        return manager.create(data, shape);
    }
}
