"""What is said aloud, out of a thinker's stream, as early as it is certain: for a voice that begins before the end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from speechkit.protocols import Direction, Reply, Thoughts
from speechkit.thinker.formats import parse_thoughts

_UNCERTAIN = re.compile(r"(?:<[^>]{0,30}|&[a-z;]{0,8}|\s+)\Z")
"""What may still become a tag or an escape, or vanish as white space at the end."""

_EARLY = ("tagged", "json", "emova", "released")
"""Formats in which the beginning of a response is known to stay; in others it comes as a whole."""


def spoken_stream(items: Iterable[str | Direction | Reply]) -> Iterator[str | Direction | Reply]:
    """The response alone, and how it is to sound.

    Args:
        items: of `Thinker.stream`.
    Yields:
        Pieces that join to the beginning of `reply.text`, to all of it unless the model took back what it had written
        (then what was said stays said); a Direction where it comes; at last the Reply.
    """
    written, said = "", ""
    for item in items:
        if isinstance(item, Reply):
            if item.text.startswith(said) and item.text != said:
                yield item.text[len(said) :]
            yield item
            return
        if isinstance(item, Direction):
            yield item
            continue
        written += item
        known = response_so_far(written)
        if known.startswith(said) and known != said:
            yield known[len(said) :]
            said = known


def response_so_far(written: str) -> str:
    """The part of the response that is certain in a text that still grows; empty before its marker.

    >>> response_so_far("<user_intent>to talk</user_intent><response>Well, I am he")
    'Well, I am he'
    >>> response_so_far("<user_intent>to talk</user_int")
    ''
    """
    begun = begun_thoughts(written)
    return "" if begun is None else _UNCERTAIN.sub("", begun.response)


def begun_thoughts(written: str) -> Thoughts | None:
    """The thoughts in a text that still grows, once their response has begun; None before, and in formats that may change."""
    parsed = parse_thoughts(written)
    if parsed.format not in _EARLY or "missing:response" in parsed.problems:
        return None
    return parsed.thoughts
