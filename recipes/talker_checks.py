"""Figures of a talker: headers, phones of the units, hostile texts, and instructions that leak into the speech.

    python -m recipes.talker_checks header  --models MODELS
    python -m recipes.talker_checks phones  --models MODELS --manifest texts.jsonl [--instruction "Whisper it, sadly"]
    python -m recipes.talker_checks hostile --models MODELS --count 1000
    python -m recipes.talker_checks leaks   --models MODELS --manifest texts.jsonl --count 200 --asr whisper:FOLDER
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from speechkit.asr.registry import transcriber
from speechkit.metrics.edit_distance import edit_distance
from speechkit.pipeline import Speechkit, load
from speechkit.protocols import Transcriber
from speechkit.talker import Saying, StyleHeader, Watch, write_header
from speechkit.talker.instructions import phrase, random_header
from speechkit.text import phone_ids, phones, reading, strip_tone_and_stress
from speechkit.text.inventory import EMOVA240

_STRANGE = ("😀", "🚂", "\u200b", "\x07", "ß", "ñ", "م", "ф", "½", "℃", "→", "{}", "();", "</text>", "<|speech_7|>", "...", "！？")
_WORDS = (
    "the", "train", "no", "yes", "WWW", "x", "A", "rhythm", "strengths", "3.14", "1999", "$5", "你好", "一", "的", "、", ",", ".",
)  # fmt: skip


def header_accuracy(kit: Speechkit, count: int) -> dict[str, Any]:
    """Share of attributes that are told right from instructions in held-out phrasings, by language and attribute."""
    right: dict[str, list[bool]] = defaultdict(list)
    for language in ("en", "zh"):
        random = np.random.default_rng((1, language == "zh"))
        while len(right[f"{language} gender"]) < count:
            header = random_header(random)
            instruction = phrase(header, language, random, phrasing="held_out")
            if not instruction:
                continue
            told = write_header(kit.talker.utterance(instruction), StyleHeader())
            for name, value in header.items():
                right[f"{language} {name}"].append(getattr(told, name) == value)
    return {name: round(float(np.mean(hits)), 4) for name, hits in right.items()} | {"instructions": 2 * count}


def phone_errors(kit: Speechkit, rows: list[dict[str, Any]], instruction: str) -> dict[str, Any]:
    """Phones that the tokenizer's own phone decoder reads out of the talker's units, against those of the text."""
    tally: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    reasons: Counter[str] = Counter()
    for row in rows:
        saying = Saying(kit.talker, row["text"], language=row["language"], instruction=instruction, seed=1)
        for _ in saying:
            pass
        wanted = phone_ids(phones(row["text"], row["language"]))
        heard = kit.encoder.phones(saying.units)
        bare = [[strip_tone_and_stress(EMOVA240[phone]) for phone in side] for side in (wanted, heard)]
        counts = (edit_distance(wanted, heard), edit_distance(*bare), len(wanted))
        tally[row["language"]] = [old + new for old, new in zip(tally[row["language"]], counts, strict=True)]
        reasons[str(saying.finish_reason)] += 1
    rates = {f"PER {key}": round(all_ / total, 4) for key, (all_, _, total) in tally.items()}
    bare_rates = {f"PER {key} without tone and stress": round(part / total, 4) for key, (_, part, total) in tally.items()}
    return rates | bare_rates | {"finish_reason": dict(reasons), "texts": len(rows)}


def hostile_texts(count: int, seed: int = 0) -> Iterator[str]:
    """Empty, one letter, thousands of letters, emoji, code, repeats, both scripts, control symbols, noise."""
    yield from ("", " ", "\n\n", "a", "好", "?", "a" * 5000, "好" * 1000, "no " * 500, "The end. " * 100)
    random = np.random.default_rng(seed)
    for index in range(count - 10):
        if index % 4 == 0:
            yield "".join(chr(int(code)) for code in random.integers(32, 0x2FFF, int(random.integers(1, 12))))
        elif index % 4 == 1:
            yield str(random.choice(_WORDS)) * int(random.integers(1, 12))
        else:
            yield " ".join(random.choice(_WORDS + _STRANGE, int(random.integers(1, 9))))


def hostile(kit: Speechkit, count: int) -> dict[str, Any]:
    """How hostile texts end; a runaway is longer than its bound, an unexplained silence has symbols to say but no units."""
    reasons: Counter[str] = Counter()
    runaway = silent = 0
    for text in hostile_texts(count):
        saying = Saying(kit.talker, text, seed=1)
        for _ in saying:
            pass
        symbols = sum(len(reading(piece, "zh" if not piece.isascii() else "en")) + 1 for piece in saying.pieces)
        runaway += len(saying.units) > len(saying.pieces) * Watch().spare_units + Watch().most_per_symbol * 1.5 * symbols + 50
        silent += (saying.finish_reason == "empty") != (not len(saying.units))
        reasons[str(saying.finish_reason)] += 1
    return {"texts": count, "finish_reason": dict(reasons), "runaway": runaway, "unexplained": silent}


def content_words(text: str) -> set[str]:
    """Words of four letters or more, lower case.

    >>> sorted(content_words("Whisper it, sadly: a whisper."))
    ['sadly', 'whisper']
    """
    return {word for word in re.findall(r"[a-z']+", text.lower()) if len(word) > 3}


def leaks(kit: Speechkit, rows: list[dict[str, Any]], ear: Transcriber, count: int) -> dict[str, Any]:
    """English texts said under held-out instructions: how often a word of the instruction alone is heard in the speech.

    What the same listener also hears when the text is said without the instruction is its own mistake: “Malay” for “male”.
    """
    random = np.random.default_rng(2)
    leaked, done = [], 0
    texts = [row["text"] for row in rows if row["language"] == "en"]
    while done < count:
        instruction = phrase(random_header(random), "en", random, phrasing="held_out")
        text = texts[done % len(texts)]
        if not instruction:
            continue
        speech = kit.say(text, instruction=instruction, seed=done)
        heard = ear.transcribe(speech.samples, speech.sample_rate, "en")
        words = content_words(heard) & content_words(instruction) - content_words(text)
        if words:
            plain = kit.say(text, style=speech.header, seed=done)
            words -= content_words(ear.transcribe(plain.samples, plain.sample_rate, "en"))
        leaked += [{"instruction": instruction, "text": text, "heard": heard, "words": sorted(words)}] if words else []
        done += 1
    return {"instructions": count, "leaked": len(leaked), "examples": leaked[:5]}


def main(arguments: list[str] | None = None) -> None:
    """Command line; see the head of this file."""
    parser = argparse.ArgumentParser(prog="python -m recipes.talker_checks")
    parser.add_argument("what", choices=("header", "phones", "hostile", "leaks"))
    parser.add_argument("--models", type=Path, help="folder with s2u/, u2s/ and talker/ (default: inside the package)")
    parser.add_argument("--count", type=int, default=500, help="instructions a language, or texts")
    parser.add_argument("--manifest", type=Path, help="JSONL: text, language")
    parser.add_argument("--limit", type=int, default=0, help="texts of each language at most")
    parser.add_argument("--instruction", default="", help="with phones: how to say them")
    parser.add_argument("--asr", default="embedded", help="with leaks: who listens, as for speechkit evaluate")
    options = parser.parse_args(arguments)
    if options.what in ("phones", "leaks") and options.manifest is None:
        parser.error(f"{options.what} needs texts: --manifest FILE, JSONL with text and language.")
    torch.set_num_threads(1)
    kit = load(options.models)
    if options.what == "header":
        found = header_accuracy(kit, options.count)
    elif options.what == "hostile":
        found = hostile(kit, options.count)
    else:
        rows = [json.loads(line) for line in options.manifest.read_text(encoding="utf-8").splitlines()]
        sides = [[row for row in rows if row["language"] == language] for language in ("en", "zh")]
        if options.what == "leaks":
            found = leaks(kit, rows, transcriber(options.asr, threads=1, posteriors=kit.phone_posteriors), options.count)
        else:
            found = phone_errors(kit, [row for side in sides for row in side[: options.limit or None]], options.instruction)
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
