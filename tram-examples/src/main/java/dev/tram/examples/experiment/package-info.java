/**
 * Experiments: a {@link dev.tram.examples.experiment.Task} (model, data, loss, evaluation) is
 * trained by several methods with several seeds. A {@link dev.tram.examples.experiment.Run} is one
 * of these trainings, a {@link dev.tram.examples.experiment.Grid} all of them, and their {@link
 * dev.tram.examples.experiment.Results} go to an {@link
 * dev.tram.examples.experiment.ExperimentDirectory}.
 */
package dev.tram.examples.experiment;
