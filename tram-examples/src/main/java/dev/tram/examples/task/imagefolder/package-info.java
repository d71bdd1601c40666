/**
 * {@code tram vit --data}: a Vision Transformer is fine-tuned on images of one's own, in folders or
 * in Parquet files.
 */
package dev.tram.examples.task.imagefolder;
