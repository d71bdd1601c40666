/** {@code tram bench}: what a step of each method costs in time and memory. */
package dev.tram.examples.bench;
