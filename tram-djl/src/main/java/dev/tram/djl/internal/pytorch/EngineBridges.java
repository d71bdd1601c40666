package dev.tram.djl.internal.pytorch;

import ai.djl.engine.Engine;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.engine.PlainBridge;

/** The bridge to an engine. */
public final class EngineBridges {

    private EngineBridges() {}

    /**
     * Returns the bridge to an engine. Nothing of PyTorch is loaded unless it is the engine.
     *
     * @param engine the engine
     * @return PyTorch's bridge, or the plain one on other engines
     */
    public static EngineBridge of(Engine engine) {
        return "PyTorch".equals(engine.getEngineName())
                ? new PyTorchBridge()
                : new PlainBridge(engine);
    }
}
