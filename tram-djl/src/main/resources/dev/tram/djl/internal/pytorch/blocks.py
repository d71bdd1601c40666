# Lists of arrays in portions that stay in the cache through several operations, for a CPU.
#
# TorchScript, compiled by libtorch. A portion is part of a large array, or several small arrays. The
# threads are libtorch's own, which share an operation on more than 32,768 elements. A kernel does
# not fork: the first parallel operation of a forked task starts a second team of threads, and with
# more threads than processors both teams sleep between operations, the forward pass's too.
#
# Scalar types: 5 float16, 6 float32, 7 float64, 15 bfloat16.

# How many elements a portion of arrays has at most. Arrays whose parts are no views are left whole.
# Few elements are worked on by one thread: to wake another one takes longer than it saves.
def portion(arrays: List[Tensor], threads: int) -> int:
  elements = 0
  views = True
  for x in arrays:
    elements += x.numel()
    views = views and x.is_contiguous()
  if not views:
    return 9223372036854775807
  return 32768 * threads if elements > 131072 else 32768

# The arrays in portions of at most size elements; small arrays share those of at most shared
# elements. (The compiler takes slices of a list for new arrays and drops what is done to them in
# place: portions are no slices.)
def split(arrays: List[Tensor], shared: int, size: int) -> List[List[Tensor]]:
  portions : List[List[Tensor]] = []
  portion : List[Tensor] = []
  elements = 0
  for x in arrays:
    n = x.numel()
    if n > shared:
      for part in __torch__.blocks.parts(x, size):
        portions.append([part])
    else:
      if elements + n > shared:
        portions.append(portion)
        portion = annotate(List[Tensor], [])
        elements = 0
      portion.append(x)
      elements += n
  if len(portion) > 0:
    portions.append(portion)
  return portions

# Each array's number, in the order of split(arrays, size, size).
def repeat(values: List[float], arrays: List[Tensor], size: int) -> List[List[number]]:
  portions : List[List[number]] = []
  portion : List[number] = []
  elements = 0
  for i in range(len(arrays)):
    n = arrays[i].numel()
    if n > size:
      single : List[number] = []
      single.append(values[i])
      for part in range((n - 1) // size + 1):
        portions.append(single)
    else:
      if elements + n > size:
        portions.append(portion)
        portion = annotate(List[number], [])
        elements = 0
      portion.append(values[i])
      elements += n
  if len(portion) > 0:
    portions.append(portion)
  return portions

# Flat views of an array's parts, or the array itself where it has one part only.
def parts(x: Tensor, size: int) -> List[Tensor]:
  return torch.split(x.view([-1]), size) if x.numel() > size else [x]

# The arrays whose flag is the one that is wanted.
def chosen(arrays: List[Tensor], flags: List[bool], wanted: bool) -> List[Tensor]:
  kept : List[Tensor] = []
  for i in range(len(arrays)):
    if flags[i] == wanted:
      kept.append(arrays[i])
  return kept

# Arrays one after the other in one, in float32 at least.
def joined(arrays: List[Tensor]) -> Tensor:
  if len(arrays) == 1:
    return __torch__.blocks.widen(arrays[0]).flatten()
  return torch.cat([__torch__.blocks.widen(x).flatten() for x in arrays])

# Adds to the list the sums of 16,384 elements of a flat array at a time, and of what is left over:
# a row is added up by one thread.
def add_sums(sums: List[Tensor], x: Tensor) -> None:
  rows = x.numel() // 16384
  if rows > 0:
    sums.append(x[:rows * 16384].view([rows, 16384]).sum([1]))
  if rows * 16384 < x.numel():
    sums.append(x[rows * 16384:].sum().view([1]))

# The total in float64, of which 16,384 are added up at a time, too.
def total(sums: List[Tensor]) -> Tensor:
  if len(sums) == 0:
    return torch.zeros([], dtype=7)
  x = sums[0] if len(sums) == 1 else torch.cat(sums)
  if x.numel() <= 16384:
    return x.sum(dtype=7)
  return torch.stack([part.sum(dtype=7) for part in torch.split(x, 16384)]).sum()

# float64 for arrays of that type, otherwise float32.
def wide_type(arrays: List[Tensor]) -> int:
  return 7 if arrays[0].dtype == 7 else 6

def widen(x: Tensor) -> Tensor:
  return x.to(6) if x.dtype == 5 or x.dtype == 15 else x

# The gradients rescaled and bounded from above, as DJL bounds them; a negative clip is none.
def rescaled(gradients: List[Tensor], weights: List[Tensor], rescale: float,
    clip: float) -> List[Tensor]:
  g = [gradients[i].to(weights[i].dtype) for i in range(len(weights))]
  if rescale != 1.0:
    g = torch._foreach_mul(g, rescale)
  if clip >= 0.0:
    g = torch._foreach_clamp_max(g, clip)
  return g
