package dev.tram.examples.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.examples.experiment.LabelSettings;
import picocli.CommandLine.Option;

/** What is done to the labels of a run, of every command that trains classifiers on labels. */
final class LabelOptions {

    @Option(
            names = "--label-noise",
            paramLabel = "P",
            description =
                    "Share of the training labels that are replaced at random by another class,"
                            + " the same for all methods with a seed; test labels stay right"
                            + " (default: 0).")
    private Float labelNoise;

    @Option(
            names = "--noisy-validation",
            description = "Replace the same share of the validation labels, too.")
    private boolean noisyValidation;

    @Option(
            names = "--per-class",
            paramLabel = "N",
            description =
                    "Train on N examples of each class only, drawn by the run's seed (default: on"
                            + " all).")
    private Integer perClass;

    void add(ObjectNode json) {
        ExperimentCommand.input(json, LabelSettings.NOISE, labelNoise);
        ExperimentCommand.input(
                json, LabelSettings.NOISY_VALIDATION, noisyValidation ? Boolean.TRUE : null);
        ExperimentCommand.input(json, LabelSettings.PER_CLASS, perClass);
    }
}
