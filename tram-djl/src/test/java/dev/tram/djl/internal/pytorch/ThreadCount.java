package dev.tram.djl.internal.pytorch;

import ai.djl.pytorch.jni.JniUtils;

/** The number of the engine's threads. */
final class ThreadCount {

    private ThreadCount() {}

    /** Works with a number of threads. */
    static void with(int threads, Runnable work) {
        int usual = JniUtils.getNumThreads();
        JniUtils.setNumThreads(threads);
        try {
            work.run();
        } finally {
            JniUtils.setNumThreads(usual);
        }
    }
}
