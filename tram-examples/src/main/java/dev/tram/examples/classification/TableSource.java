package dev.tram.examples.classification;

import dev.tram.core.Arguments;
import dev.tram.examples.data.RowCensus;
import dev.tram.examples.data.RowSource;
import dev.tram.examples.data.TextColumns;
import dev.tram.examples.data.TextExample;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A single table, which is divided.
 *
 * @param file what determines the rows
 * @param rows the rows
 * @param columns which columns hold the texts and classes
 * @param trainingGroups the groups to train on, empty for all
 */
record TableSource(String file, RowSource rows, TextColumns columns, List<String> trainingGroups)
        implements TextSource {

    TableSource {
        trainingGroups = List.copyOf(trainingGroups);
    }

    @Override
    public String identity() {
        return file + " " + columns + " " + trainingGroups;
    }

    @Override
    public RowCensus read(Sink sink) throws IOException {
        Split split = new Split(trainingGroups);
        Set<String> groups = new TreeSet<>();
        RowCensus census =
                RowCensus.of(
                        rows,
                        columns,
                        example -> {
                            sink.accept(split.part(example), example);
                            add(groups, example);
                        });
        if (!groups.containsAll(trainingGroups)) {
            throw Arguments.rejected("the groups to train on", "among " + groups, trainingGroups);
        }
        return census;
    }

    private static void add(Set<String> groups, TextExample example) {
        if (example.group() != null) {
            groups.add(example.group());
        }
    }
}
