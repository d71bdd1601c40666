# Activation functions with gradient, by libtorch's fused operations: one pass over the array each
# way, and nothing but the input is kept for the backward pass.
#
# TorchScript, compiled by libtorch.
class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # GELU by the hyperbolic tangent's approximation.
  def forward(self, x: Tensor) -> Tensor:
    return torch.gelu(x, approximate="tanh")
