package dev.tram.examples.task.domains;

import dev.tram.experiments.data.Bundled;
import dev.tram.experiments.data.Share;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Texts that come with the examples, as a table with a column {@code text}. Of every ten texts one
 * is for validation and one for the test; where there are too few to train on, all are for the
 * test.
 *
 * @param resource the table, tab-separated, perhaps compressed
 * @param isTrainable whether there is anything to train on
 */
record BundledDomain(String name, String resource, boolean isTrainable) implements Domain {

    /** Three eras of the State of the Union addresses, a novel and a declaration. */
    static final List<BundledDomain> ALL =
            List.of(
                    new BundledDomain("sotu-1933-2021", "sotu-1933-2021.tsv.gz", true),
                    new BundledDomain("sotu-1861-1932", "sotu-1861-1932.tsv.gz", true),
                    new BundledDomain("sotu-1790-1860", "sotu-1790-1860.tsv.gz", true),
                    new BundledDomain("moby-dick", "moby-dick.tsv.gz", true),
                    new BundledDomain(
                            "declaration", "/dev/tram/examples/task/xnli/udhr/en.tsv", false));

    private static final int PARTS = 10;
    private static final int VALIDATION_PART = 8;
    private static final int TEST_PART = 9;

    @Override
    public String identity() {
        return file().identity();
    }

    @Override
    public boolean isWhole() {
        return true;
    }

    @Override
    public Stream<String> texts(Share share, Consumer<String> report) {
        List<String> texts = file().rows(row -> ((String) row.value("text")).strip());
        return IntStream.range(0, texts.size())
                .filter(number -> shareOf(number) == share)
                .mapToObj(texts::get);
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

    private Bundled file() {
        return new Bundled(BundledDomain.class, resource);
    }
}
