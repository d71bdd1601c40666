package dev.tram.experiments.sweep;

import dev.tram.experiments.ExperimentStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Processes of this machine, each of which runs one cell and ends. One that is killed is followed
 * by another, which goes on from the cell's last savepoint. All end with this process, however it
 * ends: they listen to a pipe from it.
 */
public final class Workers implements Launcher {

    /** How often a cell may be lost before it counts as failed. */
    private static final int LIVES = 5;

    private static final int WAIT_MILLISECONDS = 1000;

    private final Command command;
    private final ExperimentStore store;
    private final Tally tally;

    /** Makes the command line of a cell's process. */
    @FunctionalInterface
    public interface Command {

        /** Returns the command line of a cell on a device, up to a step or {@link #END}. */
        List<String> of(Cell cell, int until, String device);
    }

    private record Work(Cell cell, String device) {}

    private final Map<Cell, Integer> until = new HashMap<>();
    private final Deque<Cell> waiting = new ArrayDeque<>();
    private final Deque<String> free = new ArrayDeque<>();
    private final Map<Process, Work> running = new ConcurrentHashMap<>();
    private final Map<Cell, Integer> losses = new HashMap<>();
    private final Map<Cell, String> failures = new LinkedHashMap<>();

    /**
     * Describes the workers.
     *
     * @param devices a device per worker; those of one device share it
     * @param command the command line of a cell's process
     * @param store where what the processes print goes
     */
    public Workers(List<String> devices, Command command, ExperimentStore store, Tally tally) {
        free.addAll(devices);
        this.command = command;
        this.store = store;
        this.tally = tally;
    }

    @Override
    public Map<Cell, String> run(Map<Cell, Integer> cells) throws IOException {
        Files.createDirectories(Sweep.logs(store.folder()));
        until.putAll(cells);
        waiting.addAll(cells.keySet());
        Thread end = new Thread(() -> running.keySet().forEach(Process::destroyForcibly), "sweep");
        Runtime.getRuntime().addShutdownHook(end);
        try {
            while (!waiting.isEmpty() || !running.isEmpty()) {
                while (!free.isEmpty() && !waiting.isEmpty()) {
                    start(waiting.remove());
                }
                await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            running.keySet().forEach(Process::destroyForcibly);
            removeHook(end);
        }
        return failures;
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The program is ending already: the hook runs.
        }
    }

    private Path log(Cell cell) {
        return Sweep.logs(store.folder()).resolve(cell.index() + ".log");
    }

    private void start(Cell cell) throws IOException {
        String device = free.remove();
        ProcessBuilder builder =
                new ProcessBuilder(command.of(cell, until.get(cell), device))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log(cell).toFile()));
        running.put(builder.start(), new Work(cell, device));
        tally.begin();
    }

    /** Waits for a process to end. */
    private void await() throws IOException, InterruptedException {
        CompletableFuture.anyOf(
                        running.keySet().stream()
                                .map(Process::onExit)
                                .toArray(CompletableFuture[]::new))
                .join();
        for (Process process : List.copyOf(running.keySet())) {
            if (!process.isAlive()) {
                Work work = running.remove(process);
                free.add(work.device());
                ended(work.cell(), process.exitValue());
            }
        }
    }

    private void ended(Cell cell, int code) throws IOException, InterruptedException {
        store.push(log(cell));
        if (code == 0) {
            tally.finish();
        } else if (code == CellProcess.HELD) {
            tally.putBack();
            waiting.add(cell);
            TimeUnit.MILLISECONDS.sleep(WAIT_MILLISECONDS);
        } else if (CellProcess.isLost(code) && losses.merge(cell, 1, Integer::sum) < LIVES) {
            tally.putBack();
            tally.say("cell " + cell + " was lost (exit code " + code + "); it is run again");
            waiting.addFirst(cell);
        } else {
            failures.put(cell, CellProcess.why(code, log(cell), store.name(log(cell))));
            tally.fail(cell, failures.get(cell));
        }
    }
}
