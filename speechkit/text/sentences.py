"""Splitting text into sentences."""

from __future__ import annotations

import re

_CLOSERS = "\"'”’»)\\]）】」』》"
_END = re.compile(rf"(?:\.{{2,}}|[.!?。！？…])[.!?。！？…]*[{_CLOSERS}]*|\n\s*\n|(?<=[。！？])\n")
_NEVER_LAST = re.compile(
    r"(?:^|[\s(\"'“‘])(?:Mr|Mrs|Ms|Dr|Prof|St|Mt|Gen|Col|Capt|Lt|Sgt|Gov|Sen|Rep|Rev|Hon|vs|cf|ca"
    r"|e\.g|i\.e|approx|Fig|fig|vol|Vol|pp|est|al|Jan|Feb|Mar|Apr|Aug|Sept|Sep|Oct|Nov|Dec|[A-Z])\.$"
)
_BEFORE_DIGITS = re.compile(r"(?:^|\s)(?:Nos?|nos?|p|pp|ch)\.$")
_SOMETIMES_LAST = re.compile(
    r"(?:^|[\s(\"'“‘])(?:etc|Inc|Ltd|Co|Corp|Jr|Sr|Ave|Rd|Blvd|Ph\.D|[ap]\.m|(?:[A-Z]\.)+[A-Z])\.$"
)
_STARTERS = (
    "The", "A", "An", "He", "She", "It", "We", "They", "I", "You", "This", "That", "These", "Those", "But",
    "And", "So", "In", "On", "At", "There", "When", "If", "As", "My", "His", "Her", "Our", "Their", "What",
    "Why", "How", "Who", "Then", "Now",
)  # fmt: skip


def sentences(text: str) -> list[str]:
    """Split a text into sentences.

    A sentence ends at . ! ? … 。 ！ ？ with the quotes and brackets that close after it, and at an
    empty line. A full stop does not end one inside a number or address, after an abbreviation or
    initial, or before a lower-case word.

    Args:
        text: any text.
    Returns:
        The sentences in order, trimmed, none empty; joined they hold all of the text but white space.
    >>> sentences("Dr. Li paid $3.50. Why? 他走了。我也走。")
    ['Dr. Li paid $3.50.', 'Why?', '他走了。', '我也走。']
    """
    found, start = [], 0
    for match in _END.finditer(text):
        if _ends(text, start, match):
            end = match.end()
            if match[0].endswith('"') and text.count('"', start, end) % 2 and not text[:start].count('"') % 2:
                end -= 1
            found.append(text[start:end].strip())
            start = end
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    mark, following = match[0], text[match.end() :].lstrip()
    if not following or not mark.strip() or any(sign in mark for sign in "。！？"):
        return True
    spaced = text[match.end()].isspace()
    if not mark.startswith("."):
        return (spaced and not following[0].islower()) or _is_wide(following[0]) or (mark[0] == "…" and not spaced)
    if not (spaced or _is_wide(following[0])) or following[0].islower():
        return False
    return mark[:2] == ".." or not _abbreviated(text[start : match.start() + 1], following)


def _abbreviated(before: str, following: str) -> bool:
    """Whether the full stop belongs to an abbreviation or initial and no new sentence follows."""
    if _SOMETIMES_LAST.search(before):
        word = re.match(r"[\"'“‘(]*([A-Za-z]+)", following)
        return word is not None and word[1] not in _STARTERS
    if _BEFORE_DIGITS.search(before):
        return following[0].isdigit()
    return _NEVER_LAST.search(before) is not None


def _is_wide(character: str) -> bool:
    return "\u2e80" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"
