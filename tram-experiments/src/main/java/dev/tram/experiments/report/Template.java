package dev.tram.experiments.report;

import com.samskivert.mustache.Mustache;

/** Templates of Mustache: <code>{{text}}</code> is escaped, <code>{{{html}}}</code> is not. */
final class Template {

    private static final Mustache.Compiler COMPILER =
            Mustache.compiler().emptyStringIsFalse(true).withEscaper(HtmlPage::escape);

    private Template() {}

    /**
     * Fills in a template.
     *
     * @param name a file of this package
     * @param values a record or a map that has what the template names
     */
    static String fill(String name, Object values) {
        return COMPILER.compile(HtmlPage.resource(name)).execute(values);
    }
}
