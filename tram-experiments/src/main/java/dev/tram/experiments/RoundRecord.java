package dev.tram.experiments;

/**
 * A line of rounds.jsonl.
 *
 * @param steps the steps so far, of each worker
 * @param localSteps how many steps each takes in a round
 * @param bytesSent what each worker sent: its state
 * @param bytesReceived what each worker received: the state to go on from; 0 for the run's
 *     beginning
 * @param milliseconds the round's time, averaging and saving included
 * @param trainingShare which share of it the slowest worker spent in its steps
 * @param workerShare which share of it the slowest worker spent in all, reading and writing its
 *     state included; the rest is messages, averaging and saving
 */
public record RoundRecord(
        int steps,
        int workers,
        int localSteps,
        long bytesSent,
        long bytesReceived,
        double milliseconds,
        double trainingShare,
        double workerShare) {

    /** Records a round after a number of steps. */
    static RoundRecord of(
            int steps, int localSteps, Round round, long bytesReceived, double milliseconds) {
        double training =
                round.steps().stream()
                        .mapToDouble(
                                own -> own.stream().mapToDouble(StepRecord::milliseconds).sum())
                        .max()
                        .orElseThrow();
        return new RoundRecord(
                steps,
                round.steps().size(),
                localSteps,
                round.bytesSent(),
                bytesReceived,
                milliseconds,
                training / milliseconds,
                round.milliseconds() / milliseconds);
    }
}
