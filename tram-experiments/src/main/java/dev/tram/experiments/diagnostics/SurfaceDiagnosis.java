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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;

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
            return "loss "
                    + Figures.rounded(losses(line.losses()).min().orElseThrow())
                    + " … "
                    + Figures.rounded(losses(line.losses()).max().orElseThrow());
        }
    }

    private static DoubleStream losses(List<Double> losses) {
        return losses.stream().mapToDouble(Double::doubleValue).filter(Double::isFinite);
    }

    /** Evaluates, and writes surface.json, surface.csv and a section of the report. */
    public void run(List<RunDirectory> targets, Outcome report, PrintStream out)
            throws IOException, InterruptedException {
        diagnosis.check(targets);
        for (RunDirectory target : targets) {
            try (Task task = diagnosis.open(target, out)) {
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
                Map<String, LossSurface.Line> lines = new LinkedHashMap<>();
                Map<String, LossSurface.Plane> planes = new LinkedHashMap<>();
                found.forEach((key, surface) -> lines.put(key.toString(), surface.line()));
                found.forEach((key, surface) -> planes.put(key.toString(), surface.plane()));
                Surfaces surfaces = new Surfaces(sample.name(), lines, planes);
                write(surfaces, target.files().root());
                report.add(target, section(target, surfaces));
            }
        }
        report.write(NAME, "Loss surface");
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
        rows.add(List.of("run", "shape", "a", "b", "loss"));
        surfaces.line()
                .forEach(
                        (run, line) -> {
                            for (int i = 0; i < line.losses().size(); i++) {
                                double a = line.coordinates().get(i);
                                rows.add(List.of(run, "line", a, 0.0, line.losses().get(i)));
                            }
                        });
        surfaces.plane()
                .forEach(
                        (run, plane) -> {
                            List<Double> at = plane.coordinates();
                            for (int i = 0; i < at.size(); i++) {
                                for (int j = 0; j < at.size(); j++) {
                                    double loss = plane.losses().get(i).get(j);
                                    rows.add(List.of(run, "plane", at.get(i), at.get(j), loss));
                                }
                            }
                        });
        Table.writeCsv(directory.resolve(NAME + ".csv"), rows);
    }

    private static String section(RunDirectory target, Surfaces surfaces) throws IOException {
        StringBuilder html = new StringBuilder();
        html.append("<p>The loss on held-out data of ")
                .append(HtmlPage.escape(surfaces.domain()))
                .append(" at θ + a d + b e: d and e are the same two random directions for all")
                .append(" runs, each filter as long as the model's own (Li et al. 2018). A wide")
                .append(" valley is flat.</p>\n")
                .append(
                        HtmlPage.figure(
                                DiagnosisCharts.lines(surfaces.line()),
                                target.target() + ": loss along the first direction"));
        List<Double> all = new ArrayList<>();
        surfaces.plane().values().forEach(plane -> plane.losses().forEach(all::addAll));
        double lowest = losses(all).min().orElseThrow();
        double highest = losses(all).max().orElseThrow();
        html.append("<p>On the plane, from a loss of ")
                .append(Figures.rounded(lowest))
                .append(", dark, to ")
                .append(Figures.rounded(highest))
                .append(", light:</p>\n<div class=\"maps\">\n");
        for (Map.Entry<String, LossSurface.Plane> entry : surfaces.plane().entrySet()) {
            html.append(
                    HtmlPage.figure(
                            DiagnosisCharts.map(entry.getValue(), entry.getKey(), lowest, highest),
                            target.target() + ": loss of " + entry.getKey() + " on the plane"));
        }
        return html.append("</div>\n").toString();
    }
}
