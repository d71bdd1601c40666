package dev.tram.experiments.report;

import static dev.tram.experiments.report.HtmlPage.dataUri;

import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.Judgement;
import dev.tram.experiments.Measure;
import dev.tram.experiments.Prediction;
import dev.tram.experiments.StepRecord;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import javax.imageio.ImageIO;

/** Writes a report as one HTML file that needs nothing else: its pictures are inside. */
public final class ReportWriter {

    private static final int IMAGE = 64;
    private static final int WINDOWS = 30;

    private ReportWriter() {}

    /**
     * Writes a report. What was added to an earlier one in its place stays.
     *
     * @param file the file; it never exists half written
     * @param sections a section per target
     */
    public static void write(Path file, String title, String command, List<Section> sections)
            throws IOException {
        HtmlPage page = new HtmlPage(title, command);
        for (Section section : sections) {
            page.heading(section.title());
            page.html().append(section.answer().toHtml());
        }
        for (Section section : sections) {
            append(page, section);
        }
        page.html().append(AddedSections.of(file));
        page.write(file);
    }

    private static void append(HtmlPage page, Section section) throws IOException {
        ExperimentConfig config = section.config();
        ResultTable table = section.table();
        page.heading(section.title() + ": figures and curves");
        String best =
                switch (config.seeds()) {
                    case 1 -> "The best of a column";
                    case 2 -> "Means over seeds. The best of a column";
                    default ->
                            "Mean ± 95 % confidence interval over seeds; the best mean of a column";
                };
        page.paragraph(
                """
                %s seed%s, %s steps of %s examples, learning rate %s, on %s. %s is bold. d and \
                ‖ε‖ are means over training: a method that ascends by a tiny ‖ε‖ is its base \
                optimizer in all but name; penalties do not ascend.\
                """
                        .formatted(
                                config.seeds(),
                                config.seeds() == 1 ? "" : "s",
                                config.protocol().steps(),
                                config.protocol().batch(),
                                Axis.label(config.protocol().learningRate()),
                                config.device(),
                                best));
        page.html().append(TextTable.of(table).toHtml());
        if (table.baseline() != null) {
            page.paragraph(TextTable.explainPValue(table));
        }
        if (section.transfer().isPresent()) {
            TransferReport.append(page, section.transfer().get());
        }
        int window = Math.max(1, config.protocol().steps() / WINDOWS);
        curves(page, section, "training loss", StepRecord::loss, window, false);
        curves(page, section, "distance d", StepRecord::distance, window, true);
        curves(page, section, "‖ε‖ as stored", StepRecord::realisedNorm, window, true);
        curves(page, section, section.validationTitle(), ReportWriter::validation, 1, false);
        radius(page, section);
        examples(page, section);
    }

    /** The first figure, and the one by which methods are compared. */
    private static void radius(HtmlPage page, Section section) {
        List<Measure> measures = section.table().measures();
        for (Measure figure : measures) {
            if (figure.equals(measures.get(0)) || figure.name().equals(section.headline().name())) {
                String caption = figure.title() + " over mean ‖ε‖";
                Charts.radius(section.table(), figure)
                        .ifPresent(plot -> page.curves(plot, caption, caption));
            }
        }
    }

    private static double validation(StepRecord step) {
        return step.validation() == null ? Double.NaN : step.validation();
    }

    private static void curves(
            HtmlPage page,
            Section section,
            String title,
            ToDoubleFunction<StepRecord> figure,
            int window,
            boolean logarithmic) {
        String caption =
                title + (window > 1 ? ", mean over " + window + " steps and all seeds" : "");
        Charts.curves(section.steps(), title, figure, window, logarithmic)
                .ifPresent(plot -> page.curves(plot, title + " over steps", caption));
    }

    private static void examples(HtmlPage page, Section section) throws IOException {
        List<Judgement> judgements = section.illustrations().judgements();
        List<Prediction> predictions = section.illustrations().predictions();
        if (!predictions.isEmpty() || !judgements.isEmpty()) {
            page.subheading(section.examplesTitle());
        }
        for (Judgement judged : judgements) {
            page.paragraph(ConfusionTable.title(judged));
            page.html().append(ConfusionTable.of(judged).toHtml());
        }
        if (!predictions.isEmpty()) {
            page.html().append(pictures(predictions));
        }
    }

    /** What pictures.html shows of a prediction. */
    private record Picture(boolean isRight, String truth, String predicted, String image) {

        static Picture of(Prediction prediction) throws IOException {
            return new Picture(
                    prediction.isRight(),
                    prediction.truth(),
                    prediction.predicted(),
                    dataUri(enlarged(prediction.image())));
        }
    }

    private static String pictures(List<Prediction> predictions) throws IOException {
        List<Picture> pictures = new ArrayList<>();
        for (Prediction prediction : predictions) {
            pictures.add(Picture.of(prediction));
        }
        return Template.fill("pictures.html", Map.of("pictures", pictures));
    }

    private static byte[] enlarged(BufferedImage image) throws IOException {
        BufferedImage large = new BufferedImage(IMAGE, IMAGE, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = large.createGraphics();
        graphics.setRenderingHint(
                RenderingHints.KEY_INTERPOLATION,
                RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
        graphics.drawImage(image, 0, 0, IMAGE, IMAGE, null);
        graphics.dispose();
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(large, "png", png);
        return png.toByteArray();
    }
}
