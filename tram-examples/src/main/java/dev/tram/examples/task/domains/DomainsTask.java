package dev.tram.examples.task.domains;

import ai.djl.ndarray.NDManager;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import dev.tram.experiments.Examples;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.LanguageModelTask;
import dev.tram.experiments.ModelCache;
import dev.tram.experiments.TestSet;
import dev.tram.experiments.data.Share;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.commons.io.IOUtils;

/**
 * {@code tram gpt2}: a GPT-2 is fine-tuned on one domain's text and judged by its perplexity on
 * that domain and on others.
 */
public class DomainsTask extends LanguageModelTask {

    /** Which of {@link ExperimentConfig#inputs()} is the directory of domains, if any. */
    public static final String DATA = "data";

    /** Which of them is the number of tokens of a block. */
    public static final String BLOCK = "block";

    /** Which of them is the number of blocks that are measured of a domain, 0 for all. */
    public static final String TEST_BLOCKS = "test-blocks";

    /** The paper's block, or all positions that a model has if they are fewer. */
    private static final int LONGEST_BLOCK = 1024;

    private final Path pretrained;
    private final List<DomainTokens> tokens;
    private final int testBlocks;
    private final List<TestSet> tests = new ArrayList<>();

    /**
     * Describes a task.
     *
     * @param tokens the domain that is trained on, then others; closed with the task
     * @param testBlocks the most blocks of a domain that are judged, 0 for all
     */
    protected DomainsTask(Path pretrained, List<DomainTokens> tokens, int testBlocks) {
        this.pretrained = pretrained;
        this.tokens = List.copyOf(tokens);
        this.testBlocks = testBlocks;
        for (DomainTokens domain : tokens) {
            boolean seen = tests.isEmpty();
            tests.add(new TestSet(domain.domain(), domain.get(Share.TEST), seen, true));
        }
    }

    /**
     * Opens the task of an experiment.
     *
     * @param config the experiment; its target is the domain that is trained on
     * @param pretrained the GPT-2's directory
     * @throws IllegalArgumentException if the target is not a domain that can be trained on, or the
     *     checkpoint is no GPT-2
     */
    public static DomainsTask open(
            ExperimentConfig config, Path pretrained, ModelCache cache, PrintStream out)
            throws IOException {
        List<Domain> domains = domains(config);
        int length = blockLength(config, pretrained);
        return new DomainsTask(
                pretrained,
                tokens(domains, cache, pretrained, length, out),
                Integer.parseInt(config.inputs().get(TEST_BLOCKS)));
    }

    private static List<Domain> domains(ExperimentConfig config) throws IOException {
        String data = config.inputs().get(DATA);
        List<Domain> found =
                new ArrayList<>(data == null ? BundledDomain.ALL : FolderDomain.all(Path.of(data)));
        Domain target =
                found.stream()
                        .filter(Domain::isTrainable)
                        .filter(domain -> domain.name().equals(config.target()))
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        Arguments.rejected(
                                                "--train-domain",
                                                trainable(found),
                                                config.target()));
        found.remove(target);
        found.add(0, target);
        return found;
    }

    /**
     * Says in words which domains a directory has to train on.
     *
     * @throws IllegalArgumentException if it is no such directory
     */
    public static String trainable(Path data) throws IOException {
        return trainable(FolderDomain.all(data));
    }

    private static String trainable(List<Domain> domains) {
        return domains.stream()
                .filter(Domain::isTrainable)
                .map(Domain::name)
                .collect(Collectors.joining(", ", "one of ", ""));
    }

    /**
     * Opens the tokens of all domains that come with the examples but one, as one domain.
     *
     * @param cache where the tokens are kept
     */
    protected static List<DomainTokens> allBut(
            String leftOut, Path tokenizer, int length, ModelCache cache, PrintStream out)
            throws IOException {
        return tokens(List.of(BundledDomain.allBut(leftOut)), cache, tokenizer, length, out);
    }

    private static int blockLength(ExperimentConfig config, Path checkpoint) throws IOException {
        if (!(Checkpoint.open(checkpoint).config() instanceof Gpt2Config model)
                || !model.classes().isEmpty()) {
            throw Arguments.rejected("--checkpoint", "a language model of GPT-2", checkpoint);
        }
        String given = config.inputs().get(BLOCK);
        if (given == null) {
            return Math.min(LONGEST_BLOCK, model.nPositions());
        }
        int length = Arguments.atLeast("--block", Integer.parseInt(given), 1);
        if (length > model.nPositions()) {
            throw Arguments.rejected(
                    "--block", "at most the model's " + model.nPositions() + " positions", length);
        }
        return length;
    }

    /** The tokens of all shares of the first domain, and the tests of the others. */
    private static List<DomainTokens> tokens(
            List<Domain> domains, ModelCache cache, Path checkpoint, int length, PrintStream out)
            throws IOException {
        List<DomainTokens> tokens = new ArrayList<>();
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(checkpoint).build()) {
            List<byte[]> identity = TextTokenizer.identity(checkpoint);
            for (Domain domain : domains) {
                List<Share> shares =
                        tokens.isEmpty() ? List.of(Share.values()) : List.of(Share.TEST);
                DomainTokens opened =
                        DomainTokens.open(
                                cache, domain, shares, tokenizer, identity, length, out::println);
                tokens.add(opened);
                out.println(opened);
            }
            return tokens;
        } catch (IOException | IllegalArgumentException e) {
            IOUtils.close(tokens.toArray(DomainTokens[]::new));
            throw e;
        }
    }

    @Override
    public String name() {
        return tests.get(0).name();
    }

    @Override
    protected int testBlocks() {
        return testBlocks;
    }

    @Override
    public Examples training() {
        return tokens.get(0).get(Share.TRAINING);
    }

    @Override
    public Examples validation() {
        return tokens.get(0).get(Share.VALIDATION);
    }

    @Override
    public List<TestSet> tests() {
        return tests;
    }

    @Override
    public TransformerModel newModel(NDManager manager, long seed) throws IOException {
        return Checkpoint.open(pretrained).load(manager);
    }

    @Override
    public Optional<Path> pretrained() {
        return Optional.of(pretrained);
    }

    @Override
    public void save(TransformerModel model, Path directory) throws IOException {
        Checkpoint.open(pretrained).save(model, directory);
    }

    @Override
    public void close() throws IOException {
        IOUtils.close(tokens.toArray(DomainTokens[]::new));
    }
}
