"""From pieces of a text to its sentences, each as soon as it is certain to be over."""

from __future__ import annotations

import re

from speechkit.text.sentences import sentences


class SentenceStream:
    """Takes pieces of a text, gives whole sentences; what cannot be said (no letter, no digit) is passed over.

    >>> stream = SentenceStream()
    >>> [stream.take(piece) for piece in ("Dr. Li paid", " $3.", "50. Why", "?")], stream.rest()
    ([[], [], ['Dr. Li paid $3.50.'], ['Why?']], [])
    """

    def __init__(self) -> None:
        self._buffer = ""

    def take(self, piece: str) -> list[str]:
        """The sentences that a piece completes."""
        self._buffer += piece
        found = sentences(self._buffer)
        if not found:
            return []
        if is_over(found[-1]):
            self._buffer = ""
            return [sentence for sentence in found if _speakable(sentence)]
        tail = self._buffer[len(self._buffer.rstrip()) :]
        self._buffer = found[-1] + tail
        return [sentence for sentence in found[:-1] if _speakable(sentence)]

    def rest(self) -> list[str]:
        """What is left at the end of the text."""
        left, self._buffer = self._buffer.strip(), ""
        return [left] if _speakable(left) else []


def is_over(sentence: str) -> bool:
    """Whether a sentence ends here, whatever follows: not after an abbreviation, an initial, or a digit and a point.

    >>> [is_over(text) for text in ("I am here.", "Dr.", "It costs 3.", "好的。", "and then")]
    [True, False, False, True, False]
    """
    if re.search(r"[。！？]$", sentence):
        return True
    ends = re.search(r"[.!?…][\"'”’)]*$", sentence) and not re.search(r"\d\.$", sentence)
    return bool(ends) and len(sentences(f"{sentence} The")) > 1


def _speakable(sentence: str) -> bool:
    return any(character.isalnum() for character in sentence)
