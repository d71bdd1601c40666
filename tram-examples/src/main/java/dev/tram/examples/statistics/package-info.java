/** Statistics over runs. */
package dev.tram.examples.statistics;
