/**
 * Fused kernels for PyTorch, without native code: TorchScript sources that libtorch compiles when
 * they are loaded, so that one call replaces hundreds of array operations.
 *
 * <p>The system property {@code dev.tram.kernels} selects {@code fused} (the default on PyTorch) or
 * {@code portable}; see {@link dev.tram.djl.pytorch.Kernels}.
 */
package dev.tram.djl.pytorch;
