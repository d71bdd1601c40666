package dev.tram.examples.diagnostics;

import dev.tram.examples.experiment.Json;
import dev.tram.examples.report.ReportWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/** Pages and parts of pages that need nothing else: pictures are inside. */
final class Html {

    private static final String END = "</body>";

    private Html() {}

    static String escape(String text) {
        return ReportWriter.escape(text);
    }

    /** Returns a picture with its caption. */
    static String figure(byte[] png, String caption) {
        String text = escape(caption);
        return "<figure><img alt=\""
                + text
                + "\" src=\"data:image/png;base64,"
                + Base64.getEncoder().encodeToString(png)
                + "\"><figcaption>"
                + text
                + "</figcaption></figure>\n";
    }

    /** Writes a page in one go. */
    static void write(Path file, String title, String body) throws IOException {
        String css;
        try (InputStream in = ReportWriter.class.getResourceAsStream("report.css")) {
            css = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        Json.replace(
                file,
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                        + "<meta name=\"viewport\" content=\"width=device-width\">\n<title>"
                        + escape(title)
                        + "</title>\n<style>\n"
                        + css
                        + "</style>\n</head>\n<body>\n<h1>"
                        + escape(title)
                        + "</h1>\n"
                        + body
                        + END
                        + "\n</html>\n");
    }

    /**
     * Puts a section at the end of a report, in place of an earlier one of that name.
     *
     * @return false if there is no report
     */
    static boolean insert(Path report, String name, String section) throws IOException {
        if (!Files.isRegularFile(report)) {
            return false;
        }
        String page = Files.readString(report);
        String begin = "<!-- " + name + " -->\n";
        String end = "<!-- end of " + name + " -->\n";
        int from = page.indexOf(begin);
        int to = page.indexOf(end);
        if (from >= 0 && to > from) {
            page = page.substring(0, from) + page.substring(to + end.length());
        }
        int at = page.lastIndexOf(END);
        if (at < 0) {
            throw new IOException(report + " is no report: it has no " + END);
        }
        Json.replace(report, page.substring(0, at) + begin + section + end + page.substring(at));
        return true;
    }
}
