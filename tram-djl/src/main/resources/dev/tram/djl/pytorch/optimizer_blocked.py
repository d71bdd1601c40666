# One step of an optimizer on all parameters, for a CPU: the operations of DJL's own optimizers on
# PyTorch in their order, so that the numbers are the same to the last bit.
#
# TorchScript, compiled by libtorch. Each block of an array stays in the cache through all its
# operations; workers share the blocks, see blocks.py.
class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  def adam(self, weights: List[Tensor], gradients: List[Tensor], means: List[Tensor],
      variances: List[Tensor], learning_rates: List[float], corrected_rates: List[float],
      weight_decay: float, rescale: float, clip: float, beta1: float, one_less_beta1: float,
      beta2: float, one_less_beta2: float, epsilon: float, decoupled: bool, workers: int) -> None:
    used = __torch__.blocks.workers_for(weights + means + variances, workers)
    futures : List[Future[int]] = []
    for worker in range(1, used):
      futures.append(fork(self.adam_share, weights, gradients, means, variances, learning_rates,
          corrected_rates, weight_decay, rescale, clip, beta1, one_less_beta1, beta2,
          one_less_beta2, epsilon, decoupled, worker, used))
    self.adam_share(weights, gradients, means, variances, learning_rates, corrected_rates,
        weight_decay, rescale, clip, beta1, one_less_beta1, beta2, one_less_beta2, epsilon,
        decoupled, 0, used)
    for future in futures:
      torch.wait(future)

  def adam_share(self, weights: List[Tensor], gradients: List[Tensor], means: List[Tensor],
      variances: List[Tensor], learning_rates: List[float], corrected_rates: List[float],
      weight_decay: float, rescale: float, clip: float, beta1: float, one_less_beta1: float,
      beta2: float, one_less_beta2: float, epsilon: float, decoupled: bool, worker: int,
      workers: int) -> int:
    mean_decay = __torch__.blocks.scalar(beta1, weights)
    variance_decay = __torch__.blocks.scalar(beta2, weights)
    offset = __torch__.blocks.scalar(epsilon, weights)
    scratch = __torch__.blocks.scratch(weights)
    roots = __torch__.blocks.scratch(weights)
    out = scratch
    root = roots
    for i, start, stop in __torch__.blocks.share(weights, worker, workers):
      flat_w = weights[i].flatten()
      flat_m = means[i].flatten()
      flat_v = variances[i].flatten()
      w_blocks = __torch__.blocks.split(flat_w, start, stop)
      g_blocks = __torch__.blocks.split(gradients[i].flatten(), start, stop)
      m_blocks = __torch__.blocks.split(flat_m, start, stop)
      v_blocks = __torch__.blocks.split(flat_v, start, stop)
      for w, loss_g, m, v in zip(w_blocks, g_blocks, m_blocks, v_blocks):
        out = __torch__.blocks.room(scratch, out, w.numel())
        root = __torch__.blocks.room(roots, root, w.numel())
        g = self.gradient(loss_g.to(w.dtype), rescale, clip, out)
        if decoupled:
          w.sub_(torch.mul(w, learning_rates[i], out=root).mul_(weight_decay))
        else:
          g = torch.add(g, w, alpha=weight_decay, out=out)
        m.mul_(mean_decay).add_(g, alpha=one_less_beta1)
        v.mul_(variance_decay).addcmul_(g, g, value=one_less_beta2)
        w.addcdiv_(m, torch.sqrt(v, out=root).add_(offset), value=-corrected_rates[i])
      __torch__.blocks.store(weights[i], flat_w)
      __torch__.blocks.store(means[i], flat_m)
      __torch__.blocks.store(variances[i], flat_v)
    return worker

  # Without momentum the list of momenta is empty.
  def sgd(self, weights: List[Tensor], gradients: List[Tensor], momenta: List[Tensor],
      learning_rates: List[float], weight_decay: float, rescale: float, clip: float,
      momentum: float, workers: int) -> None:
    used = __torch__.blocks.workers_for(weights + momenta, workers)
    futures : List[Future[int]] = []
    for worker in range(1, used):
      futures.append(fork(self.sgd_share, weights, gradients, momenta, learning_rates,
          weight_decay, rescale, clip, momentum, worker, used))
    self.sgd_share(weights, gradients, momenta, learning_rates, weight_decay, rescale, clip,
        momentum, 0, used)
    for future in futures:
      torch.wait(future)

  def sgd_share(self, weights: List[Tensor], gradients: List[Tensor], momenta: List[Tensor],
      learning_rates: List[float], weight_decay: float, rescale: float, clip: float,
      momentum: float, worker: int, workers: int) -> int:
    states = momenta if momentum != 0.0 else weights
    state_decay = __torch__.blocks.scalar(momentum, weights)
    scratch = __torch__.blocks.scratch(weights)
    out = scratch
    for i, start, stop in __torch__.blocks.share(weights, worker, workers):
      rate = __torch__.blocks.scalar(learning_rates[i], weights)
      flat_w = weights[i].flatten()
      flat_s = states[i].flatten()
      w_blocks = __torch__.blocks.split(flat_w, start, stop)
      g_blocks = __torch__.blocks.split(gradients[i].flatten(), start, stop)
      s_blocks = __torch__.blocks.split(flat_s, start, stop)
      for w, loss_g, s in zip(w_blocks, g_blocks, s_blocks):
        out = __torch__.blocks.room(scratch, out, w.numel())
        g = self.gradient(loss_g.to(w.dtype), rescale, clip, out)
        step = torch.add(g, w, alpha=weight_decay, out=out).mul_(rate)
        if momentum != 0.0:
          step = s.mul_(state_decay).add_(step)
        w.sub_(step)
      __torch__.blocks.store(weights[i], flat_w)
      if momentum != 0.0:
        __torch__.blocks.store(momenta[i], flat_s)
    return worker

  # The gradient rescaled and bounded from above, as DJL bounds it; a negative clip is none.
  def gradient(self, g: Tensor, rescale: float, clip: float, out: Tensor) -> Tensor:
    if rescale != 1.0:
      g = torch.mul(g, rescale, out=out)
    if clip >= 0.0:
      g = torch.clamp_max(g, clip, out=out)
    return g
