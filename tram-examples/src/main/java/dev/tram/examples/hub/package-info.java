/**
 * Where checkpoints come from: a directory, the Hugging Face hub, or a Maven artifact.
 *
 * <p>{@link dev.tram.examples.hub.Checkpoints} turns a command line's {@code --checkpoint} into a
 * local directory. {@link dev.tram.examples.hub.Hub} fetches a repository's few files into the
 * cache that the Python library uses, in its layout, so that each finds what the other fetched.
 */
package dev.tram.examples.hub;
