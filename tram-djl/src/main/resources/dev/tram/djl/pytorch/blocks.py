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

# The blocks of an array's elements from start to stop; views of it if it is contiguous.
def split(x: Tensor, start: int, stop: int) -> List[Tensor]:
  flat = x.reshape([-1])
  part = flat if stop - start == flat.numel() else flat[start:stop]
  return torch.split(part, 32256)

# Stores what split gave out as a copy; a view needs no storing.
def store(x: Tensor, flat: Tensor) -> None:
  if not x.is_contiguous():
    x.copy_(flat.reshape(x.size()))

# Room for one block, in float64 if the arrays are, otherwise float32.
def scratch(arrays: List[Tensor]) -> Tensor:
  return torch.empty([32256], dtype=__torch__.blocks.wide_type(arrays))

# float64 for arrays of that type, otherwise float32.
def wide_type(arrays: List[Tensor]) -> int:
  return 7 if arrays[0].dtype == 7 else 6

def widen(x: Tensor) -> Tensor:
  return x.to(6) if x.dtype == 5 or x.dtype == 15 else x
