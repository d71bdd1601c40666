/**
 * Text to token ids and back: {@link dev.tram.djl.transformers.tokenizer.TextTokenizer} loads the
 * tokenizer of a Hugging Face checkpoint from whichever files its directory has.
 */
package dev.tram.djl.transformers.tokenizer;
