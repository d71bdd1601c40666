/**
 * Figures of a training for TensorBoard. Needs {@code com.google.protobuf:protobuf-java}, which is
 * an optional dependency.
 */
package dev.tram.djl.tensorboard;
