/** Vision and language trainers, and the command line {@code tram}. */
package dev.tram.examples;
