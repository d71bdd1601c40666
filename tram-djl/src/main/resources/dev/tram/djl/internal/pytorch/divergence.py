# Divergences between predictive distributions, from logits of shape (..., classes).
#
# TorchScript, compiled by libtorch. The rows are streamed: log-probabilities of one chunk of rows
# are held at a time (as many numbers as the caller says, or one row), whatever the vocabulary. The
# formulas are those of dev.tram.core.Divergences: values in float32 (float64 for float64 logits),
# their mean in float64. Scalar types: 5 float16, 6 float32, 7 float64, 11 bool, 15 bfloat16.
class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # The mean over all rows, at least 0.
  def mean(self, name: str, alpha: float, target: Tensor, estimate: Tensor, chunk: int) -> Tensor:
    values = self.values(name, alpha, target, estimate, chunk)
    return self.result(values.mean(dtype=7), estimate)

  # The mean over the rows where valid is not 0, at least 0.
  def valid_mean(self, name: str, alpha: float, target: Tensor, estimate: Tensor, chunk: int,
      valid: Tensor) -> Tensor:
    values = self.values(name, alpha, target, estimate, chunk)
    keep = valid.reshape([-1]).to(11)
    total = values.masked_fill(keep.logical_not(), 0.0).sum(dtype=7)
    return self.result(total / keep.sum().clamp_min(1), estimate)

  def result(self, mean: Tensor, estimate: Tensor) -> Tensor:
    return mean.clamp_min(0.0).to(7 if estimate.dtype == 7 else 6)

  # Whether backward passes on to an array, a leaf or not.
  def requires_grad(self, x: Tensor) -> bool:
    return x.requires_grad

  def erase(self, x: Tensor) -> None:
    x.zero_()

  # The mean over the rows where valid is not 0, and its gradients by estimate and, if wanted, by
  # target, which are written to arrays of their own. Where valid is empty, all rows count, and the
  # gradients are those of the sum over the rows: the caller scales one number, not two arrays.
  def differentiate(self, name: str, alpha: float, target: Tensor, estimate: Tensor, chunk: int,
      valid: Tensor, estimate_gradient: Tensor, target_gradient: Tensor,
      target_too: bool) -> Tensor:
    classes = estimate.size(-1)
    rows = max(1, chunk // classes)
    masked = valid.numel() > 0
    keep = valid.reshape([-1]).to(11)
    dropped = keep.logical_not()
    count = keep.sum().clamp_min(1)
    share = count.to(estimate.dtype).reciprocal()
    t_chunks = torch.split(target.reshape([-1, classes]), rows)
    e_chunks = torch.split(estimate.reshape([-1, classes]), rows)
    dropped_chunks = torch.split(dropped.unsqueeze(-1), rows)
    de_chunks = torch.split(estimate_gradient.reshape([-1, classes]), rows)
    dt_chunks = torch.split(target_gradient.reshape([-1, classes]), rows) if target_too else de_chunks
    values : List[Tensor] = []
    for i in range(len(e_chunks)):
      de = de_chunks[i]
      dt = dt_chunks[i]
      if name == "l2":
        values.append(self.l2_gradients(t_chunks[i], e_chunks[i], de, dt, target_too))
      else:
        values.append(self.gradients(name, alpha, t_chunks[i], e_chunks[i], de, dt, target_too))
      if masked:
        de.mul_(share).masked_fill_(dropped_chunks[i], 0.0)
        if target_too:
          dt.mul_(share).masked_fill_(dropped_chunks[i], 0.0)
    if not masked:
      return self.result(torch.cat(values).mean(dtype=7), estimate)
    total = torch.cat(values).masked_fill(dropped, 0.0).sum(dtype=7)
    return self.result(total / count, estimate)

  # One value per row; writes each row's gradient by the logits of Q and, if wanted, of P.
  def gradients(self, name: str, alpha: float, t: Tensor, e: Tensor, dq: Tensor, dp: Tensor,
      target_too: bool) -> Tensor:
    if name == "renyi":
      return self.renyi_gradients(alpha, t.log_softmax(-1), e.log_softmax(-1), dq, dp, target_too)
    p = t.softmax(-1)
    q = e.softmax(-1)
    log_p = t - self.log_normalizer(t, p)
    log_q = e - self.log_normalizer(e, q)
    if name == "forward-kl":
      return self.kl_gradients(p, q, log_p.sub_(log_q), dq, dp, target_too)
    if name == "reverse-kl":
      value = self.tilt(q, torch.sub(log_q, log_p, out=log_q), dq)
      if target_too:
        torch.sub(p, q, out=dp)
      return value
    if name == "symmetric-kl":
      difference = log_q - log_p
      value = self.tilt(q, difference, dq)
      dq.add_(q).sub_(p)
      if target_too:
        value = value + self.tilt(p, difference.neg_(), dp)
        dp.add_(p).sub_(q)
        return value
      return value - difference.mul_(p).sum([-1])
    delta = log_q - log_p
    common = self.jensen_shannon_common(delta)
    over_q = delta.neg().clamp_min_(0.0).add_(common).neg_()
    over_p = delta.clamp_min_(0.0).add_(common).neg_()
    value = self.tilt(q, over_q, dq)
    dq.mul_(0.5)
    if target_too:
      value = value + self.tilt(p, over_p, dp)
      dp.mul_(0.5)
    else:
      value = value + over_p.mul_(p).sum([-1])
    return value * 0.5

  # log sum exp x, of shape (rows, 1), from x and its softmax p: by the largest of each, so that one
  # exponential per logit serves for both p and log p.
  def log_normalizer(self, x: Tensor, p: Tensor) -> Tensor:
    return x.amax([-1], True) - p.amax([-1], True).log_()

  # All three distributions are rounded alike, so that equal inputs give exactly 0, which the factor
  # 1 / (alpha - 1) would magnify otherwise.
  def renyi_gradients(self, alpha: float, log_p: Tensor, log_q: Tensor, dq: Tensor, dp: Tensor,
      target_too: bool) -> Tensor:
    w = torch.sub(log_p, log_q).mul_(alpha).add_(log_q).softmax(-1)
    torch.sub(log_q.softmax(-1), w, out=dq)
    if target_too:
      torch.sub(w, log_p.softmax(-1), out=dp).mul_(alpha / (alpha - 1.0))
    return self.renyi(alpha, log_p, log_q)

  def kl_gradients(self, p: Tensor, q: Tensor, difference: Tensor, dq: Tensor, dp: Tensor,
      target_too: bool) -> Tensor:
    torch.sub(q, p, out=dq)
    if target_too:
      return self.tilt(p, difference, dp)
    return p.mul_(difference).sum([-1])

  # The expectation of x under p, and its gradient by the logits of p (x held) in out.
  def tilt(self, p: Tensor, x: Tensor, out: Tensor) -> Tensor:
    mean = torch.mul(p, x, out=out).sum([-1])
    torch.sub(x, mean.unsqueeze(-1), out=out).mul_(p)
    return mean

  def l2_gradients(self, t: Tensor, e: Tensor, de: Tensor, dt: Tensor, target_too: bool) -> Tensor:
    torch.sub(e, t, out=de)
    norm = (de * de).sum([-1]).sqrt_()
    de.div_(norm.masked_fill(norm == 0.0, 1.0).unsqueeze(-1))
    if target_too:
      torch.neg(de, out=dt)
    return norm

  # One value per row.
  def values(self, name: str, alpha: float, target: Tensor, estimate: Tensor,
      chunk: int) -> Tensor:
    classes = estimate.size(-1)
    rows = max(1, chunk // classes)
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
    common = self.jensen_shannon_common(delta)
    terms = delta.clamp_min(0.0).add_(common).mul_(p.exp_())
    terms.add_(delta.neg_().clamp_min_(0.0).add_(common).mul_(q.exp_()))
    return terms.sum([-1]).mul_(-0.5)

  def jensen_shannon_common(self, delta: Tensor) -> Tensor:
    return delta.abs().neg_().exp_().add_(1.0).mul_(0.5).log_()

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
