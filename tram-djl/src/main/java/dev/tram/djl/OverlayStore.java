package dev.tram.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.Map;

/**
 * A parameter store that shows other values for some parameters: a forward pass through it computes
 * p(·|x, θ') while the live weights, their gradients and the running statistics stay untouched.
 */
final class OverlayStore extends ParameterStore {

    private final ParameterStore live;
    private final Map<Parameter, NDArray> overlay;

    OverlayStore(ParameterStore live, Map<Parameter, NDArray> overlay) {
        super(live.getManager(), false);
        this.live = live;
        this.overlay = overlay;
    }

    @Override
    public NDArray getValue(Parameter parameter, Device device, boolean training) {
        NDArray value = parameter == null ? null : overlay.get(parameter);
        return value == null ? live.getValue(parameter, device, training) : value;
    }
}
