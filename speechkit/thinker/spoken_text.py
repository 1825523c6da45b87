"""From a language model's stream to sentences that can be said aloud."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from speechkit.text.sentences import sentences
from speechkit.thinker.thoughts import FIELDS

_STOP = re.compile(
    rf"\n\s*\n|(?:^|\n)\s*(?:User|Assistant|System|用户|助手)\s*[:：]|</?(?:{'|'.join(FIELDS)})>|<\|", re.IGNORECASE
)
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
MAX_SENTENCE = 300
"""Characters after which a text without an end of a sentence is given up."""


class SpokenSentences:
    """Takes pieces of text, gives clean sentences; remembers what it left out.

    A sentence has at least one letter or digit and is in the wanted script; Markdown, emoji and control characters are
    taken out. It ends at what looks like another speaker, a tag, a blank line, or after `max_sentences`.
    """

    def __init__(self, language: str, max_sentences: int = 3) -> None:
        self.language = language
        self.max_sentences = max_sentences
        self.problems: list[str] = []
        """"wrong_language", "unspeakable", "cut_sentence"; each once."""

    def run(self, pieces: Iterable[str]) -> Iterator[str]:
        """Sentences, each stripped.

        Args:
            pieces: of a text; no more of them are taken than needed.
        Yields:
            At most `max_sentences`.
        """
        given = 0
        for raw, complete in self._raw_sentences(pieces):
            clean = speakable(raw)
            if not any(character.isalnum() for character in clean):
                self._note("unspeakable" if raw.strip() else "")
            elif bool(_HAN.search(clean)) != (self.language == "zh"):
                self._note("wrong_language")
            elif not complete and given:
                self._note("cut_sentence")
            else:
                given += 1
                yield clean
            if given == self.max_sentences:
                return

    def _raw_sentences(self, pieces: Iterable[str]) -> Iterator[tuple[str, bool]]:
        """Text up to each end of a sentence, and whether it is complete."""
        buffer = ""
        for piece in pieces:
            buffer = buffer + piece if buffer.strip() else piece.lstrip()
            stop = _STOP.search(buffer)
            buffer = buffer[: stop.start()] if stop else buffer
            parts = sentences(buffer)
            yield from ((part, True) for part in parts[:-1])
            tail = buffer[len(buffer.rstrip()) :]
            buffer = parts[-1] + tail if parts else tail
            if stop or len(buffer) > MAX_SENTENCE:
                break
        if buffer.strip():
            yield buffer, bool(re.search(r"[.!?…。！？]\s*$", buffer))

    def _note(self, problem: str) -> None:
        if problem and problem not in self.problems:
            self.problems.append(problem)


def speakable(text: str) -> str:
    """Without Markdown, emoji, tags and control characters, on one line.

    >>> speakable("**Sure!** 😀 I'm `here`\\n")
    "Sure! I'm here"
    """
    kept = (
        character if unicodedata.category(character)[0] in "LNPZM" or character in "+=$€£°%" else " "
        for character in text
    )
    bare = re.sub("&(?:amp|lt|gt);", " ", "".join(kept))
    bare = re.sub(r"[*#`~_|<>\[\]{}\\\ufffd]+", " ", bare)
    return re.sub(r"\s+([,.!?;:，。！？])", r"\1", re.sub(r"\s+", " ", bare)).strip()
