package dev.tram.djl.transformers.hub;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.time.Duration;

/**
 * Tries again after a failure that may pass. A {@link HubException} never passes; any other {@link
 * IOException} may. The delay doubles from one failure to the next; progress starts the count anew.
 *
 * @param attempts how many failures in a row end the trying
 * @param delay the first delay
 */
record Retry(int attempts, Duration delay) {

    private static final int MAX_DOUBLINGS = 6;

    /** Something that may fail. */
    interface Action<T> {
        /** Does it once. */
        T run() throws IOException;
    }

    /** Runs an action that makes no lasting progress when it fails. */
    <T> T run(String what, Action<T> action) throws IOException {
        return run(what, () -> 0L, action);
    }

    /**
     * Runs an action.
     *
     * @param what the action, for the message
     * @param received the bytes that have arrived so far and are kept
     * @param action the action
     * @return its result
     * @throws HubException if the failure is final
     * @throws IOException if it has failed too often
     */
    <T> T run(String what, Action<Long> received, Action<T> action) throws IOException {
        int failures = 0;
        while (true) {
            long before = received.run();
            try {
                return action.run();
            } catch (HubException | InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                long after = received.run();
                failures = after > before ? 1 : failures + 1;
                if (failures >= attempts) {
                    throw new IOException(message(what, after, e), e);
                }
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
