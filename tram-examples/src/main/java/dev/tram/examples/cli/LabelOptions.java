package dev.tram.examples.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.experiments.LabelSettings;
import picocli.CommandLine.Option;

/** What is done to the labels of a run, of every command that trains classifiers on labels. */
final class LabelOptions {

    @Option(names = "--label-noise", paramLabel = "P")
    private Float labelNoise;

    @Option(names = "--noisy-validation")
    private boolean noisyValidation;

    @Option(names = "--per-class", paramLabel = "N")
    private Integer perClass;

    void add(ObjectNode json) {
        ExperimentCommand.input(json, LabelSettings.NOISE, labelNoise);
        ExperimentCommand.input(
                json, LabelSettings.NOISY_VALIDATION, noisyValidation ? Boolean.TRUE : null);
        ExperimentCommand.input(json, LabelSettings.PER_CLASS, perClass);
    }
}
