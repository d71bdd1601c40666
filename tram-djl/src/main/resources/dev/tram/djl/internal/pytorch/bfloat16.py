# Affine maps and attention with gradient in bfloat16: float32 in, float32 out, sums of products in
# float32 where the processor has such an instruction. What is kept for the backward pass is bfloat16.
#
# TorchScript, compiled by libtorch. Scalar types: 6 float32, 15 bfloat16.
class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # The last axis of x, of shape (..., in), by a weight of shape (out, in).
  def linear(self, x: Tensor, weight: Tensor) -> Tensor:
    return torch.linear(x.to(15), weight.to(15)).to(6)

  def affine(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return torch.linear(x.to(15), weight.to(15), bias.to(15)).to(6)

  # Queries, keys and values are of shape (B, heads, T, width); the dropout rate is a scalar array
  # on the CPU.
  def full(self, query: Tensor, key: Tensor, value: Tensor, dropout: Tensor) -> Tensor:
    return torch.scaled_dot_product_attention(query.to(15), key.to(15), value.to(15), None,
        float(dropout), False).to(6)

  def causal(self, query: Tensor, key: Tensor, value: Tensor, dropout: Tensor) -> Tensor:
    return torch.scaled_dot_product_attention(query.to(15), key.to(15), value.to(15), None,
        float(dropout), True).to(6)

  def masked(self, query: Tensor, key: Tensor, value: Tensor, dropout: Tensor,
      mask: Tensor) -> Tensor:
    return torch.scaled_dot_product_attention(query.to(15), key.to(15), value.to(15),
        mask.to(15), float(dropout), False).to(6)
