/**
 * Experiments: a {@link dev.tram.experiments.Task} (model, data, loss, evaluation) is trained by
 * several methods with several seeds. A {@link dev.tram.experiments.Run} is one of these trainings,
 * a {@link dev.tram.experiments.Grid} all of them, and their {@link dev.tram.experiments.Results}
 * go to an {@link dev.tram.experiments.ExperimentDirectory}.
 */
package dev.tram.experiments;
