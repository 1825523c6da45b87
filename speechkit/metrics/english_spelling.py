"""British spellings to American ones, so that a transcript is not wrong for writing "colour"."""

from __future__ import annotations

import functools
from importlib.resources import files

PARITY_MISPRINTS = {
    "archaeology": "archeology</span>",
    "archaeological": "archaeological",
    "archeological": "archaeological",
    "battleax": "battleaxe",
    "battleaxe": "battleaxe",
    "pummelled": "pummel",
    "pummelling": "pummeled",
    "snowploughs": "snowplow",
    "tranquilly": "tranquility",
}
"""Entries of Whisper's table that are misprints or point the wrong way; applied with `parity` only."""


def american_spelling(text: str, *, parity: bool = False) -> str:
    """Replace each British word; words are what spaces separate, which single spaces then join.

    Args:
        text: lower-case text.
        parity: reproduce the misprints of Whisper's table.
    Returns:
        Text of as many words.
    Source: the English normaliser of Whisper.
    >>> american_spelling("the colour of the theatre")
    'the color of the theater'
    """
    table = spelling_table()
    misprints = PARITY_MISPRINTS if parity else {}
    return " ".join(misprints.get(word, table.get(word, word)) for word in text.split())


@functools.cache
def spelling_table() -> dict[str, str]:
    """British word to American word, expanded from the rules in `data/british_american.txt`."""
    rules = files("speechkit.metrics").joinpath("data/british_american.txt").read_text(encoding="utf-8")
    table: dict[str, str] = {}
    for line in rules.splitlines():
        if line.startswith("#"):
            continue
        change, endings, stems = line.replace(".", "").split("|")
        old, new = change.split(">")
        for stem in stems.split(" "):
            for ending in endings.split(" "):
                table[stem + old + ending] = stem + new + ending
    return table
