# Operations on parallel lists of arrays, for a CPU; those of one operation per array are in
# multi_tensor_foreach.py.
#
# TorchScript, compiled by libtorch. The arrays are worked on in portions that stay in the cache
# through all operations, see blocks.py. Sums are taken of 16,384 elements at a time in float32 and
# added up in float64 in the order of the arrays, so that no result depends on the number of threads.
class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  def squared_norm(self, arrays: List[Tensor], threads: int) -> Tensor:
    return self.squares(arrays, threads).to(__torch__.blocks.wide_type(arrays))

  # In float64.
  def squares(self, arrays: List[Tensor], threads: int) -> Tensor:
    sums : List[Tensor] = []
    for portion in self.portions(arrays, arrays, threads):
      x = __torch__.blocks.joined(portion)
      __torch__.blocks.add_sums(sums, x * x)
    return __torch__.blocks.total(sums)

  def squared_distance(self, a: List[Tensor], b: List[Tensor], threads: int) -> Tensor:
    sums : List[Tensor] = []
    arrays = a + b
    for x, y in zip(self.portions(a, arrays, threads), self.portions(b, arrays, threads)):
      d = __torch__.blocks.joined(x) - __torch__.blocks.joined(y)
      __torch__.blocks.add_sums(sums, d.mul_(d))
    return __torch__.blocks.total(sums).to(__torch__.blocks.wide_type(a))

  def dot(self, a: List[Tensor], b: List[Tensor], threads: int) -> Tensor:
    sums : List[Tensor] = []
    arrays = a + b
    for x, y in zip(self.portions(a, arrays, threads), self.portions(b, arrays, threads)):
      __torch__.blocks.add_sums(sums, __torch__.blocks.joined(x) * __torch__.blocks.joined(y))
    return __torch__.blocks.total(sums).to(__torch__.blocks.wide_type(a))

  # g.g, g.Dg and Dg.Dg. f holds what D is made of where that is not the parameters: Fisher
  # gradients, or second moments v with D = 1 / (sqrt(v / correction) + eta).
  def ascent_moments(self, metric: str, eta: float, correction: float, scaled: List[bool],
      parameters: List[Tensor], gradients: List[Tensor], f: List[Tensor], threads: int) -> Tensor:
    bent = [flag and metric != "euclidean" for flag in scaled]
    straight = self.squares(__torch__.blocks.chosen(gradients, bent, False), threads)
    g = __torch__.blocks.chosen(gradients, bent, True)
    x = __torch__.blocks.chosen(parameters if metric == "adaptive" else f, bent, True)
    gg : List[Tensor] = []
    gdg : List[Tensor] = []
    dgdg : List[Tensor] = []
    arrays = g + x
    for gs, xs in zip(self.portions(g, arrays, threads), self.portions(x, arrays, threads)):
      flat_x = __torch__.blocks.joined(xs)
      d = self.diagonal(metric, eta, correction, flat_x, torch.empty_like(flat_x))
      flat_g = __torch__.blocks.joined(gs)
      product = flat_g * flat_g
      __torch__.blocks.add_sums(gg, product)
      __torch__.blocks.add_sums(gdg, product.mul_(d))
      __torch__.blocks.add_sums(dgdg, product.mul_(d))
    totals = [straight, straight, straight]
    if len(g) > 0:
      totals = [straight + __torch__.blocks.total(gg), straight + __torch__.blocks.total(gdg),
          straight + __torch__.blocks.total(dgdg)]
    return torch.stack(totals).to(__torch__.blocks.wide_type(parameters))

  # Which small arrays share a portion does not depend on the number of threads, nor where the rows
  # of a large one begin. Few elements are one portion: there the calls are what takes time.
  def portions(self, x: List[Tensor], arrays: List[Tensor], threads: int) -> List[List[Tensor]]:
    elements = 0
    for a in x:
      elements += a.numel()
    if 0 < elements and elements <= 131072:
      return [x]
    return __torch__.blocks.split(x, 16384, __torch__.blocks.portion(arrays, threads))

  def ascend(self, metric: str, eta: float, correction: float, scaled: List[bool],
      parameters: List[Tensor], gradients: List[Tensor], f: List[Tensor], scale: float,
      threads: int) -> None:
    if self.are_wide_views(parameters + gradients + f):
      self.climb(metric, eta, correction, scaled, parameters, gradients, f, parameters, scale,
          threads)
    else:
      for i in range(len(parameters)):
        p = parameters[i]
        g = __torch__.blocks.widen(gradients[i])
        if scaled[i] and metric != "euclidean":
          x = __torch__.blocks.widen(p if metric == "adaptive" else f[i])
          g = self.diagonal(metric, eta, correction, x, torch.empty_like(x)).mul_(g)
        p.add_((g * scale).to(p.dtype))

  # Copies each portion of the parameters to saved before it changes. Does nothing and returns false
  # unless all are views in float32, or all in float64: then nothing is allocated on the way.
  def save_and_ascend(self, metric: str, eta: float, correction: float, scaled: List[bool],
      parameters: List[Tensor], gradients: List[Tensor], f: List[Tensor], saved: List[Tensor],
      scale: float, threads: int) -> bool:
    views = self.are_wide_views(parameters + gradients + f + saved)
    if views:
      self.climb(metric, eta, correction, scaled, parameters, gradients, f, saved, scale, threads)
    return views

  def are_wide_views(self, arrays: List[Tensor]) -> bool:
    wide = __torch__.blocks.wide_type(arrays)
    views = True
    for x in arrays:
      views = views and x.is_contiguous() and x.dtype == wide
    return views

  # An array that is saved in itself stays as it is until it ascends.
  def climb(self, metric: str, eta: float, correction: float, scaled: List[bool],
      parameters: List[Tensor], gradients: List[Tensor], f: List[Tensor], saved: List[Tensor],
      scale: float, threads: int) -> None:
    bent = [flag and metric != "euclidean" for flag in scaled]
    size = __torch__.blocks.portion(parameters, threads)
    scratch = torch.empty([size], dtype=__torch__.blocks.wide_type(parameters))
    self.climb_straight(__torch__.blocks.chosen(parameters, bent, False),
        __torch__.blocks.chosen(gradients, bent, False),
        __torch__.blocks.chosen(saved, bent, False), scale, size)
    x = parameters if metric == "adaptive" else f
    for i in range(len(parameters)):
      if bent[i]:
        self.climb_bent(metric, eta, correction,
            __torch__.blocks.parts(parameters[i].view([-1]), size),
            __torch__.blocks.parts(gradients[i].view([-1]), size),
            __torch__.blocks.parts(x[i].view([-1]), size),
            __torch__.blocks.parts(saved[i].view([-1]), size), scale, scratch)

  # Where D is the identity.
  def climb_straight(self, parameters: List[Tensor], gradients: List[Tensor], saved: List[Tensor],
      scale: float, size: int) -> None:
    for p, g, s in zip(__torch__.blocks.split(parameters, size, size),
        __torch__.blocks.split(gradients, size, size), __torch__.blocks.split(saved, size, size)):
      torch._foreach_copy_(s, p)
      torch._foreach_add_(p, g, alpha=scale)

  def climb_bent(self, metric: str, eta: float, correction: float, parameters: List[Tensor],
      gradients: List[Tensor], x: List[Tensor], saved: List[Tensor], scale: float,
      scratch: Tensor) -> None:
    for p, g, f, s in zip(parameters, gradients, x, saved):
      s.copy_(p)
      d = self.diagonal(metric, eta, correction, f, scratch[:p.numel()])
      p.addcmul_(d, g, value=scale)

  # D, in out, from the parameters of the adaptive metric, from Fisher gradients or from second
  # moments.
  def diagonal(self, metric: str, eta: float, correction: float, x: Tensor, out: Tensor) -> Tensor:
    if metric == "preconditioned":
      return torch.mul(x, 1.0 / correction, out=out).sqrt_().add_(eta).reciprocal_()
    if metric == "fisher":
      return torch.mul(x, x, out=out).mul_(eta).add_(1.0).reciprocal_()
    t = torch.abs(x, out=out).add_(eta) if eta > 0.0 else x
    return torch.mul(t, t, out=out)
