package dev.tram.examples.task.emoji;

/**
 * What a model is fine-tuned on.
 *
 * @param validation the images for choices made during training
 * @param test the held-out images
 */
public record ImageParts(ImageSet training, ImageSet validation, ImageSet test) {}
