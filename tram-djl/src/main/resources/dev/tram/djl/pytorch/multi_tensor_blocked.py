# Operations on parallel lists of arrays, for a CPU.
#
# TorchScript, compiled by libtorch. What takes several operations per array goes through the arrays
# in blocks of 32,256 elements, so that what one operation leaves in the cache the next one finds
# there; results go to scratch arrays that are allocated once per call, since memory that is freed
# in between may have to be fetched from the system again. A block is small enough that libtorch
# does not spread an operation over threads; instead each worker takes a share of the blocks. Blocks
# do not depend on the number of workers, nor do results: sums are taken per block in float32 and
# added up in float64.
#
# Scalar types: 5 float16, 6 float32, 7 float64, 15 bfloat16.
class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  def copy(self, source: List[Tensor], target: List[Tensor]) -> None:
    for s, t in zip(source, target):
      t.copy_(s)

  def zero(self, arrays: List[Tensor]) -> None:
    for x in arrays:
      x.zero_()

  def scale(self, arrays: List[Tensor], factor: float) -> None:
    for x in arrays:
      x.mul_(factor)

  def add_scaled(self, target: List[Tensor], source: List[Tensor], factor: float) -> None:
    for t, s in zip(target, source):
      t.add_(s.to(t.dtype), alpha=factor)

  def average(self, average: List[Tensor], source: List[Tensor], weight: float) -> None:
    for a, s in zip(average, source):
      a.lerp_(s.to(a.dtype), weight)

  def squared_norm(self, arrays: List[Tensor], workers: int) -> Tensor:
    used = self.used(arrays, workers)
    futures : List[Future[Tensor]] = []
    for worker in range(1, used):
      futures.append(fork(self.squared_norm_share, arrays, worker, used))
    terms = [self.squared_norm_share(arrays, 0, used)]
    for future in futures:
      terms.append(torch.wait(future))
    return torch.cat(terms).sum(dtype=7).to(6)

  def squared_norm_share(self, arrays: List[Tensor], worker: int, workers: int) -> Tensor:
    terms = [torch.zeros([])]
    scratch = self.scratch(arrays)
    for i, start, stop in self.share(arrays, worker, workers):
      for block in self.blocks(arrays[i], start, stop):
        x = self.widen(block)
        terms.append(torch.mul(x, x, out=scratch[:x.numel()]).sum())
    return torch.stack(terms)

  def squared_distance(self, a: List[Tensor], b: List[Tensor], workers: int) -> Tensor:
    used = self.used(a, workers)
    futures : List[Future[Tensor]] = []
    for worker in range(1, used):
      futures.append(fork(self.squared_distance_share, a, b, worker, used))
    terms = [self.squared_distance_share(a, b, 0, used)]
    for future in futures:
      terms.append(torch.wait(future))
    return torch.cat(terms).sum(dtype=7).to(6)

  def squared_distance_share(self, a: List[Tensor], b: List[Tensor], worker: int,
      workers: int) -> Tensor:
    terms = [torch.zeros([])]
    scratch = self.scratch(a)
    for i, start, stop in self.share(a, worker, workers):
      for x, y in zip(self.blocks(a[i], start, stop), self.blocks(b[i], start, stop)):
        d = torch.sub(self.widen(x), self.widen(y), out=scratch[:x.numel()])
        terms.append(d.mul_(d).sum())
    return torch.stack(terms)

  # g.g, g.Dg and Dg.Dg
  def ascent_moments(self, metric: str, eta: float, scaled: List[bool], parameters: List[Tensor],
      gradients: List[Tensor], fisher_gradients: List[Tensor], workers: int) -> Tensor:
    used = self.used(parameters, workers)
    futures : List[Future[Tensor]] = []
    for worker in range(1, used):
      futures.append(fork(self.ascent_moments_share, metric, eta, scaled, parameters, gradients,
          fisher_gradients, worker, used))
    terms = [self.ascent_moments_share(metric, eta, scaled, parameters, gradients,
        fisher_gradients, 0, used)]
    for future in futures:
      terms.append(torch.wait(future))
    return torch.cat(terms).reshape([-1, 3]).sum([0], dtype=7).to(6)

  def ascent_moments_share(self, metric: str, eta: float, scaled: List[bool],
      parameters: List[Tensor], gradients: List[Tensor], fisher_gradients: List[Tensor],
      worker: int, workers: int) -> Tensor:
    terms = [torch.zeros([]), torch.zeros([]), torch.zeros([])]
    products = self.scratch(parameters)
    directions = self.scratch(parameters)
    for i, start, stop in self.share(parameters, worker, workers):
      p_blocks = self.blocks(parameters[i], start, stop)
      g_blocks = self.blocks(gradients[i], start, stop)
      f_blocks = self.blocks(fisher_gradients[i], start, stop) if metric == "fisher" else g_blocks
      for p, narrow_g, f in zip(p_blocks, g_blocks, f_blocks):
        g = self.widen(narrow_g)
        product = products[:g.numel()]
        gg = torch.mul(g, g, out=product).sum()
        if self.is_scaled(metric, scaled[i]):
          d = self.direction(metric, eta, p, g, f, directions[:g.numel()])
          terms += [gg, torch.mul(g, d, out=product).sum(), d.mul_(d).sum()]
        else:
          terms += [gg, gg, gg]
    return torch.stack(terms)

  def ascend(self, metric: str, eta: float, scaled: List[bool], parameters: List[Tensor],
      gradients: List[Tensor], fisher_gradients: List[Tensor], scale: float, workers: int) -> None:
    used = self.used(parameters, workers)
    futures : List[Future[int]] = []
    for worker in range(1, used):
      futures.append(fork(self.ascend_share, metric, eta, scaled, parameters, gradients,
          fisher_gradients, scale, worker, used))
    self.ascend_share(metric, eta, scaled, parameters, gradients, fisher_gradients, scale, 0, used)
    for future in futures:
      torch.wait(future)

  def ascend_share(self, metric: str, eta: float, scaled: List[bool], parameters: List[Tensor],
      gradients: List[Tensor], fisher_gradients: List[Tensor], scale: float, worker: int,
      workers: int) -> int:
    directions = self.scratch(parameters)
    for i, start, stop in self.share(parameters, worker, workers):
      flat = parameters[i].reshape([-1])
      g_blocks = self.blocks(gradients[i], start, stop)
      f_blocks = self.blocks(fisher_gradients[i], start, stop) if metric == "fisher" else g_blocks
      for p, narrow_g, f in zip(self.blocks(flat, start, stop), g_blocks, f_blocks):
        g = self.widen(narrow_g)
        if self.is_scaled(metric, scaled[i]):
          self.step(p, self.direction(metric, eta, p, g, f, directions[:g.numel()]), scale)
        else:
          self.step(p, g, scale)
      if not parameters[i].is_contiguous():
        parameters[i].copy_(flat.reshape(parameters[i].size()))
    return worker

  # Whether D is anything but 1.
  def is_scaled(self, metric: str, scaled: bool) -> bool:
    return scaled and metric != "euclidean"

  # D g, in out.
  def direction(self, metric: str, eta: float, p: Tensor, g: Tensor, f: Tensor,
      out: Tensor) -> Tensor:
    if metric == "adaptive":
      t = self.widen(p)
      if eta > 0.0:
        t = torch.abs(t, out=out).add_(eta)
      return torch.mul(t, t, out=out).mul_(g)
    wide = self.widen(f)
    return torch.div(g, torch.mul(wide, wide, out=out).mul_(eta).add_(1.0), out=out)

  def step(self, p: Tensor, direction: Tensor, scale: float) -> None:
    if p.dtype == direction.dtype:
      p.add_(direction, alpha=scale)
    else:
      p.add_((direction * scale).to(p.dtype))

  # How many workers a list is worth. An array whose blocks are no views has a single one.
  def used(self, arrays: List[Tensor], workers: int) -> int:
    elements = 0
    contiguous = True
    for x in arrays:
      elements += x.numel()
      contiguous = contiguous and x.is_contiguous()
    return min(workers, elements // 65536 + 1) if contiguous else 1

  # A worker's part of each array: the blocks that begin in its share of all elements together.
  def share(self, arrays: List[Tensor], worker: int, workers: int) -> List[Tuple[int, int, int]]:
    elements = 0
    for x in arrays:
      elements += x.numel()
    parts : List[Tuple[int, int, int]] = []
    begin = elements * worker // workers
    end = elements * (worker + 1) // workers
    for i in range(len(arrays)):
      size = arrays[i].numel()
      start = self.first_block(begin, size)
      stop = self.first_block(end, size)
      if start < stop:
        parts.append((i, start, stop))
      begin -= size
      end -= size
    return parts

  # Where the first block of an array begins that is not before a position.
  def first_block(self, position: int, size: int) -> int:
    return min(max((position + 32255) // 32256 * 32256, 0), size)

  # The blocks of an array's elements from start to stop; views of it if it is contiguous.
  def blocks(self, x: Tensor, start: int, stop: int) -> List[Tensor]:
    flat = x.reshape([-1])
    part = flat if stop - start == flat.numel() else flat[start:stop]
    return torch.split(part, 32256)

  # Room for one block, in float64 if the arrays are, otherwise float32.
  def scratch(self, arrays: List[Tensor]) -> Tensor:
    return torch.empty([32256], dtype=7 if arrays[0].dtype == 7 else 6)

  def widen(self, x: Tensor) -> Tensor:
    return x.to(6) if x.dtype == 5 or x.dtype == 15 else x
