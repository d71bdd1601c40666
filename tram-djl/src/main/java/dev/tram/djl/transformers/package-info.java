/**
 * Hugging Face transformers as DJL blocks: models and their checkpoints, tokenizers, and the hub.
 *
 * <p>The optimizer does not know of these packages. They need artifacts that tram-djl leaves
 * optional: {@code ai.djl.huggingface:tokenizers} for texts and {@code
 * com.fasterxml.jackson.core:jackson-databind} for configurations.
 */
package dev.tram.djl.transformers;
