/**
 * How good a model is, beyond accuracy: DJL evaluators for {@code
 * DefaultTrainingConfig.addEvaluator}, and a listener that keeps the best model.
 *
 * <p>Labels are class numbers; what has a negative label, such as Hugging Face's −100, does not
 * count. A figure is over all examples since its accumulator was reset, not a mean over batches.
 */
package dev.tram.djl.transformers.evaluation;
