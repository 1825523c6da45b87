"""JSON Lines: one JSON object a line, easy to read, to filter and to join; every row carries its own checksum."""

import base64
import binascii
import json
import zlib
from collections.abc import Iterator
from typing import Any

from speechkit.errors import UnitsFileError
from speechkit.types import NUM_UNITS
from speechkit.units_file.rows import Utterance, make_units, pack_ids, unpack_ids

DEFAULTS: dict[str, Any] = {"unit_rate": 25.0, "num_samples": 0, "sample_rate": 16000, "num_units": NUM_UNITS, "codec": ""}
KEYS = {"id", "ids", "packed", "count", "margins", "reduced", "crc32", *DEFAULTS}


def write_row(utterance: Utterance, *, packed: bool = False) -> bytes:
    """One line, newline included; `packed` stores base64 of the bit stream (2 characters a unit) instead of a list."""
    units = utterance.units
    row: dict[str, Any] = {"id": utterance.id} | {key: getattr(units, key) for key in DEFAULTS}
    row["unit_rate"] = float(units.unit_rate)
    if utterance.reduced:
        row["reduced"] = True
    if packed:
        row["count"] = len(units)
        row["packed"] = base64.b64encode(pack_ids(units.ids, units.num_units)).decode()
    else:
        row["ids"] = units.ids.tolist()
    if units.margins is not None:
        row["margins"] = units.margins.tolist()
    row["crc32"] = _checksum(row)
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_rows(data: bytes) -> Iterator[Utterance]:
    """Every row; blank lines are skipped. Rows without `crc32` (written by hand) are taken as they are.

    Raises:
        UnitsFileError: a damaged, truncated or unknown row; the message names its line. A file cut exactly between two
            rows is a valid, shorter file: where that must be noticed, use the packed format.
        UnitsError: a unit that is out of range.
    """
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode(), object_pairs_hook=_unique, parse_constant=_refuse_constant)
            utterance = _utterance(row)
        except (ValueError, RecursionError) as error:
            if isinstance(error, UnitsFileError):
                raise UnitsFileError(f"line {number}: {error}") from error
            if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError, RecursionError)):
                raise UnitsFileError(f"line {number} is damaged or not JSON: {error}.") from error
            raise
        yield utterance


def _utterance(row: Any) -> Utterance:
    if not isinstance(row, dict):
        raise UnitsFileError(f"a row is a JSON object, got {type(row).__name__}.")
    if unknown := sorted(set(row) - KEYS):
        raise UnitsFileError(f"unknown field {', '.join(map(repr, unknown))}; known are {', '.join(sorted(KEYS))}.")
    if "crc32" in row and row.pop("crc32") != _checksum(row):
        raise UnitsFileError("the checksum does not fit; the row was damaged or edited (remove crc32 after an edit).")
    if ("ids" in row) == ("packed" in row):
        raise UnitsFileError("a row has either ids or packed.")
    if not isinstance(row.get("reduced", False), bool):
        raise UnitsFileError(f"reduced is true or false, got {row['reduced']!r}.")
    fields = DEFAULTS | {key: row[key] for key in DEFAULTS if key in row}
    fields["unit_rate"] = _number(fields["unit_rate"])
    units = make_units(_ids(row, fields["num_units"]), margins=_margins(row), **fields)
    return Utterance(id=row.get("id", ""), units=units, reduced=row.get("reduced", False))


def _ids(row: dict[str, Any], num_units: Any) -> Any:
    if "ids" in row:
        if not isinstance(row["ids"], list) or not all(type(unit) is int and abs(unit) < 2**62 for unit in row["ids"]):
            raise UnitsFileError("ids is a list of integers.")
        return row["ids"]
    if type(row.get("count")) is not int or row["count"] < 0 or not isinstance(row["packed"], str):
        raise UnitsFileError("packed is base64 text and needs count, the number of units.")
    if type(num_units) is not int or num_units < 1:
        raise UnitsFileError(f"num_units must be a positive integer, got {num_units!r}.")
    try:
        data = base64.b64decode(row["packed"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnitsFileError(f"packed is not base64: {error}.") from error
    return unpack_ids(data, row["count"], num_units)


def _margins(row: dict[str, Any]) -> list[float] | None:
    margins = row.get("margins")
    if margins is not None and not (
        isinstance(margins, list) and all(type(value) in (int, float) for value in margins)
    ):
        raise UnitsFileError("margins is a list of numbers.")
    return margins


def _number(value: Any) -> Any:
    return float(value) if type(value) is int and abs(value) < 2**53 else value


def _checksum(row: dict[str, Any]) -> str:
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise UnitsFileError("a field occurs twice.")
    return row


def _refuse_constant(name: str) -> None:
    raise UnitsFileError(f"{name} is no JSON number.")
