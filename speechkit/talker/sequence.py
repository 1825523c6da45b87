"""The one sequence that every talker reads and writes, whatever its backbone.

    <instruction> … </instruction> <style> gender emotion pitch speed energy </style> <text> … </text> <units> … </units>

Control symbols, header values and units are single symbols with the same names everywhere; the instruction and the text
between them are spelled by the vocabulary of the backbone (`speechkit.talker.vocabulary`, or a language model's tokenizer).
"""

from __future__ import annotations

from collections.abc import Sequence

from speechkit.talker.header import ATTRIBUTES, StyleHeader
from speechkit.types import NUM_UNITS

INSTRUCTION, END_INSTRUCTION = "<instruction>", "</instruction>"
STYLE, END_STYLE = "<style>", "</style>"
TEXT, END_TEXT = "<text>", "</text>"
UNITS, END_UNITS = "<units>", "</units>"

CONTROLS = (INSTRUCTION, END_INSTRUCTION, STYLE, END_STYLE, TEXT, END_TEXT, UNITS, END_UNITS)
"""Symbols around the four parts."""


def style_symbol(attribute: str, value: str) -> str:
    """Symbol of one header value.

    >>> style_symbol("pitch", "low")
    '<|pitch_low|>'
    """
    return f"<|{attribute}_{value}|>"


def unit_symbol(unit: int) -> str:
    """Symbol of one unit, EMOVA's.

    >>> unit_symbol(782)
    '<|speech_782|>'
    """
    return f"<|speech_{unit}|>"


STYLE_SYMBOLS = tuple(style_symbol(name, value) for name, values in ATTRIBUTES.items() for value in values)
"""Header values in order."""


def added_symbols(num_units: int = NUM_UNITS) -> tuple[str, ...]:
    """Everything a vocabulary must have beside its spelling: controls, header values, units; in this order."""
    return (*CONTROLS, *STYLE_SYMBOLS, *(unit_symbol(unit) for unit in range(num_units)))


def header_symbols(header: StyleHeader) -> list[str]:
    """Symbols of the attributes that are set."""
    return [style_symbol(name, value) for name, value in header.items()]


def before_header(instruction: Sequence[int], ids: dict[str, int]) -> list[int]:
    """Token ids up to the place where the header is written.

    Args:
        instruction: spelled instruction; empty for none.
        ids: token id of each added symbol.
    """
    return [ids[INSTRUCTION], *instruction, ids[END_INSTRUCTION], ids[STYLE]]


def after_header(text: Sequence[int], ids: dict[str, int]) -> list[int]:
    """Token ids from the end of the header to the place where units are written."""
    return [ids[END_STYLE], ids[TEXT], *text, ids[END_TEXT], ids[UNITS]]


def whole(
    instruction: Sequence[int], header: StyleHeader, text: Sequence[int], units: Sequence[int], ids: dict[str, int]
) -> list[int]:
    """The whole sequence, as it is trained on."""
    style = [ids[symbol] for symbol in header_symbols(header)]
    spoken = [ids[unit_symbol(unit)] for unit in units]
    return [*before_header(instruction, ids), *style, *after_header(text, ids), *spoken, ids[END_UNITS]]
