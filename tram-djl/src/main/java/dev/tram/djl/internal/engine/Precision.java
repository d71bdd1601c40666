package dev.tram.djl.internal.engine;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.Locale;

/** The 16-bit floating-point types, whose sums and updates are done in float32. */
public final class Precision {

    private static final String ADVICE =
            "DJL cannot convert to bfloat16; a TorchScript model of float32 weights can compute in"
                    + " it: x.to(torch.bfloat16)";

    private Precision() {}

    /**
     * Refuses a model that DJL's PyTorch cannot initialise, as converting to bfloat16 ends the
     * process, and one that DJL's trainer cannot update, as it reads the sum of the gradients as a
     * float.
     */
    public static void check(Model model) {
        DataType type = model.getDataType();
        if (type == DataType.BFLOAT16 || type == DataType.FLOAT64) {
            throw new IllegalStateException(
                    "A model's weights must be float32 or float16 ("
                            + (type == DataType.FLOAT64
                                    ? "DJL's Trainer.step() fails on float64"
                                    : ADVICE)
                            + "), received: model "
                            + model.getName()
                            + " of type "
                            + type.name().toLowerCase(Locale.ROOT));
        }
    }

    /** Refuses a weight of a type that DJL has no name for, such as PyTorch's bfloat16. */
    public static void check(String name, NDArray weight) {
        if (weight.getDataType() == DataType.UNKNOWN) {
            throw new IllegalStateException(
                    "Weights must be of a type that DJL knows ("
                            + ADVICE
                            + "), received: parameter "
                            + name
                            + " of type unknown");
        }
    }

    /** A buffer's value in a weight's type: itself, or rounded and owned by a manager. */
    public static NDArray rounded(NDArray value, DataType type, NDManager owner) {
        if (value.getDataType() == type) {
            return value;
        }
        NDArray rounded = value.toType(type, false);
        rounded.attach(owner);
        return rounded;
    }

    public static boolean isLow(NDArray array) {
        DataType type = array.getDataType();
        return type == DataType.FLOAT16 || type == DataType.BFLOAT16;
    }
}
