package dev.tram.experiments.spark;

import dev.tram.experiments.sweep.Cell;
import dev.tram.experiments.sweep.CellProcess;
import dev.tram.experiments.sweep.Launcher;
import dev.tram.experiments.sweep.Tally;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkJobInfo;
import org.apache.spark.SparkStageInfo;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;

/** Runs each cell as a job of one task, so that one that fails leaves the others alone. */
record SparkLauncher(JavaSparkContext spark, CellProcess process, Workplace workplace, Tally tally)
        implements Launcher {

    private static final int POLL_MILLISECONDS = 200;

    @Override
    public Map<Cell, String> run(Map<Cell, Integer> cells) throws IOException {
        Map<Cell, String> failures;
        try {
            failures = runJobs(cells);
        } catch (RuntimeException e) {
            if (spark.sc().isStopped()) {
                throw ended(e);
            }
            throw e;
        }
        if (spark.sc().isStopped()) {
            throw ended(null);
        }
        return failures;
    }

    private static IOException ended(RuntimeException cause) {
        return new IOException(
                "Spark has ended the application, see the logs of its master and workers; repeat the"
                        + " command to go on",
                cause);
    }

    private Map<Cell, String> runJobs(Map<Cell, Integer> cells) throws IOException {
        List<Job> jobs = new ArrayList<>();
        cells.forEach((cell, until) -> jobs.add(new Job(cell, begin(cell, until))));
        Map<Cell, String> failures = new LinkedHashMap<>();
        try {
            while (!jobs.isEmpty()) {
                List<Job> over = jobs.stream().filter(job -> job.result.isDone()).toList();
                for (Job job : over) {
                    job.end(failures);
                }
                jobs.removeAll(over);
                jobs.forEach(Job::watch);
                TimeUnit.MILLISECONDS.sleep(POLL_MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            jobs.forEach(job -> job.result.cancel(true));
        }
        return failures;
    }

    private JavaFutureAction<List<String>> begin(Cell cell, int until) {
        spark.setJobDescription("cell " + cell);
        return spark.parallelize(List.of(cell.index()), 1)
                .map(new CellTask(process, until, workplace))
                .collectAsync();
    }

    private final class Job {

        private final Cell cell;
        private final JavaFutureAction<List<String>> result;
        private boolean isRunning;
        private int losses;

        Job(Cell cell, JavaFutureAction<List<String>> result) {
            this.cell = cell;
            this.result = result;
        }

        /** Tells whether the cell has begun, or was lost. */
        void watch() {
            int active = 0;
            int failed = 0;
            for (SparkStageInfo stage : stages()) {
                active += stage.numActiveTasks();
                failed += stage.numFailedTasks();
            }
            if (active > 0 && !isRunning) {
                tally.begin();
            } else if (active == 0 && isRunning) {
                tally.putBack();
            }
            isRunning = active > 0;
            if (failed > losses) {
                tally.say("cell " + cell + " was lost; it is run again");
                losses = failed;
            }
        }

        private List<SparkStageInfo> stages() {
            List<SparkStageInfo> stages = new ArrayList<>();
            for (int id : result.jobIds()) {
                SparkJobInfo job = spark.statusTracker().getJobInfo(id);
                for (int stage : job == null ? new int[0] : job.stageIds()) {
                    SparkStageInfo info = spark.statusTracker().getStageInfo(stage);
                    if (info != null) {
                        stages.add(info);
                    }
                }
            }
            return stages;
        }

        void end(Map<Cell, String> failures) throws InterruptedException {
            String why;
            try {
                why = result.get().get(0);
            } catch (ExecutionException e) {
                why = e.getCause().getMessage().lines().findFirst().orElse("");
            }
            if (!isRunning) {
                tally.begin();
            }
            if (why.isEmpty()) {
                tally.finish();
            } else {
                failures.put(cell, why);
                tally.fail(cell, why);
            }
        }
    }
}
