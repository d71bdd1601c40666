/** The command line {@code tram}. */
package dev.tram.examples.cli;
