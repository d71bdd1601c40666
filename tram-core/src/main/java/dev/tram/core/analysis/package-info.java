/**
 * What does the minimum look like, and are the representations kept? Sharpness, curvature, loss
 * surface and similarity of features.
 *
 * <p>The analyses of a loss work on an {@link dev.tram.core.analysis.Objective}: live parameters, a
 * loss and its gradient, whatever computes them. They move the parameters in place and put them
 * back bit for bit, also when the objective throws or the thread is interrupted. {@link
 * dev.tram.core.analysis.LinearCka} compares features, batch by batch.
 */
package dev.tram.core.analysis;
