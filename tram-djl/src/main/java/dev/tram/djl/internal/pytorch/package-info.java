/**
 * Fused kernels for PyTorch, without native code: TorchScript sources that libtorch compiles when
 * they are loaded, so that one call replaces hundreds of array operations. All that is known of
 * DJL's PyTorch engine is here.
 */
package dev.tram.djl.internal.pytorch;
