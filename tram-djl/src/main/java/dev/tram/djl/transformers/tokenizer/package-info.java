/**
 * Text to token ids and back: the tokenizers of Hugging Face checkpoints, and new byte-level ones.
 *
 * <p>{@link dev.tram.djl.transformers.tokenizer.TextTokenizer} loads a checkpoint directory's
 * tokenizer from whichever files it has. {@link
 * dev.tram.djl.transformers.tokenizer.BytePairTrainer} learns a byte-level vocabulary from texts
 * and writes it as {@code tokenizer.json}.
 */
package dev.tram.djl.transformers.tokenizer;
