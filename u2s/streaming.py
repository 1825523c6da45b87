"""How a decoder cuts its work: which units a block speaks, which ones it looks at, and when it may start.

`decode` is the concatenation of `decode_stream`: both run the same blocks over the same windows, so they agree sample
for sample, memory does not grow with length, and the first block is short so that sound starts early.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speechkit.errors import UnitsError

CORES = (10, 20, 40, 80)
"""Units a block speaks: the first, the second, the third, then all others."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A stretch of work.

    Attributes:
        ids: int64 [W], the units of the window.
        first: index of the window's first unit in the utterance.
        core: (begin, end) of what this block speaks, relative to the window.
    """

    ids: NDArray[np.int64]
    first: int
    core: tuple[int, int]


def check_ids(ids: object, num_units: int) -> NDArray[np.int64]:
    """Unit ids as int64 [N].

    Raises:
        UnitsError: not one-dimensional integers, or out of range.
    """
    array = np.asarray(ids)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise UnitsError(f"units must be a 1-D integer array, got shape {array.shape} of {array.dtype}.")
    bad = array[(array < 0) | (array >= num_units)]
    if bad.size:
        raise UnitsError(f"unit {int(bad[0])} is out of range: ids must lie in [0, {num_units}).")
    return array.astype(np.int64)


def blocks(chunks: Iterable[NDArray[np.int64]], context: int, cores: tuple[int, ...] = CORES) -> Iterator[Block]:
    """Cut units into blocks, each as soon as the units that it looks at are there.

    Args:
        chunks: int64 arrays, of any sizes, in order.
        context: units on either side of the core that the block must see; fewer at the utterance's ends only.
    """
    held = np.zeros(0, np.int64)
    first = begin = number = 0
    source = iter(chunks)
    ended = False
    while True:
        end = begin + cores[min(number, len(cores) - 1)]
        while not ended and first + len(held) < end + context:
            chunk = next(source, None)
            ended = chunk is None
            held = held if chunk is None else np.concatenate([held, chunk])
        end = min(end, first + len(held))
        if end == begin:
            return
        start = max(begin - context, 0)
        held, first = held[start - first :], start
        yield Block(ids=held[: end + context - first], first=first, core=(begin - first, end - first))
        begin, number = end, number + 1
