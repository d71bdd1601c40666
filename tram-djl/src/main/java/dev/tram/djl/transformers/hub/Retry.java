package dev.tram.djl.transformers.hub;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Tries again after a failure that may pass, and says so. A {@link HubException} never passes; any
 * other {@link IOException} may. The delay doubles from one failure to the next; progress starts
 * the count anew.
 *
 * @param attempts how many failures in a row end the trying
 * @param delay the first delay
 * @param notices told of each failure that is followed by another try
 */
record Retry(int attempts, Duration delay, Consumer<String> notices) {

    private static final int MAX_DOUBLINGS = 6;

    /** Something that may fail. */
    interface Action<T> {
        /** Does it once. */
        T run() throws IOException;
    }

    /** Runs an action that makes no lasting progress when it fails. */
    <T> T run(String what, Action<T> action) throws IOException {
        return run(what, () -> 0L, 1, action);
    }

    /**
     * Runs an action.
     *
     * @param what the action, for the message
     * @param received the bytes that have arrived so far and are kept
     * @param progress how many further bytes start the count of failures anew
     * @param action the action
     * @return its result
     * @throws HubException if the failure is final
     * @throws IOException if it has failed too often
     */
    <T> T run(String what, Action<Long> received, long progress, Action<T> action)
            throws IOException {
        int failures = 0;
        while (true) {
            long before = received.run();
            try {
                return action.run();
            } catch (HubException | InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                long after = received.run();
                failures = after - before >= progress ? 1 : failures + 1;
                if (failures >= attempts) {
                    throw new IOException(message(what, after, e), e);
                }
                notices.accept(
                        "%s: %s; trying again, %d of %d"
                                .formatted(what, reason(e), failures + 1, attempts));
                pause(failures);
            }
        }
    }

    private String message(String what, long bytes, IOException cause) {
        String kept = bytes == 0 ? "" : "; " + bytes + " bytes are kept, a further call resumes";
        return what
                + " failed "
                + attempts
                + " times in a row, at last by: "
                + reason(cause)
                + kept;
    }

    private static String reason(IOException cause) {
        if (cause instanceof ConnectException) {
            return "no connection";
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    private void pause(int failures) throws InterruptedIOException {
        try {
            Thread.sleep(delay.toMillis() << Math.min(failures - 1, MAX_DOUBLINGS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
        }
    }
}
