"""One utterance of a units file, and the checks that every format shares."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speechkit.errors import UnitsFileError
from speechkit.types import Units

MAX_BITS = 24
"""Codebooks up to 2**24 units can be packed."""


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """One row of a units file.

    Attributes:
        id: name of the utterance, for instance the stem of its audio file; no control characters.
        units: its units, one a frame unless `reduced`.
        reduced: consecutive duplicates were removed, so the units no longer carry durations.
    """

    id: str
    units: Units
    reduced: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not self.id.isprintable():
            raise UnitsFileError(f"an utterance id is printable text on one line, got {self.id!r}.")
        try:
            self.id.encode()
        except UnicodeEncodeError as error:
            raise UnitsFileError(f"an utterance id is text that UTF-8 can hold, got {self.id!r}.") from error


def reduce(utterance: Utterance) -> Utterance:
    """The reduced view: consecutive duplicates merged, durations dropped, marked as such.

    >>> reduce(Utterance(id="a", units=Units(ids=np.array([7, 7, 9])))).units.ids.tolist()
    [7, 9]
    """
    values, _ = utterance.units.runs()
    return replace(utterance, units=replace(utterance.units, ids=values, margins=None), reduced=True)


def pack_ids(ids: NDArray[np.int64], num_units: int) -> bytes:
    """Ids as a bit stream, ceil(log2(num_units)) bits each, most significant first, zero-padded to a whole byte.

    >>> pack_ids(np.array([1, 0xABC]), 4096).hex()
    '001abc'
    """
    shifts = np.arange(bits_per_unit(num_units) - 1, -1, -1)
    return np.packbits(((ids[:, None] >> shifts) & 1).astype(np.uint8)).tobytes()


def unpack_ids(data: bytes, count: int, num_units: int) -> NDArray[np.int64]:
    """Undo `pack_ids`: int64 [count].

    Raises:
        UnitsFileError: `data` has another length than `count` ids take, or its padding is not zero.
    """
    width = bits_per_unit(num_units)
    if len(data) != -(-count * width // 8):
        raise UnitsFileError(f"{count} units of {width} bits take {-(-count * width // 8)} bytes, got {len(data)}.")
    bits = np.unpackbits(np.frombuffer(data, np.uint8))
    if bits[count * width :].any():
        raise UnitsFileError("the padding after the last packed unit is not zero; the row is damaged.")
    weights = np.left_shift(1, np.arange(width - 1, -1, -1), dtype=np.int64)
    return bits[: count * width].reshape(count, width).astype(np.int64) @ weights


def bits_per_unit(num_units: int) -> int:
    """ceil(log2(num_units)), at least 1: 12 for 4096."""
    return max(1, (num_units - 1).bit_length())


def make_units(
    ids: Any,
    *,
    unit_rate: float,
    num_samples: int,
    sample_rate: int,
    num_units: int,
    codec: str,
    margins: Any = None,
) -> Units:
    """Units from what a file says, every field checked.

    Raises:
        UnitsFileError: a field that no codec could have written.
        UnitsError: a unit that is out of range.
    """
    if not (isinstance(unit_rate, float) and math.isfinite(unit_rate) and unit_rate > 0):
        raise UnitsFileError(f"unit_rate must be a positive number of Hz, got {unit_rate!r}.")
    for name, value, least, most in (
        ("num_samples", num_samples, 0, 2**63 - 1),
        ("sample_rate", sample_rate, 1, 2**32 - 1),
        ("num_units", num_units, 1, 2**MAX_BITS),
    ):
        if type(value) is not int or not least <= value <= most:
            raise UnitsFileError(f"{name} must be an integer in [{least}, {most}], got {value!r}.")
    if not isinstance(codec, str):
        raise UnitsFileError(f"codec must be a fingerprint as text, got {codec!r}.")
    values = None if margins is None else np.asarray(margins, np.float32)
    if values is not None and values.shape != (len(ids),):
        raise UnitsFileError(f"margins must hold one number a unit: {len(ids)} units, shape {list(values.shape)}.")
    return Units(
        ids=np.asarray(ids, np.int64) if len(ids) == 0 else np.asarray(ids),
        unit_rate=unit_rate,
        num_samples=num_samples,
        sample_rate=sample_rate,
        num_units=num_units,
        codec=codec,
        margins=values,
    )
