# One step of an optimizer on all parameters, for a CPU: the operations of DJL's own optimizers on
# PyTorch in their order, so that the numbers are the same to the last bit.
#
# TorchScript, compiled by libtorch. The arrays are worked on in portions that stay in the cache
# through all operations, see blocks.py.
class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  def adam(self, weights: List[Tensor], gradients: List[Tensor], means: List[Tensor],
      variances: List[Tensor], learning_rates: List[float], corrected_rates: List[float],
      weight_decay: float, rescale: float, clip: float, beta1: float, one_less_beta1: float,
      beta2: float, one_less_beta2: float, epsilon: float, decoupled: bool, threads: int) -> None:
    size = __torch__.blocks.portion(weights + gradients + means + variances, threads)
    w = __torch__.blocks.split(weights, size, size)
    g = __torch__.blocks.split(gradients, size, size)
    m = __torch__.blocks.split(means, size, size)
    v = __torch__.blocks.split(variances, size, size)
    rates = __torch__.blocks.repeat(learning_rates, weights, size)
    steps = __torch__.blocks.repeat([-rate for rate in corrected_rates], weights, size)
    for i in range(len(w)):
      self.adam_portion(w[i], g[i], m[i], v[i], rates[i], steps[i], weight_decay, rescale, clip,
          beta1, one_less_beta1, beta2, one_less_beta2, epsilon, decoupled)

  def adam_portion(self, w: List[Tensor], loss_g: List[Tensor], m: List[Tensor], v: List[Tensor],
      rates: List[number], steps: List[number], weight_decay: float, rescale: float, clip: float,
      beta1: float, one_less_beta1: float, beta2: float, one_less_beta2: float, epsilon: float,
      decoupled: bool) -> None:
    g = __torch__.blocks.rescaled(loss_g, w, rescale, clip)
    if decoupled:
      decay = torch._foreach_mul(w, rates)
      torch._foreach_mul_(decay, weight_decay)
      torch._foreach_sub_(w, decay)
    else:
      g = torch._foreach_add(g, w, alpha=weight_decay)
    torch._foreach_mul_(m, beta1)
    torch._foreach_add_(m, g, alpha=one_less_beta1)
    torch._foreach_mul_(v, beta2)
    torch._foreach_addcmul_(v, g, g, one_less_beta2)
    roots = torch._foreach_sqrt(v)
    torch._foreach_add_(roots, epsilon)
    torch._foreach_addcdiv_(w, m, roots, steps)

  # Without momentum the list of momenta is empty.
  def sgd(self, weights: List[Tensor], gradients: List[Tensor], momenta: List[Tensor],
      learning_rates: List[float], weight_decay: float, rescale: float, clip: float,
      momentum: float, threads: int) -> None:
    size = __torch__.blocks.portion(weights + gradients + momenta, threads)
    w = __torch__.blocks.split(weights, size, size)
    g = __torch__.blocks.split(gradients, size, size)
    s = __torch__.blocks.split(momenta if momentum != 0.0 else weights, size, size)
    rates = __torch__.blocks.repeat(learning_rates, weights, size)
    for i in range(len(w)):
      self.sgd_portion(w[i], g[i], s[i], rates[i], weight_decay, rescale, clip, momentum)

  def sgd_portion(self, w: List[Tensor], loss_g: List[Tensor], s: List[Tensor],
      rates: List[number], weight_decay: float, rescale: float, clip: float,
      momentum: float) -> None:
    g = __torch__.blocks.rescaled(loss_g, w, rescale, clip)
    steps = torch._foreach_add(g, w, alpha=weight_decay)
    torch._foreach_mul_(steps, rates)
    if momentum != 0.0:
      torch._foreach_mul_(s, momentum)
      torch._foreach_add_(s, steps)
      steps = s
    torch._foreach_sub_(w, steps)
