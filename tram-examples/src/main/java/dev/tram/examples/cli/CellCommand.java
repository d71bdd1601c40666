package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.LocalSgd;
import dev.tram.experiments.Progress;
import dev.tram.experiments.Protocol;
import dev.tram.experiments.Rounds;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.sweep.Cell;
import dev.tram.experiments.sweep.CellProcess;
import dev.tram.experiments.sweep.Cluster;
import dev.tram.experiments.sweep.Launcher;
import dev.tram.experiments.sweep.Sweep;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tram cell}: one run of a grid file. */
@Command(name = "cell", mixinStandardHelpOptions = true)
final class CellCommand implements Callable<Integer> {

    /** As the shell counts SIGTERM. */
    private static final int TERMINATED = 143;

    @Mixin private SweepOptions options;

    @Parameters(index = "1", paramLabel = "INDEX", descriptionKey = "INDEX")
    private int index;

    @Option(names = "--device", paramLabel = "NAME")
    private String device = "";

    @Option(names = "--until", paramLabel = "N")
    private int until = Launcher.END;

    @Option(names = "--attended", hidden = true)
    private boolean isAttended;

    @Option(names = "--workers", paramLabel = "N")
    private int workers = 1;

    @Option(names = "--local-steps", paramLabel = "H")
    private int localSteps = 1;

    @Override
    public Integer call() throws IOException {
        if (isAttended) {
            endWithStandardInput();
        }
        requireNumbers();
        try (Sweep sweep = options.sweep()) {
            return begin(sweep);
        }
    }

    private int begin(Sweep sweep) throws IOException {
        Cell cell = sweep.cell(index);
        requirePause(cell.group().config().protocol());
        try (Cluster cluster = options.connect()) {
            int cores = Runtime.getRuntime().availableProcessors();
            sweep.beginTogether(options.threads(cluster, cores));
            return run(sweep, cell, cluster);
        }
    }

    private int run(Sweep sweep, Cell cell, Cluster cluster) throws IOException {
        int steps = cell.group().config().protocol().steps();
        PrintStream out = System.out;
        try (Progress progress = Progress.on(out, "cell " + index, steps)) {
            boolean isDone =
                    isTogether()
                            ? together(sweep, cell, cluster, progress)
                            : sweep.run(cell, until, device, progress);
            if (isDone) {
                return 0;
            }
        }
        System.err.println("tram cell: another process runs cell " + cell);
        return CellProcess.HELD;
    }

    private void requireNumbers() {
        Arguments.atLeast("--workers", workers, 1);
        Arguments.atLeast("--local-steps", localSteps, 1);
        Arguments.atLeast("--until", until, 0);
        if (isTogether() && until != Launcher.END) {
            throw Arguments.rejected(
                    "--until", "left out with --workers, --local-steps and --spark", until);
        }
    }

    private boolean isTogether() {
        return workers > 1 || localSteps > 1 || options.onSpark();
    }

    private boolean together(Sweep sweep, Cell cell, Cluster cluster, Progress progress)
            throws IOException {
        RunKey key = cell.run();
        return sweep.run(
                cell,
                device,
                (task, config, files) -> {
                    LocalSgd sgd = new LocalSgd(task, config, files, key, localSteps, progress);
                    try (Rounds rounds =
                            cluster == null
                                    ? Rounds.inTurns(
                                            LocalSgd.training(task, config, key),
                                            key.seed(),
                                            workers)
                                    : cluster.rounds(
                                            CellTraining.of(config, sweep.threads(), key),
                                            key.seed(),
                                            workers)) {
                        sgd.run(rounds);
                    }
                });
    }

    private void requirePause(Protocol protocol) {
        boolean isPause = protocol.isSaved(until) && protocol.isValidated(until);
        if (until != Launcher.END && (!isPause || until > protocol.steps())) {
            throw Arguments.rejected(
                    "--until", "a step after which the cell is validated and saved", until);
        }
    }

    private static void endWithStandardInput() {
        Thread watch =
                new Thread(
                        () -> {
                            try {
                                System.in.transferTo(PrintStream.nullOutputStream());
                            } catch (IOException e) {
                                // It has ended in another way.
                            }
                            Runtime.getRuntime().halt(TERMINATED);
                        },
                        "attended");
        watch.setDaemon(true);
        watch.start();
    }
}
