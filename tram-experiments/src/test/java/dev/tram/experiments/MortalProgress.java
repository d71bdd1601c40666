package dev.tram.experiments;

/** Counts, and ends the process, as far as a training can tell, after some steps. */
public final class MortalProgress implements Progress {

    private final int lifetime;
    private int steps;
    private int skipped;

    public MortalProgress(int lifetime) {
        this.lifetime = lifetime;
    }

    /** Counts only. */
    public static MortalProgress immortal() {
        return new MortalProgress(Integer.MAX_VALUE);
    }

    /** What stands for the process's end. */
    public static final class Killed extends RuntimeException {

        private static final long serialVersionUID = 1;
    }

    public int steps() {
        return steps;
    }

    public int skipped() {
        return skipped;
    }

    @Override
    public void skip(int count) {
        skipped += count;
    }

    @Override
    public void step(String label, StepRecord step) {
        steps++;
        if (steps == lifetime) {
            throw new Killed();
        }
    }

    @Override
    public void say(String line) {}

    @Override
    public void close() {}
}
