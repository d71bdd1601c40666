/** {@code tram pretrain}: how the pretrained models that come with the examples are made. */
package dev.tram.examples.pretraining;
