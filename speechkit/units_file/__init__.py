"""Units files: utterances of units in three formats, with durations, the codec's fingerprint and checksums.

    jsonl    one JSON object a line; readable, joinable, a checksum a row
    text     <|speech_782|>… one utterance a line; what language models read; no checksum, no codec
    packed   binary, ceil(log2(num_units)) bits a unit, a checksum a record, truncation always noticed

Source: the text form is EMOVA's (arXiv:2409.18042, appendix A). Changed: durations are kept; the form without consecutive
duplicates, which EMOVA writes, is written on request only, marked, and read on request only.
"""

import os
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal, get_args

from speechkit.errors import CodecMismatchError, UnitsError, UnitsFileError
from speechkit.types import Units
from speechkit.units_file import json_lines, packed, text_lines
from speechkit.units_file.rows import Utterance, reduce

Format = Literal["jsonl", "text", "packed"]
"""The three formats."""

__all__ = ["Format", "Utterance", "check_codec", "read_units", "reduce", "sniff", "write_units"]

READERS = {"jsonl": json_lines.read_rows, "text": text_lines.read_rows, "packed": packed.read_rows}


def write_units(
    path: str | Path | BinaryIO,
    utterances: Iterable[Utterance],
    *,
    format: Format = "jsonl",
    reduced: bool = False,
    pack: bool = False,
) -> int:
    """Write utterances as they come.

    Args:
        path: a file, which appears whole or not at all; or a binary stream, which is written row by row.
        utterances: rows, taken one at a time.
        format: "jsonl", "text" or "packed".
        reduced: write the view without consecutive duplicates, marked as such; durations are lost.
        pack: in jsonl, store ids as base64 of the bit stream, 2 characters a unit.
    Returns:
        Number of rows written.
    Raises:
        UnitsFileError: an unknown format, a row that the format cannot hold, or a place that cannot be written.
    """
    if format not in READERS:
        raise UnitsFileError(f"unknown units format {format!r}; there are {', '.join(get_args(Format))}.")
    rows = _Counted(map(reduce, utterances) if reduced else utterances)
    pieces = _pieces(rows, format, pack)
    if isinstance(path, (str, Path)):
        _write_file(Path(path), pieces)
    else:
        for piece in pieces:
            path.write(piece)
    return rows.count


def read_units(
    path: str | Path | BinaryIO, *, format: Format | None = None, allow_reduced: bool = False
) -> Iterator[Utterance]:
    """Read utterances one at a time.

    Args:
        path: a file or a binary stream.
        format: one of the three; None looks at the first bytes.
        allow_reduced: take rows without durations too; whoever asks has to give the durations back.
    Yields:
        Rows in the order of the file.
    Raises:
        UnitsFileError: the file is missing (raised at once), truncated, damaged, or not a units file; the message
            names the row. Rows before it have been given.
        UnitsError: a unit that is out of range.
    """
    if format is not None and format not in READERS:
        raise UnitsFileError(f"unknown units format {format!r}; there are {', '.join(get_args(Format))}.")
    name = str(path) if isinstance(path, (str, Path)) else "the stream"
    try:
        data = Path(path).read_bytes() if isinstance(path, (str, Path)) else path.read()
    except OSError as error:
        raise UnitsFileError(f"cannot read {name}: {error.strerror or error}.") from error
    return _rows(name, data, format or sniff(data), allow_reduced)


def sniff(data: bytes) -> Format:
    """The format that the first bytes of a units file show."""
    if data.startswith(packed.MAGIC[:4]):
        return "packed"
    return "jsonl" if data.lstrip()[:1] == b"{" else "text"


def check_codec(units: Units, codec: str) -> None:
    """Refuse units of another codec; units of unknown origin (an empty codec: text, language models) pass.

    Args:
        units: what is to be decoded.
        codec: fingerprint of the S2U that the decoder was trained with.
    Raises:
        CodecMismatchError: the units were made by another codec.
    """
    if units.codec and units.codec != codec:
        raise CodecMismatchError(
            f"these units were made by codec {units.codec}, this decoder speaks units of codec {codec or 'unknown'}; "
            "encode the audio again with the matching model, or decode with the models that made the units."
        )


class _Counted:
    """An iterable that remembers how many items it gave."""

    def __init__(self, items: Iterable[Utterance]) -> None:
        self.items = items
        self.count = 0

    def __iter__(self) -> Iterator[Utterance]:
        for item in self.items:
            self.count += 1
            yield item


def _pieces(rows: Iterable[Utterance], format: Format, pack: bool) -> Iterator[bytes]:
    if format == "packed":
        return packed.write_all(rows)
    if format == "text":
        return map(text_lines.write_row, rows)
    return (json_lines.write_row(row, packed=pack) for row in rows)


def _write_file(target: Path, pieces: Iterable[bytes]) -> None:
    partial = target.with_name(f".{target.name[:100]}.{uuid.uuid4().hex[:8]}.partial")
    try:
        stream = partial.open("wb")
    except OSError as error:
        raise UnitsFileError(f"cannot write {target}: {error.strerror or error}.") from error
    try:
        with stream:
            stream.writelines(pieces)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _rows(name: str, data: bytes, format: Format, allow_reduced: bool) -> Iterator[Utterance]:
    try:
        for row in READERS[format](data):
            if row.reduced and not allow_reduced:
                raise UnitsFileError(
                    f"row {row.id!r} has no durations (it is marked reduced); ask for reduced units on purpose."
                )
            yield row
    except UnitsFileError as error:
        raise UnitsFileError(f"{name}: {error}") from error
    except UnitsError as error:
        raise UnitsError(f"{name}: {error}") from error
