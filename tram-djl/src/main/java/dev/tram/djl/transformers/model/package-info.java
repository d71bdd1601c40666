/**
 * Transformers that can be trained in DJL: the Vision Transformer, GPT-2 and the BERT family of
 * encoders (BERT, RoBERTa, XLM-RoBERTa), read from and written to Hugging Face directories.
 *
 * <p>{@link dev.tram.djl.transformers.model.TransformerModel} is what all of them have in common. A
 * parameter's Hugging Face name is the path of child blocks that leads to it.
 */
package dev.tram.djl.transformers.model;
