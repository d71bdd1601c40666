/**
 * Diagnosis of DJL models, during training and after it: the loss over a dataset for the analyses
 * of {@link dev.tram.core.analysis}, a listener that measures sharpness and distances, and the
 * similarity of features.
 */
package dev.tram.djl.analysis;
