package dev.tram.examples.task.domains;

import dev.tram.experiments.data.Bundled;
import dev.tram.experiments.data.Share;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.io.function.IOConsumer;

/**
 * Texts that come with the examples, in tables with a column {@code text}. Of every ten texts of a
 * table one is for validation and one for the test; where there are too few to train on, all are
 * for the test.
 *
 * @param resources the tables, tab-separated, perhaps compressed
 */
record BundledDomain(String name, List<String> resources, boolean isTrainable) implements Domain {

    /** Three eras of the State of the Union addresses, a novel and a declaration. */
    static final List<BundledDomain> ALL =
            List.of(
                    trainable("sotu-1933-2021"),
                    trainable("sotu-1861-1932"),
                    trainable("sotu-1790-1860"),
                    trainable("moby-dick"),
                    new BundledDomain(
                            "declaration",
                            List.of("/dev/tram/examples/task/xnli/udhr/en.tsv"),
                            false));

    private static final int PARTS = 10;
    private static final int VALIDATION_PART = 8;
    private static final int TEST_PART = 9;

    private static BundledDomain trainable(String name) {
        return new BundledDomain(name, List.of(name + ".tsv.gz"), true);
    }

    /** Returns all that can be trained on but one, as one domain. */
    static BundledDomain allBut(String leftOut) {
        List<String> others =
                ALL.stream()
                        .filter(domain -> domain.isTrainable && !domain.name.equals(leftOut))
                        .flatMap(domain -> domain.resources.stream())
                        .toList();
        return new BundledDomain("pretraining", others, true);
    }

    private Stream<Bundled> files() {
        return resources.stream().map(resource -> new Bundled(BundledDomain.class, resource));
    }

    @Override
    public String identity() {
        return files().map(Bundled::identity).collect(Collectors.joining(", "));
    }

    @Override
    public boolean isWhole() {
        return true;
    }

    @Override
    public void read(Share share, IOConsumer<String> sink, Consumer<String> report)
            throws IOException {
        for (Bundled file : files().toList()) {
            List<String> texts = file.rows(row -> ((String) row.value("text")).strip());
            for (int number = 0; number < texts.size(); number++) {
                if (shareOf(number) == share) {
                    sink.accept(texts.get(number));
                }
            }
        }
    }

    private Share shareOf(int number) {
        if (!isTrainable) {
            return Share.TEST;
        }
        return switch (number % PARTS) {
            case VALIDATION_PART -> Share.VALIDATION;
            case TEST_PART -> Share.TEST;
            default -> Share.TRAINING;
        };
    }
}
