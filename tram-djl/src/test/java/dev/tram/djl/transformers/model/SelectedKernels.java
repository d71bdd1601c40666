package dev.tram.djl.transformers.model;

import dev.tram.djl.pytorch.Kernels;
import java.util.Locale;

/** Selects the kernels until closed. */
final class SelectedKernels implements AutoCloseable {

    private final String before = System.getProperty(Kernels.PROPERTY);

    SelectedKernels(Kernels kernels) {
        System.setProperty(Kernels.PROPERTY, kernels.name().toLowerCase(Locale.ROOT));
    }

    @Override
    public void close() {
        if (before == null) {
            System.clearProperty(Kernels.PROPERTY);
        } else {
            System.setProperty(Kernels.PROPERTY, before);
        }
    }
}
