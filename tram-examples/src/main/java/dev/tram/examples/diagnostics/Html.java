package dev.tram.examples.diagnostics;

import dev.tram.examples.experiment.Json;
import dev.tram.examples.report.HtmlPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Parts of pages that need nothing else: pictures are inside. */
final class Html {

    private static final String END = "</body>";

    private Html() {}

    static String escape(String text) {
        return HtmlPage.escape(text);
    }

    /** Returns a picture with its caption. */
    static String figure(byte[] png, String caption) {
        return HtmlPage.figure(png, caption, caption);
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
