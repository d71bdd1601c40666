/** Statistics over runs. */
package dev.tram.experiments.statistics;
