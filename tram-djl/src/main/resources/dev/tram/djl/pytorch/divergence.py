# Divergences between predictive distributions, from logits of shape (..., classes).
#
# TorchScript, compiled by libtorch. The rows are streamed: log-probabilities of one chunk of rows
# are held at a time (262,144 numbers, or one row), whatever the vocabulary. The formulas are those
# of dev.tram.core.Divergences: values in float32 (float64 for float64 logits), their mean in
# float64. Scalar types: 5 float16, 6 float32, 7 float64, 11 bool, 15 bfloat16.
class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # The mean over all rows, at least 0.
  def mean(self, name: str, alpha: float, target: Tensor, estimate: Tensor) -> Tensor:
    values = self.values(name, alpha, target, estimate)
    return self.result(values.mean(dtype=7), estimate)

  # The mean over the rows where valid is not 0, at least 0.
  def valid_mean(self, name: str, alpha: float, target: Tensor, estimate: Tensor,
      valid: Tensor) -> Tensor:
    values = self.values(name, alpha, target, estimate)
    keep = valid.reshape([-1]).to(11)
    total = values.masked_fill(keep.logical_not(), 0.0).sum(dtype=7)
    return self.result(total / keep.sum().clamp_min(1), estimate)

  def result(self, mean: Tensor, estimate: Tensor) -> Tensor:
    return mean.clamp_min(0.0).to(7 if estimate.dtype == 7 else 6)

  # One value per row.
  def values(self, name: str, alpha: float, target: Tensor, estimate: Tensor) -> Tensor:
    classes = estimate.size(-1)
    rows = max(1, 262144 // classes)
    values : List[Tensor] = []
    for t, e in zip(torch.split(target.reshape([-1, classes]), rows),
        torch.split(estimate.reshape([-1, classes]), rows)):
      if name == "l2":
        difference = self.widen(t) - self.widen(e)
        values.append(difference.mul_(difference).sum([-1]).sqrt_())
      else:
        values.append(self.between(name, alpha, self.widen(t).log_softmax(-1),
            self.widen(e).log_softmax(-1)))
    return torch.cat(values)

  # From log-probabilities, which are overwritten.
  def between(self, name: str, alpha: float, p: Tensor, q: Tensor) -> Tensor:
    if name == "forward-kl":
      return self.kl(p, q)
    if name == "reverse-kl":
      return self.kl(q, p)
    if name == "symmetric-kl":
      return self.kl(p.clone(), q.clone()) + self.kl(q, p)
    if name == "jensen-shannon":
      return self.jensen_shannon(p, q)
    return self.renyi(alpha, p, q)

  def kl(self, p: Tensor, q: Tensor) -> Tensor:
    difference = torch.sub(p, q, out=q)
    return p.exp_().mul_(difference).sum([-1])

  # log M - log P = max(delta, 0) + log((1 + exp(-|delta|)) / 2) with delta = log Q - log P.
  def jensen_shannon(self, p: Tensor, q: Tensor) -> Tensor:
    delta = q - p
    common = delta.abs().neg_().exp_().add_(1.0).mul_(0.5).log_()
    terms = delta.clamp_min(0.0).add_(common).mul_(p.exp_())
    terms.add_(delta.neg_().clamp_min_(0.0).add_(common).mul_(q.exp_()))
    return terms.sum([-1]).mul_(-0.5)

  # Both log-sum-exps are rounded alike, so that equal inputs give exactly 0.
  def renyi(self, alpha: float, p: Tensor, q: Tensor) -> Tensor:
    mass_p = self.log_sum_exp(p)
    mass_q = self.log_sum_exp(q)
    tilted = self.log_sum_exp(torch.sub(p, q, out=p).mul_(alpha).add_(q))
    mass = (mass_p - mass_q).mul_(alpha).add_(mass_q)
    return tilted.sub_(mass).div_(alpha - 1.0)

  def log_sum_exp(self, x: Tensor) -> Tensor:
    maximum = x.amax([-1], True)
    return (x - maximum).exp_().sum([-1]).log_().add_(maximum.squeeze(-1))

  def widen(self, x: Tensor) -> Tensor:
    return x.to(6) if x.dtype == 5 or x.dtype == 15 else x
