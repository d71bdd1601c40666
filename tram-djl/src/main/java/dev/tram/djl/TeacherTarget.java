package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.tram.core.TrustRegion;
import dev.tram.djl.internal.engine.EngineBridge;

/** Another model's distribution. */
final class TeacherTarget implements RegionTarget {

    private final PassRunner runner;
    private final TrustRegion.Teacher teacher;

    TeacherTarget(PassRunner runner, TrustRegion.Teacher teacher) {
        this.runner = runner;
        this.teacher = teacher;
    }

    @Override
    public NDArray logits(BatchPart part, Call call, boolean training) {
        try (EngineBridge.Scope off = runner.noGradient()) {
            return teacher.logits().apply(new NDList(call.data()));
        }
    }
}
