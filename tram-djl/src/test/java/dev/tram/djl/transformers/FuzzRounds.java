package dev.tram.djl.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Rounds in which something is changed by chance and read: with a result or with an exception that
 * says what is wrong, in ten seconds. The same 100 rounds each time; with {@code -Dfuzz.seconds=N}
 * new ones for so long, and {@code -Dfuzz.seed=N} begins with a round's.
 */
public final class FuzzRounds {

    private static final Duration LONGEST = Duration.ofSeconds(10);
    private static final int ROUNDS = 100;
    private static final int LONGEST_MESSAGE = 20_000;
    private static final Path KEPT = Path.of("target", "fuzz");

    private FuzzRounds() {}

    /** A round. */
    public interface Round {
        /**
         * Changes something and reads it.
         *
         * @param mutations the round's changes
         */
        void run(Mutations mutations) throws IOException;
    }

    /**
     * Keeps what is read next in {@code target/fuzz}, should the process be gone.
     *
     * @param reader the name of the file
     * @param bytes what is read
     * @return the bytes
     */
    public static byte[] kept(String reader, byte[] bytes) throws IOException {
        Files.createDirectories(KEPT);
        Files.write(KEPT.resolve(reader), bytes);
        return bytes;
    }

    /**
     * Runs the rounds.
     *
     * @param reader what reads, for the messages
     * @param round a round
     */
    public static void run(String reader, Round round) {
        long seconds = Long.getLong("fuzz.seconds", 0);
        long first = Long.getLong("fuzz.seed", seconds == 0 ? 1 : System.nanoTime());
        long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        int refused = 0;
        int rounds = 0;
        do {
            refused += isRefused(reader, first + rounds, round) ? 1 : 0;
            rounds++;
        } while (seconds == 0 ? rounds < ROUNDS : System.nanoTime() < end);
        System.out.printf("%s: %d rounds, %d refused%n", reader, rounds, refused);
        assertThat(rounds).isPositive();
    }

    private static boolean isRefused(String reader, long seed, Round round) {
        String name = reader + ", seed " + seed;
        long start = System.nanoTime();
        try {
            round.run(new Mutations(seed));
            return false;
        } catch (IOException | IllegalArgumentException | IllegalStateException e) {
            assertThat(e.getMessage()).as(name).isNotBlank().hasSizeLessThan(LONGEST_MESSAGE);
            return true;
        } catch (RuntimeException | Error e) {
            throw new AssertionError(name, e);
        } finally {
            assertThat(System.nanoTime() - start).as(name).isLessThan(LONGEST.toNanos());
        }
    }
}
