# Operations on parallel lists of arrays, for a CPU.
#
# TorchScript, compiled by libtorch. What takes several operations per array goes through the arrays
# in blocks, which workers share; see blocks.py. Sums are taken per block in float32 and added up in
# float64 in the order of the blocks, so that no result depends on the number of workers.
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
    used = __torch__.blocks.workers_for(arrays, workers)
    futures : List[Future[Tensor]] = []
    for worker in range(1, used):
      futures.append(fork(self.squared_norm_share, arrays, worker, used))
    terms = [self.squared_norm_share(arrays, 0, used)]
    for future in futures:
      terms.append(torch.wait(future))
    return torch.cat(terms).sum(dtype=7).to(__torch__.blocks.wide_type(arrays))

  def squared_norm_share(self, arrays: List[Tensor], worker: int, workers: int) -> Tensor:
    terms : List[Tensor] = []
    scratch = __torch__.blocks.scratch(arrays)
    room = scratch
    for i, start, stop in __torch__.blocks.share(arrays, worker, workers):
      for block in __torch__.blocks.split(arrays[i].flatten(), start, stop):
        x = __torch__.blocks.widen(block)
        room = __torch__.blocks.room(scratch, room, x.numel())
        terms.append(torch.mul(x, x, out=room).sum())
    return __torch__.blocks.stacked(terms, arrays)

  def squared_distance(self, a: List[Tensor], b: List[Tensor], workers: int) -> Tensor:
    used = __torch__.blocks.workers_for(a, workers)
    futures : List[Future[Tensor]] = []
    for worker in range(1, used):
      futures.append(fork(self.squared_distance_share, a, b, worker, used))
    terms = [self.squared_distance_share(a, b, 0, used)]
    for future in futures:
      terms.append(torch.wait(future))
    return torch.cat(terms).sum(dtype=7).to(__torch__.blocks.wide_type(a))

  def squared_distance_share(self, a: List[Tensor], b: List[Tensor], worker: int,
      workers: int) -> Tensor:
    terms : List[Tensor] = []
    scratch = __torch__.blocks.scratch(a)
    room = scratch
    for i, start, stop in __torch__.blocks.share(a, worker, workers):
      a_blocks = __torch__.blocks.split(a[i].flatten(), start, stop)
      b_blocks = __torch__.blocks.split(b[i].flatten(), start, stop)
      for x, y in zip(a_blocks, b_blocks):
        room = __torch__.blocks.room(scratch, room, x.numel())
        d = torch.sub(__torch__.blocks.widen(x), __torch__.blocks.widen(y), out=room)
        terms.append(d.mul_(d).sum())
    return __torch__.blocks.stacked(terms, a)

  # g.g, g.Dg and Dg.Dg
  def ascent_moments(self, metric: str, eta: float, scaled: List[bool], parameters: List[Tensor],
      gradients: List[Tensor], fisher_gradients: List[Tensor], workers: int) -> Tensor:
    used = __torch__.blocks.workers_for(parameters, workers)
    futures : List[Future[Tensor]] = []
    for worker in range(1, used):
      futures.append(fork(self.ascent_moments_share, metric, eta, scaled, parameters, gradients,
          fisher_gradients, worker, used))
    terms = [self.ascent_moments_share(metric, eta, scaled, parameters, gradients,
        fisher_gradients, 0, used)]
    for future in futures:
      terms.append(torch.wait(future))
    blocks = torch.cat(terms)
    total = blocks.reshape([blocks.numel() // 3, 3]).sum([0], dtype=7)
    return total.to(__torch__.blocks.wide_type(parameters))

  def ascent_moments_share(self, metric: str, eta: float, scaled: List[bool],
      parameters: List[Tensor], gradients: List[Tensor], fisher_gradients: List[Tensor],
      worker: int, workers: int) -> Tensor:
    terms : List[Tensor] = []
    adaptive = metric == "adaptive"
    fisher = metric == "fisher"
    offset = self.offset(metric, eta, parameters)
    products = __torch__.blocks.scratch(parameters)
    diagonals = __torch__.blocks.scratch(parameters)
    product = products
    diagonal = diagonals
    for i, start, stop in __torch__.blocks.share(parameters, worker, workers):
      p_blocks = __torch__.blocks.split(parameters[i].flatten(), start, stop)
      g_blocks = __torch__.blocks.split(gradients[i].flatten(), start, stop)
      f_blocks = __torch__.blocks.split(fisher_gradients[i].flatten(), start, stop) if fisher else g_blocks
      for p, narrow_g, f in zip(p_blocks, g_blocks, f_blocks):
        g = __torch__.blocks.widen(narrow_g)
        product = __torch__.blocks.room(products, product, g.numel())
        gg = torch.mul(g, g, out=product).sum()
        if scaled[i] and (adaptive or fisher):
          diagonal = __torch__.blocks.room(diagonals, diagonal, g.numel())
          d = self.diagonal(adaptive, eta, offset, p, f, diagonal)
          terms += [gg, product.mul_(d).sum(), product.mul_(d).sum()]
        else:
          terms += [gg, gg, gg]
    return __torch__.blocks.stacked(terms, parameters)

  # What may fail half way has one worker: none is at work any more when the caller learns of it.
  def ascend(self, metric: str, eta: float, scaled: List[bool], parameters: List[Tensor],
      gradients: List[Tensor], fisher_gradients: List[Tensor], scale: float, workers: int) -> None:
    nowhere : List[Tensor] = []
    safe = self.are_wide_views(parameters + gradients + fisher_gradients)
    self.ascend_blocks(metric, eta, scaled, parameters, gradients, fisher_gradients, nowhere, scale,
        workers if safe else 1)

  # Copies each block of the parameters to saved before it changes. Does nothing and returns false
  # unless all blocks are views in float32, or all in float64: then nothing is allocated on the way.
  def save_and_ascend(self, metric: str, eta: float, scaled: List[bool], parameters: List[Tensor],
      gradients: List[Tensor], fisher_gradients: List[Tensor], saved: List[Tensor], scale: float,
      workers: int) -> bool:
    views = self.are_wide_views(parameters + gradients + fisher_gradients + saved)
    if views:
      self.ascend_blocks(metric, eta, scaled, parameters, gradients, fisher_gradients, saved, scale,
          workers)
    return views

  def are_wide_views(self, arrays: List[Tensor]) -> bool:
    wide = __torch__.blocks.wide_type(arrays)
    views = True
    for x in arrays:
      views = views and x.is_contiguous() and x.dtype == wide
    return views

  def ascend_blocks(self, metric: str, eta: float, scaled: List[bool], parameters: List[Tensor],
      gradients: List[Tensor], fisher_gradients: List[Tensor], saved: List[Tensor], scale: float,
      workers: int) -> None:
    used = __torch__.blocks.workers_for(parameters, workers)
    offset = self.offset(metric, eta, parameters)
    rooms = [__torch__.blocks.scratch(parameters) for worker in range(used)]
    futures : List[Future[int]] = []
    for worker in range(1, used):
      futures.append(fork(self.ascend_share, metric, eta, offset, scaled, parameters, gradients,
          fisher_gradients, saved, scale, rooms[worker], worker, used))
    self.ascend_share(metric, eta, offset, scaled, parameters, gradients, fisher_gradients, saved,
        scale, rooms[0], 0, used)
    for future in futures:
      torch.wait(future)

  def ascend_share(self, metric: str, eta: float, offset: Tensor, scaled: List[bool],
      parameters: List[Tensor], gradients: List[Tensor], fisher_gradients: List[Tensor],
      saved: List[Tensor], scale: float, scratch: Tensor, worker: int, workers: int) -> int:
    saves = len(saved) > 0
    adaptive = metric == "adaptive"
    fisher = metric == "fisher"
    room = scratch
    for i, start, stop in __torch__.blocks.share(parameters, worker, workers):
      flat = parameters[i].flatten()
      p_blocks = __torch__.blocks.split(flat, start, stop)
      s_blocks = __torch__.blocks.split(saved[i].flatten(), start, stop) if saves else p_blocks
      g_blocks = __torch__.blocks.split(gradients[i].flatten(), start, stop)
      f_blocks = __torch__.blocks.split(fisher_gradients[i].flatten(), start, stop) if fisher else g_blocks
      for p, s, narrow_g, f in zip(p_blocks, s_blocks, g_blocks, f_blocks):
        if saves:
          s.copy_(p)
        g = __torch__.blocks.widen(narrow_g)
        if scaled[i] and (adaptive or fisher):
          room = __torch__.blocks.room(scratch, room, g.numel())
          d = self.diagonal(adaptive, eta, offset, p, f, room)
          if p.dtype == g.dtype:
            p.addcmul_(d, g, value=scale)
          else:
            self.step(p, d.mul_(g), scale)
        else:
          self.step(p, g, scale)
      __torch__.blocks.store(parameters[i], flat)
    return worker

  # What D adds to |p| or to a multiple of f * f.
  def offset(self, metric: str, eta: float, parameters: List[Tensor]) -> Tensor:
    return __torch__.blocks.scalar(eta if metric == "adaptive" else 1.0, parameters)

  # D, in out.
  def diagonal(self, adaptive: bool, eta: float, offset: Tensor, p: Tensor, f: Tensor,
      out: Tensor) -> Tensor:
    if adaptive:
      t = __torch__.blocks.widen(p)
      if eta > 0.0:
        t = torch.abs(t, out=out).add_(offset)
      return torch.mul(t, t, out=out)
    wide = __torch__.blocks.widen(f)
    return torch.addcmul(offset, wide, wide, value=eta, out=out).reciprocal_()

  def step(self, p: Tensor, direction: Tensor, scale: float) -> None:
    if p.dtype == direction.dtype:
      p.add_(direction, alpha=scale)
    else:
      p.add_((direction * scale).to(p.dtype))
