package dev.tram.experiments.diagnostics;

import dev.tram.core.analysis.LossSurface;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.analysis.ModelObjective;
import dev.tram.experiments.Json;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.Task;
import dev.tram.experiments.report.HtmlPage;
import dev.tram.experiments.report.Table;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The loss around the minima of several methods: on a line and on a plane of the same random,
 * filter-normalised directions (Li et al. 2018).
 *
 * @param radius how far they reach, in filter norms
 */
public record SurfaceDiagnosis(Diagnosis diagnosis, float radius, int linePoints, int planePoints) {

    private static final String NAME = "surface";

    public SurfaceDiagnosis {
        Arguments.positive("--radius", radius);
        Arguments.atLeast("--line", linePoints, 2);
        Arguments.atLeast("--plane", planePoints, 2);
    }

    /**
     * What is written to surface.json.
     *
     * @param domain the data of the loss
     * @param line by run, the losses along the first direction
     * @param plane by run, the losses on the plane of both
     */
    record Surfaces(
            String domain,
            Map<String, LossSurface.Line> line,
            Map<String, LossSurface.Plane> plane) {}

    private record Surface(LossSurface.Line line, LossSurface.Plane plane) {

        /** The range of the losses on the line, for a person who waits. */
        String inWords() {
            DoubleSummaryStatistics losses = finite(line.losses());
            if (losses.getCount() == 0) {
                return "no finite loss";
            }
            return "loss %s … %s"
                    .formatted(Figures.rounded(losses.getMin()), Figures.rounded(losses.getMax()));
        }
    }

    private static DoubleSummaryStatistics finite(List<Double> losses) {
        return losses.stream()
                .mapToDouble(Double::doubleValue)
                .filter(Double::isFinite)
                .summaryStatistics();
    }

    /** Evaluates, and writes surface.json, surface.csv and a section of the report. */
    public void run(List<RunDirectory> targets, Outcome report, PrintStream out)
            throws IOException, InterruptedException {
        diagnosis.run(
                targets,
                NAME,
                "Loss surface",
                (target, task) -> evaluate(target, task, out),
                report,
                out);
    }

    private String evaluate(RunDirectory target, Task task, PrintStream out)
            throws IOException, InterruptedException {
        Diagnosis.Sample sample = diagnosis.samples(task).get(0);
        Map<RunKey, Surface> found =
                diagnosis.each(
                        target,
                        NAME,
                        linePoints + planePoints * planePoints,
                        (run, model, manager, tick) -> {
                            try (ModelObjective objective =
                                    ModelObjective.builder(model, manager, task.loss())
                                            .setDataset(sample.data())
                                            .build()) {
                                return new Surface(
                                        surface(linePoints, tick).line(objective),
                                        surface(planePoints, tick).plane(objective));
                            }
                        },
                        Surface::inWords,
                        out);
        Surfaces surfaces =
                new Surfaces(sample.name(), new LinkedHashMap<>(), new LinkedHashMap<>());
        found.forEach((run, surface) -> surfaces.line.put(run.toString(), surface.line()));
        found.forEach((run, surface) -> surfaces.plane.put(run.toString(), surface.plane()));
        write(surfaces, target.files().root());
        return section(target, surfaces);
    }

    private LossSurface surface(int points, Runnable tick) {
        return LossSurface.builder()
                .optRadius(radius)
                .optPoints(points)
                .optProgress((done, total, loss) -> tick.run())
                .build();
    }

    private static void write(Surfaces surfaces, Path directory) throws IOException {
        Json.write(directory.resolve(NAME + ".json"), surfaces);
        List<List<Object>> rows = new ArrayList<>();
        surfaces.line.forEach(
                (run, line) -> {
                    for (int i = 0; i < line.losses().size(); i++) {
                        double a = line.coordinates().get(i);
                        rows.add(List.of(run, "line", a, 0.0, line.losses().get(i)));
                    }
                });
        surfaces.plane.forEach(
                (run, plane) -> {
                    List<Double> at = plane.coordinates();
                    for (int i = 0; i < at.size(); i++) {
                        for (int j = 0; j < at.size(); j++) {
                            double loss = plane.losses().get(i).get(j);
                            rows.add(List.of(run, "plane", at.get(i), at.get(j), loss));
                        }
                    }
                });
        Table.writeCsv(directory.resolve(NAME + ".csv"), "run,shape,a,b,loss", rows);
    }

    private static String section(RunDirectory target, Surfaces surfaces) {
        List<Double> all =
                surfaces.plane.values().stream()
                        .flatMap(plane -> plane.losses().stream().flatMap(List::stream))
                        .toList();
        double lowest = finite(all).getMin();
        double highest = finite(all).getMax();
        StringBuilder maps = new StringBuilder();
        surfaces.plane.forEach(
                (run, plane) ->
                        maps.append(
                                HtmlPage.figure(
                                        DiagnosisCharts.map(plane, run, lowest, highest),
                                        target.target() + ": loss of " + run + " on the plane")));
        return """
                <p>The loss on held-out data of %s at θ + a d + b e: d and e are the same two \
                random directions for all runs, each filter as long as the model's own (Li et al. \
                2018). A wide valley is flat.</p>
                %s<p>On the plane, from a loss of %s, dark, to %s, light:</p>
                <div class="maps">
                %s</div>
                """
                .formatted(
                        HtmlPage.escape(surfaces.domain()),
                        HtmlPage.figure(
                                DiagnosisCharts.lines(surfaces.line()),
                                target.target() + ": loss along the first direction"),
                        Figures.rounded(lowest),
                        Figures.rounded(highest),
                        maps);
    }
}
