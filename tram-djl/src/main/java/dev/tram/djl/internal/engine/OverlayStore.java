package dev.tram.djl.internal.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.Map;

/**
 * A parameter store that shows other values for some parameters: a forward pass through it computes
 * p(·|x, θ') while the live weights, their gradients and the running statistics stay untouched.
 */
public final class OverlayStore extends ParameterStore {

    private final ParameterStore live;
    private final Map<Parameter, NDArray> overlay;
    private final NDManager scope;

    /**
     * Shows other values.
     *
     * @param live the live values
     * @param overlay the other values; what is read in another type than its parameter's is rounded
     *     and replaced
     * @param scope the owner of rounded values
     */
    public OverlayStore(ParameterStore live, Map<Parameter, NDArray> overlay, NDManager scope) {
        super(live.getManager(), false);
        this.live = live;
        this.overlay = overlay;
        this.scope = scope;
    }

    @Override
    public NDArray getValue(Parameter parameter, Device device, boolean training) {
        NDArray liveValue = live.getValue(parameter, device, training);
        if (parameter == null || !overlay.containsKey(parameter)) {
            return liveValue;
        }
        return overlay.computeIfPresent(
                parameter,
                (key, value) -> Precision.rounded(value, liveValue.getDataType(), scope));
    }
}
