# One step of an optimizer on all parameters, each operation launched for all arrays at once; the
# methods and numbers are those of optimizer_blocked.py. The number of threads has no meaning here.
#
# TorchScript, compiled by libtorch.
class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  def adam(self, weights: List[Tensor], gradients: List[Tensor], means: List[Tensor],
      variances: List[Tensor], learning_rates: List[float], corrected_rates: List[float],
      weight_decay: float, rescale: float, clip: float, beta1: float, one_less_beta1: float,
      beta2: float, one_less_beta2: float, epsilon: float, decoupled: bool, threads: int) -> None:
    g = __torch__.blocks.rescaled(gradients, weights, rescale, clip)
    if decoupled:
      decay = torch._foreach_mul(weights, self.scalars(learning_rates))
      torch._foreach_mul_(decay, weight_decay)
      torch._foreach_sub_(weights, decay)
    else:
      g = torch._foreach_add(g, weights, alpha=weight_decay)
    torch._foreach_mul_(means, beta1)
    torch._foreach_add_(means, g, alpha=one_less_beta1)
    torch._foreach_mul_(variances, beta2)
    torch._foreach_addcmul_(variances, g, g, one_less_beta2)
    roots = torch._foreach_sqrt(variances)
    torch._foreach_add_(roots, epsilon)
    steps = torch._foreach_mul(means, self.scalars(corrected_rates))
    torch._foreach_div_(steps, roots)
    torch._foreach_sub_(weights, steps)

  # Without momentum the list of momenta is empty.
  def sgd(self, weights: List[Tensor], gradients: List[Tensor], momenta: List[Tensor],
      learning_rates: List[float], weight_decay: float, rescale: float, clip: float,
      momentum: float, threads: int) -> None:
    g = __torch__.blocks.rescaled(gradients, weights, rescale, clip)
    steps = torch._foreach_add(g, weights, alpha=weight_decay)
    torch._foreach_mul_(steps, self.scalars(learning_rates))
    if momentum != 0.0:
      torch._foreach_mul_(momenta, momentum)
      torch._foreach_add_(momenta, steps)
      torch._foreach_sub_(weights, momenta)
    else:
      torch._foreach_sub_(weights, steps)

  def scalars(self, values: List[float]) -> List[number]:
    scalars : List[number] = []
    for value in values:
      scalars.append(value)
    return scalars
