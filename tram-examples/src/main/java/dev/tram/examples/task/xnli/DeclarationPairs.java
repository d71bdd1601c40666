package dev.tram.examples.task.xnli;

import dev.tram.examples.task.texttable.TextSource;
import dev.tram.experiments.data.RowCensus;
import dev.tram.experiments.data.Share;
import dev.tram.experiments.data.TextExample;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Pairs of excerpts of the declaration, to be told apart: from the same article, from neighbouring
 * ones, or from unrelated ones. As in XNLI, training and validation are in English and the test is
 * the same in 15 languages. The parts share no article.
 */
final class DeclarationPairs implements TextSource {

    /** Raised whenever this class draws other pairs. */
    private static final int VERSION = 3;

    private static final long SEED = 1948;
    private static final int LAST_TO_TRAIN = 17;
    private static final int LAST_TO_VALIDATE = 22;
    private static final int TRAINING_PAIRS = 12_000;
    private static final int OTHER_PAIRS = 300;

    private record Pair(
            Excerpts.Relation relation, Declaration.Excerpt first, Declaration.Excerpt second) {}

    @Override
    public String identity() {
        return "pairs " + VERSION + " " + Declaration.identity();
    }

    @Override
    public RowCensus read(Sink sink) throws IOException {
        Declaration declaration = Declaration.load();
        Random random = new Random(SEED);
        List<Pair> training =
                pairs(new Excerpts(declaration, 0, LAST_TO_TRAIN), TRAINING_PAIRS, random);
        List<Pair> validation =
                pairs(
                        new Excerpts(declaration, LAST_TO_TRAIN + 1, LAST_TO_VALIDATE),
                        OTHER_PAIRS,
                        random);
        List<Pair> test =
                pairs(
                        new Excerpts(declaration, LAST_TO_VALIDATE + 1, Declaration.SECTIONS - 1),
                        OTHER_PAIRS,
                        random);
        addTraining(declaration, training, random, sink);
        validation.forEach(pair -> sink.accept(Share.VALIDATION, example(declaration, pair, "en")));
        for (String language : Declaration.LANGUAGES) {
            test.forEach(pair -> sink.accept(Share.TEST, example(declaration, pair, language)));
        }
        long rows =
                training.size()
                        + validation.size()
                        + (long) test.size() * Declaration.LANGUAGES.size();
        return new RowCensus(rows, 0, List.of());
    }

    /**
     * The words of every other pair are replaced by those of one of the languages, so that its
     * articles cannot be told by heart.
     */
    private static void addTraining(
            Declaration declaration, List<Pair> pairs, Random random, Sink sink) {
        Map<String, List<String>> words = new HashMap<>();
        for (String language : Declaration.LANGUAGES) {
            String text =
                    IntStream.rangeClosed(0, LAST_TO_TRAIN)
                            .mapToObj(section -> declaration.section(language, section))
                            .collect(Collectors.joining(" "));
            words.put(language, WordSubstitution.words(language, text));
        }
        for (int i = 0; i < pairs.size(); i++) {
            TextExample plain = example(declaration, pairs.get(i), "en");
            String other = Declaration.LANGUAGES.get(random.nextInt(Declaration.LANGUAGES.size()));
            sink.accept(
                    Share.TRAINING,
                    i % 2 == 0
                            ? plain
                            : substituted(
                                    plain,
                                    new WordSubstitution(
                                            words.get("en"), words.get(other), random)));
        }
    }

    private static TextExample substituted(TextExample plain, WordSubstitution words) {
        return new TextExample(
                words.apply(plain.text()), words.apply(plain.pair()), plain.label(), plain.group());
    }

    /** As many of each relation. */
    private static List<Pair> pairs(Excerpts excerpts, int count, Random random) {
        Excerpts.Relation[] relations = Excerpts.Relation.values();
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Excerpts.Relation relation = relations[i % relations.length];
            int[] sections = excerpts.sections(relation, random);
            Declaration.Excerpt first = excerpts.draw(sections[0], random);
            Declaration.Excerpt second =
                    relation == Excerpts.Relation.SAME
                            ? excerpts.drawOverlapping(first, random)
                            : excerpts.draw(sections[1], random);
            pairs.add(new Pair(relation, first, second));
        }
        return pairs;
    }

    private static TextExample example(Declaration declaration, Pair pair, String language) {
        return new TextExample(
                declaration.text(language, pair.first()),
                declaration.text(language, pair.second()),
                pair.relation().name().toLowerCase(Locale.ROOT),
                language);
    }
}
