/**
 * Sweeps, and trainings by several machines, on Apache Spark. Only builds with Maven's profile
 * {@code spark} have this package.
 */
package dev.tram.experiments.spark;
