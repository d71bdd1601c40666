# Scaled dot-product attention with gradient, by libtorch's fused operation: the scores of shape
# (B, heads, T, T) are not kept for the backward pass where the device has a flash kernel.
#
# TorchScript, compiled by libtorch. Queries, keys and values are of shape (B, heads, T, width); the
# dropout rate is a scalar array on the CPU.
class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  def full(self, query: Tensor, key: Tensor, value: Tensor, dropout: Tensor) -> Tensor:
    return torch.scaled_dot_product_attention(query, key, value, None, float(dropout), False)

  def causal(self, query: Tensor, key: Tensor, value: Tensor, dropout: Tensor) -> Tensor:
    return torch.scaled_dot_product_attention(query, key, value, None, float(dropout), True)

  def masked(self, query: Tensor, key: Tensor, value: Tensor, dropout: Tensor,
      mask: Tensor) -> Tensor:
    return torch.scaled_dot_product_attention(query, key, value, mask, float(dropout), False)
