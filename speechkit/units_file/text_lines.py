"""Text: `<|speech_782|><|speech_463|>…`, one utterance a line, as speech language models read and write units.

A line is the tokens alone, or `id <tab> tokens`, or `id <tab> reduced <tab> tokens`. The text carries no rate, no codec
and no checksum: what is read gets the default codec's rates, an empty codec, and only its grammar and range are checked.
"""

import re
from collections.abc import Iterator

import numpy as np

from speechkit.errors import UnitsFileError
from speechkit.types import Units
from speechkit.units_file.rows import Utterance

TOKEN = re.compile(r"<\|speech_(0|[1-9][0-9]{0,7})\|>")
TOKENS = re.compile(rf"(?:{TOKEN.pattern.replace('(', '(?:', 1)})*")
MARK = "reduced"


def parse_tokens(text: str) -> list[int]:
    """Ids in a run of tokens.

    Raises:
        UnitsFileError: anything that is not a token.

    >>> parse_tokens("<|speech_782|><|speech_463|>")
    [782, 463]
    """
    matched = TOKENS.match(text)
    end = matched.end() if matched else 0
    if end < len(text):
        raise UnitsFileError(f"expected <|speech_N|> at character {end}, got {text[end : end + 24]!r}.")
    return [int(number) for number in TOKEN.findall(text)]


def write_row(utterance: Utterance) -> bytes:
    """One line, newline included."""
    mark = f"{MARK}\t" if utterance.reduced else ""
    return f"{utterance.id}\t{mark}{utterance.units.to_text()}\n".encode()


def read_rows(data: bytes) -> Iterator[Utterance]:
    """Every row; blank lines are skipped, a row without an id gets its line number as id.

    Raises:
        UnitsFileError: a line that is not this format; the message names it.
        UnitsError: a unit that is out of range.
    """
    for number, raw in enumerate(data.split(b"\n"), start=1):
        try:
            line = raw.decode().removesuffix("\r")
            if line.strip(" "):
                yield _utterance(line, number)
        except (UnicodeDecodeError, UnitsFileError) as error:
            raise UnitsFileError(f"line {number}: {error}") from error


def _utterance(line: str, number: int) -> Utterance:
    *fields, tokens = line.split("\t")
    if len(fields) > 2 or fields[1:] not in ([], [MARK]):
        raise UnitsFileError("a line is tokens, or id <tab> tokens, or id <tab> reduced <tab> tokens.")
    ids = np.array(parse_tokens(tokens.strip(" ")), np.int64)
    return Utterance(id=fields[0] if fields else str(number), units=Units(ids=ids), reduced=len(fields) == 2)
