package dev.tram.djl.internal.pytorch;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs every kernel that a GPU gets on arrays of PyTorch's device "meta", which have shapes and no
 * numbers: a kernel that reads one, or mixes in an array on the CPU, fails there as it would wait,
 * or fail, on a GPU.
 */
class MetaKernelsTest {

    /** Moves arrays to the device, and does what a kernel must not. */
    private static final String META =
            """
            class Kernels(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool

              def one(self, x: Tensor) -> Tensor:
                return torch.to(x, torch.device("meta"), x.dtype)

              def list(self, arrays: List[Tensor]) -> List[Tensor]:
                return [torch.to(x, torch.device("meta"), x.dtype) for x in arrays]

              def read(self, x: Tensor) -> float:
                return float(x.sum())

              def branch(self, x: Tensor) -> Tensor:
                if bool(x.sum() > 0):
                  x = -x
                return x

              def mix(self, x: Tensor) -> Tensor:
                return x + torch.ones([2])
            """;

    private static final String ATTEND =
            """

            def attend(query: Tensor, key: Tensor, value: Tensor, mask: Optional[Tensor],
                dropout: float, causal: bool) -> Tensor:
              scores = torch.matmul(query, key.transpose(-2, -1))
              if mask is not None:
                scores = scores + mask
              return torch.matmul(torch.dropout(scores, dropout, True), value)
            """;

    private static final double[] RATES = {0.1, 0.1, 0.1};

    private static final Map<String, PtSymbolBlock> KERNELS = new HashMap<>();

    private static NDManager manager;
    private static PtSymbolBlock meta;
    private static NDArray w;
    private static NDArray b;
    private static NDArray e;

    @BeforeAll
    static void open() {
        manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        String version = manager.getEngine().getVersion();
        assumeThat(version).as("versions before 2.7 lack meta kernels").startsWith("2.7");
        meta = load(ScriptArchive.of(META, ""));
        w = manager.randomNormal(new Shape(8, 5));
        b = manager.randomNormal(new Shape(8));
        e = manager.randomNormal(new Shape(3, 3, 3));
    }

    @AfterAll
    static void close() {
        manager.close();
    }

    private static IValue one(NDArray array) {
        return IValueUtils.runMethod(meta, "one", IValue.from((PtNDArray) array));
    }

    private static IValue list(NDArray... arrays) {
        PtNDArray[] list =
                Arrays.stream(arrays).map(PtNDArray.class::cast).toArray(PtNDArray[]::new);
        return IValueUtils.runMethod(meta, "list", IValue.listFrom(list));
    }

    private static IValue list() {
        return list(w, b, e);
    }

    private static IValue none() {
        return IValue.listFrom(new PtNDArray[0]);
    }

    private static IValue number(double value) {
        return IValue.from(value);
    }

    private static IValue rates() {
        return IValue.listFrom(RATES);
    }

    /**
     * The kernels of a source, in which others stand for three operations that PyTorch 2.7 cannot
     * run on these arrays.
     */
    private static PtSymbolBlock kernels(String source) {
        return KERNELS.computeIfAbsent(
                source,
                name -> {
                    String code = read(name).replace(".logical_not()", ".eq(0)");
                    code = code.replace(".abs()", ".neg()").replace("_foreach_abs", "_foreach_neg");
                    code =
                            code.replace(
                                    "torch.scaled_dot_product_attention(",
                                    "__torch__.blocks.attend(");
                    return load(ScriptArchive.of(code, read("blocks") + ATTEND));
                });
    }

    private static String read(String source) {
        try (InputStream file = ScriptModule.class.getResourceAsStream(source + ".py")) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PtSymbolBlock load(byte[] archive) {
        ByteArrayInputStream stream = new ByteArrayInputStream(archive);
        try {
            return JniUtils.loadModule((PtNDManager) manager, stream, false, false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Several times: libtorch compiles a method anew after the first calls. */
    private static void runs(String source, String method, IValue... arguments) {
        assertThatCode(
                        () -> {
                            for (int call = 0; call < 3; call++) {
                                IValueUtils.runMethod(kernels(source), method, arguments).close();
                            }
                        })
                .as(source + "." + method)
                .doesNotThrowAnyException();
    }

    @Test
    void listsOfArrays() {
        String source = FusedMultiTensor.FOREACH;
        IValue threads = IValue.from(1L);
        runs(source, "copy", list(), list());
        runs(source, "zero", list());
        runs(source, "scale", list(), number(0.5));
        runs(source, "add_scaled", list(), list(), number(0.5));
        runs(source, "average", list(), list(), number(0.5));
        runs(source, "squared_norm", list(), threads);
        runs(source, "squared_distance", list(), list(), threads);
        runs(source, "dot", list(), list(), threads);
    }

    @ParameterizedTest
    @ValueSource(strings = {"euclidean", "adaptive", "fisher", "preconditioned"})
    void ascents(String metric) {
        String source = FusedMultiTensor.FOREACH;
        IValue threads = IValue.from(1L);
        IValue name = IValue.from(metric);
        IValue eta = number(0.1);
        IValue scaled = IValue.listFrom(true, false, true);
        IValue one = number(1);
        IValue f = metric.matches("fisher|preconditioned") ? list() : none();
        runs(source, "ascent_moments", name, eta, one, scaled, list(), list(), f, threads);
        runs(source, "ascend", name, eta, one, scaled, list(), list(), f, number(0.3), threads);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void adam(boolean decoupled) {
        runs(
                "optimizer_foreach",
                "adam",
                list(),
                list(),
                list(),
                list(),
                rates(),
                rates(),
                number(0.01),
                number(0.5),
                number(1),
                number(0.9),
                number(0.1),
                number(0.99),
                number(0.01),
                number(1e-8),
                IValue.from(decoupled),
                IValue.from(1L));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.9})
    void sgd(double momentum) {
        runs(
                "optimizer_foreach",
                "sgd",
                list(),
                list(),
                momentum == 0 ? none() : list(),
                rates(),
                number(0.01),
                number(0.5),
                number(1),
                number(momentum),
                IValue.from(1L));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"forward-kl", "reverse-kl", "symmetric-kl", "jensen-shannon", "l2", "renyi"})
    void divergences(String name) {
        NDArray logits = manager.randomNormal(new Shape(4, 6, 7));
        NDArray valid = manager.ones(new Shape(4, 6));
        NDArray all = manager.create(new Shape(0), DataType.BOOLEAN);
        IValue divergence = IValue.from(name);
        IValue alpha = number(1.5);
        IValue target = one(logits);
        IValue estimate = one(logits);
        IValue size = IValue.from(32L);
        runs("divergence", "mean", divergence, alpha, target, estimate, size);
        runs("divergence", "valid_mean", divergence, alpha, target, estimate, size, one(valid));
        for (boolean targetToo : new boolean[] {true, false}) {
            for (NDArray counted : List.of(valid, all)) {
                runs(
                        "divergence",
                        "differentiate",
                        divergence,
                        alpha,
                        target,
                        estimate,
                        size,
                        one(counted),
                        one(logits),
                        one(targetToo ? logits : manager.create(new Shape(0))),
                        IValue.from(targetToo));
            }
        }
        runs("divergence", "requires_grad", target);
        runs("divergence", "erase", target);
    }

    @ParameterizedTest
    @ValueSource(strings = {"attention", "bfloat16"})
    void attention(String source) {
        NDArray heads = manager.randomNormal(new Shape(2, 2, 4, 8));
        NDArray mask = manager.zeros(new Shape(2, 1, 1, 4));
        for (float rate : new float[] {0f, 0.1f}) {
            IValue dropout = IValue.from((PtNDArray) manager.create(rate));
            runs(source, "full", one(heads), one(heads), one(heads), dropout);
            runs(source, "causal", one(heads), one(heads), one(heads), dropout);
            runs(source, "masked", one(heads), one(heads), one(heads), dropout, one(mask));
        }
    }

    @Test
    void mapsAndActivations() {
        NDArray x = manager.randomNormal(new Shape(3, 5));
        runs("bfloat16", "linear", one(x), one(w));
        runs("bfloat16", "affine", one(x), one(w), one(b));
        runs("activation", "forward", one(w));
    }

    @ParameterizedTest
    @ValueSource(strings = {"read", "branch", "mix"})
    void whatAKernelMustNotDoFails(String method) {
        assertThatThrownBy(() -> IValueUtils.runMethod(meta, method, one(b)))
                .isInstanceOf(RuntimeException.class);
    }
}
