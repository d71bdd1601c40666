package dev.tram.experiments;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What takes the steps of a round, with all workers. */
public interface Rounds extends Closeable {

    int workers();

    /** Takes the steps of all workers, from a state or, without one, from the beginning. */
    Round run(Optional<Path> from, int done, int last) throws IOException;

    /**
     * Returns rounds whose workers take turns in this process: what machines compute, without them.
     */
    static Rounds inTurns(LocalTraining training, long seed, int workers) {
        LocalTrainer trainer = new LocalTrainer(training, seed);
        return new Rounds() {
            @Override
            public int workers() {
                return workers;
            }

            @Override
            public Round run(Optional<Path> from, int done, int last) throws IOException {
                List<WorkerRound> parts = new ArrayList<>();
                for (int worker = 0; worker < workers; worker++) {
                    parts.add(trainer.round(new WorkerBatches(worker, workers), from, done, last));
                }
                return Round.of(parts);
            }

            @Override
            public void close() throws IOException {
                trainer.close();
            }
        };
    }
}
