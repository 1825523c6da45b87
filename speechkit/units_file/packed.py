"""Packed: the binary form, 1.5 bytes a unit with 4096 units, every byte under a checksum, truncation always noticed.

Little-endian. The file is `magic, version`, then records `length u32, payload, crc32 u32` (the checksum covers length and
payload), and ends with a record of zero length followed by the number of records. A payload is the fixed header below,
the id, the codec fingerprint, and the ids as a bit stream.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator

from speechkit.errors import UnitsFileError
from speechkit.units_file.rows import Utterance, make_units, pack_ids, unpack_ids

MAGIC = b"\x89SKU\r\n\x1a\n"  # as PNG's: a transfer in text mode breaks it at once
VERSION = 1
PREFIX = MAGIC + struct.pack("<H", VERSION)
LENGTH = struct.Struct("<I")
HEADER = struct.Struct(
    "<BHHdQIII"
)  # flags, id bytes, codec bytes, unit_rate, num_samples, sample_rate, num_units, count
REDUCED = 1


def write_all(utterances: Iterable[Utterance]) -> Iterator[bytes]:
    """The file, piece by piece: prefix, a piece a record, end."""
    yield PREFIX
    count = 0
    for utterance in utterances:
        yield _framed(_payload(utterance))
        count += 1
    yield _framed(b"") + _checked(LENGTH.pack(count))


def read_rows(data: bytes) -> Iterator[Utterance]:
    """Every record.

    Raises:
        UnitsFileError: another magic or version, a damaged or truncated file, or bytes after its end.
        UnitsError: a unit that is out of range (a power of two as codebook leaves none to be).
    """
    if data[: len(MAGIC)] != MAGIC:
        raise UnitsFileError("this is not a packed units file: it begins with other bytes.")
    if data[: len(PREFIX)] != PREFIX:
        raise UnitsFileError(
            f"this packed units file is damaged or of another version than {VERSION}; upgrade speechkit."
        )
    position, count = len(PREFIX), 0
    while True:
        (length,) = LENGTH.unpack(_take(data, position, LENGTH.size))
        framed = _take(data, position, LENGTH.size + length + LENGTH.size)
        payload = _verified(framed, count)[LENGTH.size :]
        position += len(framed)
        if not length:
            break
        yield _utterance(payload)
        count += 1
    tail = _take(data, position, 2 * LENGTH.size)
    if _verified(tail, count) != LENGTH.pack(count) or position + len(tail) != len(data):
        raise UnitsFileError(f"the packed units file is damaged at its end, after record {count}.")


def _payload(utterance: Utterance) -> bytes:
    units = utterance.units
    name, codec = utterance.id.encode(), units.codec.encode()
    try:
        header = HEADER.pack(
            REDUCED if utterance.reduced else 0,
            len(name),
            len(codec),
            units.unit_rate,
            units.num_samples,
            units.sample_rate,
            units.num_units,
            len(units),
        )
    except struct.error as error:
        raise UnitsFileError(f"utterance {utterance.id[:60]!r} does not fit the packed format: {error}.") from error
    return header + name + codec + pack_ids(units.ids, units.num_units)


def _utterance(payload: bytes) -> Utterance:
    if len(payload) < HEADER.size:
        raise UnitsFileError("a packed record is shorter than its header.")
    flags, name_size, codec_size, unit_rate, num_samples, sample_rate, num_units, count = HEADER.unpack_from(payload)
    start = HEADER.size + name_size
    try:
        name = payload[HEADER.size : start].decode()
        codec = payload[start : start + codec_size].decode()
    except UnicodeDecodeError as error:
        raise UnitsFileError(f"a packed record holds a name that is not UTF-8: {error}.") from error
    if flags not in (0, REDUCED):
        raise UnitsFileError(f"a packed record has unknown flags {flags}; upgrade speechkit.")
    units = make_units(
        unpack_ids(payload[start + codec_size :], count, num_units),
        unit_rate=unit_rate,
        num_samples=num_samples,
        sample_rate=sample_rate,
        num_units=num_units,
        codec=codec,
    )
    return Utterance(id=name, units=units, reduced=flags == REDUCED)


def _framed(payload: bytes) -> bytes:
    return _checked(LENGTH.pack(len(payload)) + payload)


def _checked(data: bytes) -> bytes:
    return data + LENGTH.pack(zlib.crc32(data))


def _take(data: bytes, position: int, size: int) -> bytes:
    if position + size > len(data):
        raise UnitsFileError("the packed units file is truncated or damaged: it ends inside a record.")
    return data[position : position + size]


def _verified(framed: bytes, count: int) -> bytes:
    content, checksum = framed[: -LENGTH.size], framed[-LENGTH.size :]
    if LENGTH.pack(zlib.crc32(content)) != checksum:
        raise UnitsFileError(f"the packed units file is damaged: the checksum of record {count + 1} does not fit.")
    return content
