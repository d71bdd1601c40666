/**
 * Sharpness-aware, trust-region-aware minimization as four freely combined ideas.
 *
 * <ul>
 *   <li>{@link dev.tram.core.Divergence}: how far apart are two predictive distributions?
 *   <li>{@link dev.tram.core.TrustRegion}: far from <em>which</em> distribution?
 *   <li>{@link dev.tram.core.Neighborhood}: the shape of the ball in which the loss is maximised.
 *   <li>{@link dev.tram.core.Radius}: the size of that ball.
 * </ul>
 *
 * <p>An {@link dev.tram.core.Ascent} is a neighborhood and a radius. The evidence (a radius) and
 * the step (a neighborhood) never know each other, so each combines with every other; the methods
 * of "TRAM: Bridging Trust Regions and Sharpness Aware Minimization" (Sherborne, Saphra, Dasigi,
 * Peng; ICLR 2024) are such combinations.
 */
package dev.tram.core;
