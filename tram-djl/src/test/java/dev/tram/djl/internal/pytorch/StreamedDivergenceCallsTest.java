package dev.tram.djl.internal.pytorch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many kernels a divergence over a long text's logits starts on a GPU. */
class StreamedDivergenceCallsTest {

    private static final long POSITIONS = 8192;
    private static final long VOCABULARY = 50_257;

    /** What starts no kernel: views, and operations that call the one that is counted. */
    private static final Pattern UNCOUNTED =
            Pattern.compile(
                    "aten::(split|narrow|slice|view|_?reshape(_alias)?|as_strided|unsqueeze|expand"
                            + "|detach|set_|empty(_strided|_like)?|(log_)?softmax|to|_to_copy"
                            + "|resolve_.*|fill_)");

    @TempDir Path folder;

    @Test
    void aMeanTakesAboutEightPerChunk() throws IOException {
        assertThat(kernels("mean")).isBetween(40L, 60L);
    }

    @Test
    void aGradientTakesAboutNineteenPerChunk() throws IOException {
        assertThat(kernels("differentiate")).isBetween(80L, 140L);
    }

    /** The kernels of a call on a small array that has as many chunks as a long text's. */
    private long kernels(String method) throws IOException {
        long chunkRows = StreamedDivergence.chunk(Device.gpu(0)) / VOCABULARY;
        long chunks = (POSITIONS + chunkRows - 1) / chunkRows;
        assertThat(chunks).isEqualTo(7);
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            NDArray target = manager.randomNormal(new Shape(2 * chunks, 5));
            NDArray estimate = manager.randomNormal(new Shape(2 * chunks, 5));
            call(method, target, estimate, manager);
            Path trace = folder.resolve(method + ".json");
            JniUtils.startProfile(false, false, false);
            call(method, target, estimate, manager);
            JniUtils.stopProfile(trace.toString());
            return count(trace);
        }
    }

    private static void call(String method, NDArray target, NDArray estimate, NDManager manager) {
        ScriptModule.Call call =
                ScriptModule.of("divergence", Device.cpu())
                        .call(method)
                        .text("forward-kl")
                        .number(Double.NaN)
                        .array(target)
                        .array(estimate)
                        .integer(10);
        if (method.equals("differentiate")) {
            call.array(manager.create(new Shape(0), DataType.BOOLEAN))
                    .array(manager.create(estimate.getShape()))
                    .array(manager.create(new Shape(0)))
                    .flag(false);
        }
        boolean recorded = JniUtils.isGradMode();
        JniUtils.setGradMode(false);
        try {
            call.run(manager).close();
        } finally {
            JniUtils.setGradMode(recorded);
        }
    }

    private static long count(Path trace) throws IOException {
        try (Reader reader = Files.newBufferedReader(trace)) {
            JsonElement root = JsonParser.parseReader(reader);
            JsonArray events =
                    root.isJsonArray()
                            ? root.getAsJsonArray()
                            : root.getAsJsonObject().getAsJsonArray("traceEvents");
            return StreamSupport.stream(events.spliterator(), false)
                    .map(event -> event.getAsJsonObject().get("name"))
                    .filter(Objects::nonNull)
                    .map(JsonElement::getAsString)
                    .filter(name -> name.startsWith("aten::"))
                    .filter(name -> !UNCOUNTED.matcher(name).matches())
                    .count();
        }
    }
}
