package dev.tram.examples.diagnostics;

import dev.tram.examples.report.HtmlPage;

/** Parts of pages that need nothing else: pictures are inside. */
final class Html {

    private Html() {}

    static String escape(String text) {
        return HtmlPage.escape(text);
    }

    /** Returns a picture with its caption. */
    static String figure(byte[] png, String caption) {
        return HtmlPage.figure(png, caption, caption);
    }
}
