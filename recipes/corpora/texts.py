"""Sentences to say: read from manifests, cleaned, chosen, and dealt out to voices."""

import hashlib
import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from speechkit.errors import ConfigError, ManifestError
from speechkit.text import sentences

READABLE = {
    "en": re.compile(r"[A-Za-z][A-Za-z ,.!?;:'-]*"),
    "zh": re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff，。！？、：；]*"),
}
"""Sentences that need no normalisation before they are read aloud, by language."""
HAN_PER_WORD = 2
"""A Mandarin word counts as two characters."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One clip to make."""

    text: str
    language: str
    voice: str

    def clip_id(self, engine: str) -> str:
        """Name of the clip, the same on every run: engine, voice and a hash of the words."""
        return f"{engine}_{self.voice}_{text_hash(self.text)[:12]}"


def text_key(text: str) -> str:
    """The words alone, lower case without punctuation: equal for two ways to write one sentence.

    >>> text_key("It's late, Joan.")
    'its late joan'
    """
    return re.sub(r"[^a-z\u4e00-\u9fff ]", "", text.lower()).strip()


def text_hash(text: str) -> str:
    """SHA-256 in hex of the words of a sentence."""
    return hashlib.sha256(text_key(text).encode()).hexdigest()


def split_of(text: str) -> str:
    """ "dev" for one sentence in forty, "train" for the rest; all voices of a sentence share its split."""
    return "dev" if int(text_hash(text)[-4:], 16) % 40 == 0 else "train"


def as_sentence(text: str, language: str) -> str:
    """Write a transcript as a sentence: capital letter, full stop, so that an engine gives it a sentence's melody.

    >>> as_sentence("so i went home,", "en")
    'So I went home.'
    """
    text = text.strip().replace("’", "'")
    stop, ends = ("。", "。！？") if language == "zh" else (".", ".!?")
    if language == "en":
        text = re.sub(r"\bi\b", "I", text)
    return text[:1].upper() + (text[1:] if text[-1:] in ends else text[1:].rstrip(",;:-，、；：") + stop)


def word_count(text: str, language: str) -> float:
    """Words of an English sentence; half the characters of a Mandarin one."""
    key = text_key(text)
    return len(key.replace(" ", "")) / HAN_PER_WORD if language == "zh" else len(key.split())


def read_manifest(path: Path) -> list[dict[str, object]]:
    """Rows of a manifest, one JSON object with at least `text` and `language` a line.

    Raises:
        ManifestError: the file is missing, or a line is not such an object; the message gives its number.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ManifestError(f"cannot read the manifest {path}: {error}") from error
    return [_row(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def read_sentences(places: Iterable[Path]) -> Iterator[str]:
    """Sentences of the running text in all .txt and chatterbot's .yml files of folders; paragraphs end at empty lines."""
    for place in places:
        for path in sorted(file for file in place.rglob("*") if file.suffix in (".txt", ".yml")):
            text = path.read_text(encoding="utf-8", errors="replace")
            if path.suffix == ".yml":
                text = "\n\n".join(re.findall(r"^-? ?\s*- (.+)$", text, re.MULTILINE))
            for paragraph in re.split(r"\n\s*\n", text):
                yield from sentences(" ".join(paragraph.split()))


def _row(path: Path, number: int, line: str) -> dict[str, object]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ManifestError(f"{path}, line {number}: not JSON ({error}).") from error
    if not isinstance(row, dict) or not {"text", "language"} <= row.keys():
        raise ManifestError(f"{path}, line {number}: expected an object with text and language, got {line[:80]!r}.")
    return row


def choose_sentences(
    rows: Iterable[Mapping[str, object]], language: str, shortest: int = 4, longest: int = 14, seed: int = 0
) -> list[str]:
    """Pick the distinct, readable sentences of a language, shuffled.

    Args:
        rows: manifest rows. Those of `split: dev` are left out, and so is every other row with the same words.
        shortest, longest: words, counted by `word_count`.
        seed: of the shuffle.
    """
    rows = [row for row in rows if row["language"] == language]
    held_out = {text_key(str(row["text"])) for row in rows if row.get("split") == "dev"}
    sentences: dict[str, str] = {}
    for row in rows:
        text = as_sentence(str(row["text"]), language)
        fits = shortest <= word_count(text, language) <= longest and READABLE[language].fullmatch(text)
        if fits and text_key(text) not in held_out:
            sentences.setdefault(text_key(text), text)
    chosen = list(sentences.values())
    random.Random(seed).shuffle(chosen)
    return chosen


def parse_voices(spec: str) -> dict[str, float]:
    """Read `am_michael*3,af_bella` into a weight per voice; 1 where none is written.

    Raises:
        ConfigError: an empty name, a weight that is not a positive number, or a voice named twice.
    >>> parse_voices("am_michael*3,af_bella")
    {'am_michael': 3.0, 'af_bella': 1.0}
    """
    weights: dict[str, float] = {}
    for part in spec.split(","):
        match = re.fullmatch(r"\s*(\w+)\s*(?:\*\s*(\d+(?:\.\d+)?))?\s*", part)
        weight = float(match[2] or 1) if match else 0.0
        if not match or weight <= 0 or match[1] in weights:
            raise ConfigError(f"expected voices such as 'a,b' or 'a*3,b', each once, got {spec!r}.")
        weights[match[1]] = weight
    return weights


def deal(sentences: Sequence[str], language: str, weights: Mapping[str, float], voices_per_text: int) -> Iterator[Item]:
    """Deal every sentence to distinct voices, so that any prefix is as near to the weights as it can be.

    Args:
        weights: a share per voice; the voice that is furthest behind its share speaks next.
        voices_per_text: voices that say the same sentence; all voices where there are fewer.
    """
    spoken = dict.fromkeys(weights, 0)
    for text in sentences:
        behind = sorted(weights, key=lambda voice: (spoken[voice] + 1) / weights[voice])
        for voice in behind[:voices_per_text]:
            spoken[voice] += 1
            yield Item(text=text, language=language, voice=voice)


def interleave(parts: Sequence[Iterable[Item]]) -> Iterator[Item]:
    """Take from every part in turn until all are empty."""
    waiting = [iter(part) for part in parts]
    while waiting:
        for part in list(waiting):
            item = next(part, None)
            if item is None:
                waiting.remove(part)
            else:
                yield item
