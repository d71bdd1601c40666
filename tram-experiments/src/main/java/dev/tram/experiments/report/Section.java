package dev.tram.experiments.report;

import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Illustrations;
import dev.tram.experiments.Measure;
import dev.tram.experiments.Metrics;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.StepRecord;
import dev.tram.experiments.Task;
import dev.tram.experiments.statistics.MethodGroup;
import dev.tram.experiments.statistics.Transfer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a report says of one target.
 *
 * @param validationTitle what the validation curve shows, with its unit
 * @param transfer how the domains go with each other, over methods; empty for a single one
 * @param steps per method, the steps of each of its runs
 */
public record Section(
        String title,
        String validationTitle,
        Measure headline,
        ExperimentConfig config,
        ResultTable table,
        Results results,
        Optional<Transfer> transfer,
        Map<String, List<List<StepRecord>>> steps,
        String examplesTitle,
        Illustrations illustrations) {

    /**
     * Returns a section with the runs' steps read from their metrics.
     *
     * @param directory where the metrics lie
     */
    public static Section of(
            Task task,
            ExperimentConfig config,
            ResultTable table,
            Results results,
            ExperimentDirectory directory,
            String examplesTitle,
            Illustrations illustrations)
            throws IOException {
        Map<String, List<List<StepRecord>>> steps = new LinkedHashMap<>();
        List<String> trained = new ArrayList<>(results.methods().keySet());
        trained.remove(MethodGroup.ZERO_SHOT);
        for (String method : trained) {
            List<List<StepRecord>> runs = new ArrayList<>();
            for (Results.RunResult run : results.methods().get(method).runs()) {
                runs.add(Metrics.read(directory.metrics(new RunKey(method, run.seed()))));
            }
            steps.put(method, runs);
        }
        return new Section(
                task.name(),
                task.validationMeasure().title(),
                task.headline(),
                config,
                table,
                results,
                TransferReport.of(results),
                steps,
                examplesTitle,
                illustrations);
    }

    Answer answer() {
        return new Answer(table, headline, results, config.seeds());
    }
}
