package dev.tram.examples.diagnostics;

import dev.tram.examples.report.HtmlPage;
import dev.tram.examples.report.Plot;

/** Parts of pages that need nothing else: pictures are inside. */
final class Html {

    private Html() {}

    static String escape(String text) {
        return HtmlPage.escape(text);
    }

    /** Returns curves with their caption. */
    static String figure(Plot plot, String caption) {
        return HtmlPage.figure(plot, caption, caption);
    }

    /** Returns an SVG picture with its caption. */
    static String figure(String svg, String caption) {
        return "<figure>" + svg + "<figcaption>" + escape(caption) + "</figcaption></figure>\n";
    }
}
