package dev.tram.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;
import dev.tram.djl.internal.DelegatingLoss;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** The task loss, whose value in a first pass is kept, so that it need not be computed again. */
final class ObservedLoss extends DelegatingLoss {

    private final Map<Device, Consumer<NDArray>> observers = new ConcurrentHashMap<>();

    ObservedLoss(Loss taskLoss) {
        super(taskLoss);
    }

    /** Tells of the next loss that is computed on a device. */
    void observeNext(Device device, Consumer<NDArray> observer) {
        observers.put(device, observer);
    }

    /** Tells nobody of the next loss. */
    void forget(Device device) {
        observers.remove(device);
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        NDArray loss = taskLoss().evaluate(labels, predictions);
        Consumer<NDArray> observer = observers.remove(predictions.head().getDevice());
        if (observer != null) {
            observer.accept(loss);
        }
        return loss;
    }
}
