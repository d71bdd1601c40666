/**
 * Text to token ids and back: the tokenizers of Hugging Face checkpoints, and new byte-level ones.
 *
 * <p>{@link dev.tram.examples.text.TextTokenizer} loads a checkpoint directory's tokenizer from
 * whichever files it has. {@link dev.tram.examples.text.BytePairTrainer} learns a byte-level
 * vocabulary from texts and writes it as {@code tokenizer.json}.
 */
package dev.tram.examples.text;
