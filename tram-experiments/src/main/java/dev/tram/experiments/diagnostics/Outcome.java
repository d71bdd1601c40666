package dev.tram.experiments.diagnostics;

import dev.tram.experiments.report.AddedSections;
import dev.tram.experiments.report.HtmlPage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/** What a diagnosis adds to an experiment's report. */
public final class Outcome {

    private final Path report;
    private final PrintStream out;
    private final StringBuilder html = new StringBuilder();

    /**
     * Begins without anything to add.
     *
     * @param report the experiment's report, which may be absent
     * @param out where is printed what was written
     */
    public Outcome(Path report, PrintStream out) {
        this.report = report;
        this.out = out;
    }

    void add(RunDirectory target, String section) {
        html.append("<h3>")
                .append(HtmlPage.escape(target.target()))
                .append("</h3>\n")
                .append(section);
    }

    /** Writes a section of all that was added. */
    void write(String name, String title) throws IOException {
        String section = "<h2>" + HtmlPage.escape(title) + "</h2>\n" + html;
        String files = name + ".json and " + name + ".csv beside results.json";
        out.printf(
                "%n%s%n",
                AddedSections.insert(report, name, section)
                        ? "Report: " + report
                        : "There is no %s yet to add pictures to; the figures are in %s"
                                .formatted(report, files));
    }
}
