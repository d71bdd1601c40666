# One step of Adam or AdamW on all parameters by libtorch's own operation: one pass over each array.
#
# TorchScript, compiled by libtorch. libtorch adds epsilon to the root of the corrected variance and
# DJL to that of the variance itself: the caller divides epsilon by the root of the correction.
class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # Does nothing and returns false unless the arrays to change are contiguous: the operation reads
  # memory in order.
  def adam(self, weights: List[Tensor], gradients: List[Tensor], means: List[Tensor],
      variances: List[Tensor], count: float, learning_rate: float, weight_decay: float,
      beta1: float, beta2: float, epsilon: float, decoupled: bool) -> bool:
    for x in weights + means + variances:
      if not x.is_contiguous():
        return False
    g = [gradients[i].to(weights[i].dtype).contiguous() for i in range(len(weights))]
    step = torch.full([], count, dtype=6, device=weights[0].device)
    steps = [step for x in weights]
    none : List[Tensor] = []
    if decoupled:
      torch._fused_adamw_(weights, g, means, variances, none, steps, lr=learning_rate, beta1=beta1,
          beta2=beta2, weight_decay=weight_decay, eps=epsilon, amsgrad=False, maximize=False)
    else:
      torch._fused_adam_(weights, g, means, variances, none, steps, lr=learning_rate, beta1=beta1,
          beta2=beta2, weight_decay=weight_decay, eps=epsilon, amsgrad=False, maximize=False)
    return True
