# Operations on parallel lists of arrays, for devices where launching a kernel costs more than a
# pass over an array: each operation is launched for all arrays at once. The methods are those of
# multi_tensor_blocked.py; the number of threads has no meaning here.
#
# TorchScript, compiled by libtorch. Scalar types: 5 float16, 6 float32, 7 float64, 15 bfloat16.
class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  def copy(self, source: List[Tensor], target: List[Tensor]) -> None:
    torch._foreach_copy_(target, source)

  # Unseen by autograd, which takes graphs over these arrays for valid once the values are back.
  def exchange(self, a: List[Tensor], b: List[Tensor]) -> None:
    for x, y in zip(a, b):
      kept = x.data.clone()
      x.data.copy_(y)
      y.data.copy_(kept)

  def zero(self, arrays: List[Tensor]) -> None:
    torch._foreach_zero_(arrays)

  def scale(self, arrays: List[Tensor], factor: float) -> None:
    torch._foreach_mul_(arrays, factor)

  def add_scaled(self, target: List[Tensor], source: List[Tensor], factor: float) -> None:
    torch._foreach_add_(target, self.like(source, target), alpha=factor)

  def average(self, average: List[Tensor], source: List[Tensor], weight: float) -> None:
    torch._foreach_lerp_(average, self.like(source, average), weight)

  def squared_norm(self, arrays: List[Tensor], threads: int) -> Tensor:
    return self.squared_lengths(self.widen(arrays)).to(self.wide_type(arrays))

  def squared_distance(self, a: List[Tensor], b: List[Tensor], threads: int) -> Tensor:
    total = torch.zeros([], dtype=7, device=a[0].device)
    for start, end in self.groups(a):
      difference = torch._foreach_sub(self.widen(a[start:end]), self.widen(b[start:end]))
      total += self.squared_lengths(difference)
    return total.to(self.wide_type(a))

  def dot(self, a: List[Tensor], b: List[Tensor], threads: int) -> Tensor:
    total = torch.zeros([], dtype=7, device=a[0].device)
    for start, end in self.groups(a):
      products = torch._foreach_mul(self.widen(a[start:end]), self.widen(b[start:end]))
      total += torch.stack([x.sum(dtype=7) for x in products]).sum()
    return total.to(self.wide_type(a))

  # g.g, g.Dg and Dg.Dg
  def ascent_moments(self, metric: str, eta: float, correction: float, scaled: List[bool],
      parameters: List[Tensor], gradients: List[Tensor], f: List[Tensor], threads: int) -> Tensor:
    total = torch.zeros([3], dtype=7, device=gradients[0].device)
    for start, end in self.groups(gradients):
      g = self.widen(gradients[start:end])
      d = self.directions(metric, eta, correction, scaled[start:end], parameters[start:end], g,
          f[start:end])
      # D is positive, so that g * Dg is too and its 1-norm is its sum.
      gd = torch.stack(torch._foreach_norm(torch._foreach_mul(g, d), 1)).sum(dtype=7)
      total += torch.stack([self.squared_lengths(g), gd, self.squared_lengths(d)])
    return total.to(self.wide_type(gradients))

  # Returns the parameters: the compiler takes their slices for lists of new arrays and would drop
  # in-place operations on those as dead code if the lists did not leave the method.
  def ascend(self, metric: str, eta: float, correction: float, scaled: List[bool],
      parameters: List[Tensor], gradients: List[Tensor], f: List[Tensor], scale: float,
      threads: int) -> List[Tensor]:
    changed : List[Tensor] = []
    for start, end in self.groups(gradients):
      p = parameters[start:end]
      d = self.directions(metric, eta, correction, scaled[start:end], p,
          self.widen(gradients[start:end]), f[start:end])
      torch._foreach_add_(p, self.like(torch._foreach_mul(d, scale), p))
      changed += p
    return changed

  # D g for each array, see multi_tensor_blocked.py.
  def directions(self, metric: str, eta: float, correction: float, scaled: List[bool],
      p: List[Tensor], g: List[Tensor], f: List[Tensor]) -> List[Tensor]:
    if metric == "euclidean":
      return g
    if metric == "adaptive":
      t = torch._foreach_abs(self.widen(p))
      torch._foreach_add_(t, eta)
      d = torch._foreach_mul(torch._foreach_mul(t, t), g)
      for i in range(len(g)):
        if not scaled[i]:
          d[i] = g[i]
      return d
    wide = self.widen(f)
    if metric == "preconditioned":
      roots = torch._foreach_sqrt(torch._foreach_div(wide, correction))
      torch._foreach_add_(roots, eta)
      return torch._foreach_div(g, roots)
    denominator = torch._foreach_mul(wide, wide)
    torch._foreach_mul_(denominator, eta)
    torch._foreach_add_(denominator, 1.0)
    return torch._foreach_div(g, denominator)

  # Ranges of arrays that hold at most 16,777,216 elements together, or a single array: what bounds
  # the temporaries.
  def groups(self, arrays: List[Tensor]) -> List[Tuple[int, int]]:
    ranges : List[Tuple[int, int]] = []
    start = 0
    elements = 0
    for i in range(len(arrays)):
      if i > start and elements + arrays[i].numel() > 16777216:
        ranges.append((start, i))
        start = i
        elements = 0
      elements += arrays[i].numel()
    ranges.append((start, len(arrays)))
    return ranges

  def squared_lengths(self, arrays: List[Tensor]) -> Tensor:
    norms = torch.stack(torch._foreach_norm(arrays)).to(7)
    return (norms * norms).sum()

  # float64 for arrays of that type, otherwise float32.
  def wide_type(self, arrays: List[Tensor]) -> int:
    return 7 if arrays[0].dtype == 7 else 6

  def widen(self, arrays: List[Tensor]) -> List[Tensor]:
    return [self.wide(x) for x in arrays]

  def wide(self, x: Tensor) -> Tensor:
    return x.to(6) if x.dtype == 5 or x.dtype == 15 else x

  def like(self, arrays: List[Tensor], model: List[Tensor]) -> List[Tensor]:
    return [arrays[i].to(model[i].dtype) for i in range(len(arrays))]
