/**
 * Where a command line's checkpoints come from: a directory, the Hugging Face hub, or a Maven
 * artifact.
 */
package dev.tram.examples.checkpoint;
