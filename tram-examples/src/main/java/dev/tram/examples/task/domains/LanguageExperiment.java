package dev.tram.examples.task.domains;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import dev.tram.examples.checkpoint.Checkpoints;
import dev.tram.examples.checkpoint.ConsoleProgress;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.ModelCache;
import dev.tram.examples.report.Comparison;
import dev.tram.examples.report.Comparison.Part;
import dev.tram.examples.report.Examples;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** {@code tram gpt2}: pretraining if need be, tokens on disk, a grid of runs and the tables. */
public final class LanguageExperiment {

    /** Stands for what comes with the examples: the texts, and the model. */
    public static final String BUNDLED = "bundled";

    /** Which of {@link ExperimentConfig#inputs()} is the directory of the domains. */
    public static final String DATA = "data";

    /** Which of them is the number of tokens of a block. */
    public static final String BLOCK = "block";

    /** Which of them is the number of blocks that are measured of a domain, 0 for all. */
    public static final String TEST_BLOCKS = "test-blocks";

    /** The paper's block, or all positions that a model has if they are fewer. */
    private static final int LONGEST_BLOCK = 1024;

    private final ExperimentConfig config;
    private final ExperimentDirectory directory;
    private final String command;
    private final ModelCache cache;
    private final List<Domain> domains;
    private final BundledModel bundled;

    /**
     * Describes the experiment.
     *
     * @param config the methods, the seeds and how the runs are trained; its target is the domain
     *     that is trained on
     * @param directory where the files go
     * @param command the command line, for the report
     * @throws IOException if the data cannot be read
     * @throws IllegalArgumentException if the target is no domain that can be trained on
     */
    public LanguageExperiment(
            ExperimentConfig config, ExperimentDirectory directory, String command)
            throws IOException {
        this(
                config,
                directory,
                command,
                ModelCache.ofUser(),
                new BundledModel(
                        BundledDomain.ALL.stream()
                                .filter(BundledDomain::isTrainable)
                                .filter(domain -> !domain.name().equals(config.target()))
                                .toList(),
                        BundledModel.Size.SMALL,
                        config.device()));
    }

    LanguageExperiment(
            ExperimentConfig config,
            ExperimentDirectory directory,
            String command,
            ModelCache cache,
            BundledModel bundled)
            throws IOException {
        this.config = config;
        this.directory = directory;
        this.command = command;
        this.cache = cache;
        domains = domains(config);
        this.bundled = bundled;
    }

    /** Returns the domains, that of the training first. */
    private static List<Domain> domains(ExperimentConfig config) throws IOException {
        String data = config.inputs().get(DATA);
        List<Domain> found =
                new ArrayList<>(
                        data.equals(BUNDLED) ? BundledDomain.ALL : FolderDomain.all(Path.of(data)));
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

    private static String trainable(List<Domain> domains) {
        return domains.stream()
                .filter(Domain::isTrainable)
                .map(Domain::name)
                .collect(Collectors.joining(", ", "one of ", ""));
    }

    /**
     * Runs what is not finished yet.
     *
     * @param out where progress and tables are printed
     * @throws IOException if a file cannot be read or written
     * @throws IllegalArgumentException if the checkpoint is no GPT-2, or a block is too long for it
     */
    public void run(PrintStream out) throws IOException {
        boolean isBundled = config.pretrained().equals(BUNDLED);
        Path located =
                isBundled ? null : Checkpoints.locate(config.pretrained(), new ConsoleProgress());
        int length = blockLength(config, isBundled ? bundled.positions() : positions(located));
        Path checkpoint = isBundled ? pretrained(out) : located;
        List<DomainTokens> tokens = tokens(domains, cache, checkpoint, length, out);
        try {
            compare(checkpoint, tokens, out);
        } finally {
            close(tokens);
        }
    }

    /** An experiment that is killed while its model is pretrained can be resumed. */
    private Path pretrained(PrintStream out) throws IOException {
        directory.begin(config, command);
        return bundled.model(cache, out);
    }

    /** Opens the tokens of an experiment's domains, that of the training first. */
    static List<DomainTokens> tokens(
            ExperimentConfig config, ModelCache cache, Path checkpoint, PrintStream out)
            throws IOException {
        int length = blockLength(config, positions(checkpoint));
        return tokens(domains(config), cache, checkpoint, length, out);
    }

    private static void close(List<DomainTokens> tokens) throws IOException {
        for (DomainTokens open : tokens) {
            open.close();
        }
    }

    private static int positions(Path checkpoint) throws IOException {
        if (Checkpoint.open(checkpoint).config() instanceof Gpt2Config model
                && model.classes().isEmpty()) {
            return model.nPositions();
        }
        throw Arguments.rejected("--checkpoint", "a language model of GPT-2", checkpoint);
    }

    private static int blockLength(ExperimentConfig config, int positions) {
        String given = config.inputs().get(BLOCK);
        if (given == null) {
            return Math.min(LONGEST_BLOCK, positions);
        }
        int length = Integer.parseInt(given);
        if (length > positions) {
            throw Arguments.rejected(
                    "--block", "at most the model's " + positions + " positions", length);
        }
        return length;
    }

    private static List<DomainTokens> tokens(
            List<Domain> domains, ModelCache cache, Path checkpoint, int length, PrintStream out)
            throws IOException {
        List<DomainTokens> tokens = new ArrayList<>();
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(checkpoint).build()) {
            List<byte[]> identity = TextTokenizer.identity(checkpoint);
            for (Domain domain : domains) {
                List<Split> splits =
                        tokens.isEmpty() ? List.of(Split.values()) : List.of(Split.TEST);
                DomainTokens opened =
                        DomainTokens.open(
                                cache, domain, splits, tokenizer, identity, length, out::println);
                tokens.add(opened);
                out.println(opened);
            }
            return tokens;
        } catch (IOException | IllegalArgumentException e) {
            close(tokens);
            throw e;
        }
    }

    private void compare(Path checkpoint, List<DomainTokens> tokens, PrintStream out)
            throws IOException {
        LanguageTask task =
                new LanguageTask(
                        new ModelSource.Pretrained(checkpoint),
                        tokens.get(0),
                        tokens.subList(1, tokens.size()),
                        Integer.parseInt(config.inputs().get(TEST_BLOCKS)));
        new Comparison(config, directory, command)
                .run(List.of(new Part(task, "perplexity", Examples.Source.NONE)), out);
    }
}
