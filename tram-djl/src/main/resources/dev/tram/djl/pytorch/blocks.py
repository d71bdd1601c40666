# Arrays in blocks of 32,256 elements, for a CPU.
#
# TorchScript, compiled by libtorch. A block is small enough that what one operation leaves in the
# cache the next one finds there, and that libtorch does not spread an operation over threads;
# instead each worker takes a share of the blocks. Where blocks begin does not depend on the number
# of workers. Results go to scratch arrays that are allocated once per call, since memory that is
# freed in between may have to be fetched from the system again.
#
# Scalar types: 5 float16, 6 float32, 7 float64, 15 bfloat16.

# How many workers a list is worth. An array whose blocks are no views has a single one.
def workers_for(arrays: List[Tensor], workers: int) -> int:
  elements = 0
  contiguous = True
  for x in arrays:
    elements += x.numel()
    contiguous = contiguous and x.is_contiguous()
  return min(workers, elements // 65536 + 1) if contiguous else 1

# A worker's part of each array: the blocks that begin in its share of all elements together.
def share(arrays: List[Tensor], worker: int, workers: int) -> List[Tuple[int, int, int]]:
  elements = 0
  for x in arrays:
    elements += x.numel()
  parts : List[Tuple[int, int, int]] = []
  begin = elements * worker // workers
  end = elements * (worker + 1) // workers
  for i in range(len(arrays)):
    size = arrays[i].numel()
    if 0 < size and begin <= 0 and size <= end:
      parts.append((i, 0, size))
    elif begin < size and end > 0:
      start = __torch__.blocks.first_block(begin, size)
      stop = __torch__.blocks.first_block(end, size)
      if start < stop:
        parts.append((i, start, stop))
    begin -= size
    end -= size
  return parts

# Where the first block of an array begins that is not before a position.
def first_block(position: int, size: int) -> int:
  return min(max((position + 32255) // 32256 * 32256, 0), size)

# The blocks of a flat array's elements from start to stop; views of it.
def split(flat: Tensor, start: int, stop: int) -> List[Tensor]:
  part = flat if stop - start == flat.numel() else flat[start:stop]
  return [part] if stop - start <= 32256 else torch.split(part, 32256)

# Stores a flat array in the one that it was made from, unless it is a view of that.
def store(x: Tensor, flat: Tensor) -> None:
  if not x.is_contiguous():
    x.copy_(flat.reshape(x.size()))

# Room for one block, in float64 if the arrays are, otherwise float32.
def scratch(arrays: List[Tensor]) -> Tensor:
  return torch.empty([32256], dtype=__torch__.blocks.wide_type(arrays))

# Room for a number of elements: what was taken of a scratch array for the block before, if it fits.
def room(scratch: Tensor, before: Tensor, size: int) -> Tensor:
  return before if before.numel() == size else scratch[:size]

# A factor or summand for many blocks: libtorch would make an array of a plain number each time.
def scalar(value: float, arrays: List[Tensor]) -> Tensor:
  return torch.full([], value, dtype=__torch__.blocks.wide_type(arrays))

# The results of a worker's blocks, of which there may be none.
def stacked(terms: List[Tensor], arrays: List[Tensor]) -> Tensor:
  none = torch.empty([0], dtype=__torch__.blocks.wide_type(arrays))
  return torch.stack(terms) if len(terms) > 0 else none

# float64 for arrays of that type, otherwise float32.
def wide_type(arrays: List[Tensor]) -> int:
  return 7 if arrays[0].dtype == 7 else 6

def widen(x: Tensor) -> Tensor:
  return x.to(6) if x.dtype == 5 or x.dtype == 15 else x
