/**
 * What the trained models of an experiment are like: sharpness, similarity to the pretrained model,
 * the loss surface; and several experiments side by side.
 */
package dev.tram.experiments.diagnostics;
