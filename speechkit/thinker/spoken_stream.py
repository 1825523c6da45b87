"""What is said aloud, out of a thinker's stream, as early as it is certain: for a voice that begins before the end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from speechkit.protocols import Reply
from speechkit.thinker.formats import parse_thoughts

_UNCERTAIN = re.compile(r"(?:<[^>]{0,30}|&[a-z;]{0,8}|\s+)\Z")
"""What may still become a tag or an escape, or vanish as white space at the end."""

_EARLY = ("tagged", "json", "emova", "released")
"""Formats in which the beginning of a response is known to stay; in others it comes as a whole."""


def spoken_stream(items: Iterable[str | Reply]) -> Iterator[str | Reply]:
    """The response alone.

    Args:
        items: of `Thinker.stream`.
    Yields:
        Pieces that join to the beginning of `reply.text`, to all of it unless the model took back what it had written
        (then what was said stays said); at last the Reply.
    """
    written, said = "", ""
    for item in items:
        if isinstance(item, Reply):
            if item.text.startswith(said) and item.text != said:
                yield item.text[len(said) :]
            yield item
            return
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
    parsed = parse_thoughts(written)
    if parsed.thoughts is None or parsed.format not in _EARLY or "missing:response" in parsed.problems:
        return ""
    return _UNCERTAIN.sub("", parsed.thoughts.response)
