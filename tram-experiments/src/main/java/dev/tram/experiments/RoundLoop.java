package dev.tram.experiments;

import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/**
 * Local SGD: round after round, each from the mean that the one before left on disk. Repeated after
 * an interruption, it goes on behind the last whole round.
 */
public final class RoundLoop {

    private final Rounds rounds;
    private final int localSteps;
    private final Savepoints saved;
    private final Path records;

    /** Whom to tell of a round. */
    @FunctionalInterface
    public interface Listener {

        /** Tells of a round, before its mean is saved. */
        void onRound(int done, Round round) throws IOException;
    }

    /**
     * Describes a training.
     *
     * @param localSteps how many steps a worker takes in a round
     * @param states where the latest state lies, STEP.safetensors
     * @param records the file that gets a line per round
     */
    public RoundLoop(Rounds rounds, int localSteps, Path states, Path records) {
        this.rounds = rounds;
        this.localSteps = Arguments.atLeast("local-steps", localSteps, 1);
        saved = new Savepoints(states);
        this.records = records;
    }

    /** Returns how many steps each worker took before, 0 at the beginning. */
    public int done() throws IOException {
        return saved.latestStep().orElse(0);
    }

    /**
     * Trains to the end.
     *
     * @param steps the number of steps of each worker
     * @throws IllegalArgumentException if the rounds before were of other workers or other steps
     */
    public Path run(int steps, Listener listener) throws IOException {
        requireSameRounds();
        for (int done = done(); done < steps; done = done()) {
            long begin = System.nanoTime();
            Optional<Path> from = saved.latest();
            long bytes = from.isPresent() ? Files.size(from.get()) : 0;
            int last = Math.min(done + localSteps, steps);
            Round round = rounds.run(from, done, last);
            listener.onRound(done, round);
            saved.save(last, round.state()::write);
            double milliseconds = (System.nanoTime() - begin) / 1e6;
            record(RoundRecord.of(last, localSteps, round, bytes, milliseconds));
        }
        return saved.latest().orElseThrow();
    }

    /** Other rounds would train on other batches than those that are left. */
    private void requireSameRounds() throws IOException {
        if (done() == 0 || !Files.exists(records)) {
            return;
        }
        List<String> lines = Files.readAllLines(records);
        RoundRecord before = Json.MAPPER.readValue(lines.get(lines.size() - 1), RoundRecord.class);
        if (before.workers() != rounds.workers() || before.localSteps() != localSteps) {
            throw Arguments.rejected(
                    "workers and local steps of a run that goes on",
                    before.workers() + " and " + before.localSteps() + ", as in " + records,
                    rounds.workers() + " and " + localSteps);
        }
    }

    private void record(RoundRecord line) throws IOException {
        Files.writeString(
                records,
                Json.MAPPER.writeValueAsString(line) + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }
}
