/**
 * Images that come with the examples, and the task of {@code tram vit}: a Vision Transformer
 * pretrained on one vendor's emoji is fine-tuned on another vendor's, or on handwritten digits.
 */
package dev.tram.examples.task.emoji;
