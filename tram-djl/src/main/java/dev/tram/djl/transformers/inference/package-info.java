/**
 * Inference with a saved model: encoders of texts and images, translators for DJL's {@code
 * Predictor}, and the factories by which {@code Criteria} and djl-serving load a Hugging Face
 * directory.
 */
package dev.tram.djl.transformers.inference;
