class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  def call(self, x: Tensor) -> Tensor:
    return torch.unknown_operation(x)
