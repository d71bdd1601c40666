package dev.tram.examples.cli;

import picocli.CommandLine.Option;

/** What is done to the labels of a run, of every command that trains classifiers on labels. */
@SuppressWarnings("UnusedVariable") // inputs by their names
final class LabelOptions {

    @Option(names = "--label-noise", paramLabel = "P")
    private Float labelNoise;

    @Option(names = "--noisy-validation")
    private Boolean noisyValidation;

    @Option(names = "--per-class", paramLabel = "N")
    private Integer perClass;
}
