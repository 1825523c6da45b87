"""Reading JSON that a model wrote: whole, wrapped in words or a fence, or cut off in the middle; repairs are told."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from speechkit.metrics.judge_reply import first_json_object, remove_trailing_commas

MAX_DEPTH = 100
"""Deeper nesting is not read."""


@dataclass(frozen=True, kw_only=True)
class ReadJson:
    """An object found in a text."""

    value: dict[str, Any] | None
    """None when there is none."""
    repaired: bool = False
    """The text had ended before the object did; what was open has been closed, an incomplete last pair dropped."""
    open_key: str | None = None
    """The key whose text was cut off, if any."""


def read_json_object(text: str) -> ReadJson:
    """The first JSON object of a text; when it is cut off, the part that is there.

    >>> read_json_object('Sure: {"a": "b"} there you go')
    ReadJson(value={'a': 'b'}, repaired=False, open_key=None)
    >>> read_json_object('{"a": "b", "c": "half a sen')
    ReadJson(value={'a': 'b', 'c': 'half a sen'}, repaired=True, open_key='c')
    """
    if "{" not in text or text.count("{") + text.count("[") > 10000:
        return ReadJson(value=None)
    whole = first_json_object(text)
    if whole is not None:
        return ReadJson(value=whole)
    return _closed(text[text.find("{") :])


@dataclass
class _Scan:
    """Where a cut text stands: brackets to close, and the last place where all pairs were complete."""

    closers: list[str] = field(default_factory=list)
    inside: bool = False
    escaped: bool = False
    safe: list[tuple[int, str]] = field(default_factory=list)
    """Ends to try, last first: the text up to here, and what closes it."""


def _scan(text: str) -> _Scan | None:
    """None when the text closes more than it opens, closes its object, or nests too deep."""
    state = _Scan()
    for index, character in enumerate(text):
        if state.inside:
            state.inside = state.escaped or character != '"'
            state.escaped = character == "\\" and not state.escaped
        elif character == '"':
            state.inside = True
        elif character in "{[":
            state.closers.append("}" if character == "{" else "]")
            if len(state.closers) > MAX_DEPTH:
                return None
            state.safe.append((index + 1, "".join(reversed(state.closers))))
        elif character in "}]":
            if not state.closers or state.closers.pop() != character or not state.closers:
                return None
        elif character == ",":
            state.safe.append((index, "".join(reversed(state.closers))))
    return state


def _closed(text: str) -> ReadJson:
    state = _scan(text)
    if state is None:
        return ReadJson(value=None)
    end = "".join(reversed(state.closers))
    tries = [(_without_half_escape(text) + '"' + end, state.inside)] if state.inside else [(text + end, False)]
    tries += [(text[:place] + closing, False) for place, closing in reversed(state.safe[-4:])]
    for candidate, cut_text in tries:
        try:
            value = json.loads(remove_trailing_commas(candidate), strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            key = str(list(value)[-1]) if cut_text and value else None
            return ReadJson(value=value, repaired=True, open_key=key)
    return ReadJson(value=None)


def _without_half_escape(text: str) -> str:
    """Without a last escape sequence that is not complete, or half of a surrogate pair.

    >>> _without_half_escape('{"a": "b\\\\u00')
    '{"a": "b'
    """
    found = re.search(r"(\\+)(u[0-9a-fA-F]{0,3})?$", text)
    if found and len(found[1]) % 2:
        text = text[: found.end(1) - 1]
    return re.sub(r"(?<!\\)((?:\\\\)*)\\u[dD][89abAB][0-9a-fA-F]{2}$", r"\1", text)
