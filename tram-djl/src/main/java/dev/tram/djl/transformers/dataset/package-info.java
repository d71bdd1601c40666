/**
 * Data sets for fine-tuning: tables of texts, running text, folders of images.
 *
 * <p>Each is a DJL {@link ai.djl.training.dataset.Dataset} whose batches {@code EasyTrain.fit}
 * takes: shuffled by the engine's seed, padded, and prepared while the batch before is in use.
 */
package dev.tram.djl.transformers.dataset;
