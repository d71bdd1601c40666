/**
 * Checkpoints of the Hugging Face hub.
 *
 * <p>{@link dev.tram.djl.transformers.hub.Hub} fetches a repository's few files into the cache that
 * the Python library uses, in its layout, so that each finds what the other fetched.
 */
package dev.tram.djl.transformers.hub;
