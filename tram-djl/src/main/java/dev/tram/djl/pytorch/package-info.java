/**
 * Which kernels run on PyTorch: fused ones, or plain array operations.
 *
 * <p>The system property {@code dev.tram.kernels} selects {@code fused} (the default on PyTorch) or
 * {@code portable}; see {@link dev.tram.djl.pytorch.Kernels}.
 */
package dev.tram.djl.pytorch;
