package dev.tram.examples.task.texttable;

import dev.tram.experiments.data.Bundled;
import dev.tram.experiments.data.TextColumns;
import java.util.List;

/**
 * Mails of the SpamAssassin public corpus in five groups, which differ in time and in difficulty.
 * Training is on the first group of ham and the first of spam.
 */
final class Spam {

    private static final Bundled FILE = new Bundled(Spam.class, "spam.tsv.gz");
    private static final TextColumns COLUMNS = new TextColumns("text", null, "label", "group");

    private Spam() {}

    static TextSource source() {
        return new TableSource(
                FILE.identity(), FILE.rows(), COLUMNS, List.of("easy-ham-1", "spam-1"));
    }
}
