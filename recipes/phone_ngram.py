"""Give a finished S2U a sense of language: an n-gram of phones from running text, and a search that listens to it.

    python -m recipes.phone_ngram build speechkit/bundled/s2u --codes codes.safetensors --text moby-dick/data sotu/data \\
        --transcripts libri/manifest.jsonl common_voice_zh/manifest.jsonl -o better_s2u --card card.md
    python -m recipes.phone_ngram tune better_s2u --manifest libri/manifest.jsonl --skip 120 --limit 40

Without texts the n-gram that the S2U has stays, with other codes. Texts are folders of .txt or of chatterbot's .yml, read as
English or, after --mandarin, as Mandarin; of manifests, rows of `split: dev` are left out. The encoder, the codebook and the codec
stay; units of the same speech change, for the better. Tuning prints phone errors of dev clips under several weights; those it
hears should not be those that are reported.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from recipes.code_table import table_of
from recipes.corpora.texts import read_manifest, read_sentences
from recipes.s2u_data import read_16k, row_phones
from s2u import S2U
from s2u.config import SearchConfig
from s2u.phone_ngram import COST_STEP
from s2u.phone_search import PhoneSearch
from s2u.spelling import SILENCE, CodeTable
from speechkit.errors import ConfigError, SpeechkitError
from speechkit.metrics.edit_distance import edit_distance
from speechkit.text import phone_ids, phones

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]
RADIX = 256


@dataclass(frozen=True, kw_only=True, eq=False)
class Grams:
    """Distinct sequences of n phones: sorted keys int64 [G], digits in base 256, oldest first; counts; p(last | before)."""

    keys: Ints
    counts: Reals
    probabilities: Reals


def sequences(texts: Iterable[tuple[str, str]]) -> Iterator[list[int]]:
    """Phone ids of (text, language) pairs; those that cannot be read are left out."""
    for text, language in texts:
        try:
            found = phone_ids(phones(text, language))
        except SpeechkitError:
            continue
        if found:
            yield found


def count(spoken: Iterable[Sequence[int]], order: int) -> list[tuple[Ints, Reals]]:
    """Keys and counts of all sequences of 1 to `order` phones; `SILENCE` stands before and after every sentence."""
    stream = np.concatenate([np.array([SILENCE, *sentence, SILENCE], np.int64) for sentence in spoken])
    edge, counted = stream == SILENCE, []
    for length in range(1, order + 1):
        places = len(stream) - length + 1
        inside = np.ones(places, bool)
        for at in range(length):
            first, last = at == 0, at == length - 1
            inside &= ~edge[at : at + places] | (first & (length > 1)) | last
        if length == 2:
            inside &= ~(edge[:-1] & edge[1:])
        key = np.zeros(places, np.int64)
        for at in range(length):
            key = key * RADIX + stream[at : at + places]
        keys, counts = np.unique(key[inside], return_counts=True)
        counted.append((keys, counts.astype(np.float64)))
    return counted


def smooth(counted: Sequence[tuple[Ints, Reals]], discount: float = 0.75) -> list[Grams]:
    """Absolute discounting, each order interpolated with the one below (Ney et al. 1994)."""
    levels: list[Grams] = []
    for order, (keys, counts) in enumerate(counted):
        _, number = np.unique(keys // RADIX, return_inverse=True)
        total = np.bincount(number, counts)
        taken = np.minimum(counts, discount)
        spare = np.bincount(number, taken) / total
        below = np.full(len(keys), 1 / (SILENCE + 1)) if not levels else _look_up(levels[-1], keys % RADIX**order)
        levels.append(Grams(keys=keys, counts=counts, probabilities=(counts - taken) / total[number] + spare[number] * below))
    return levels


def _look_up(grams: Grams, wanted: Ints) -> Reals:
    return grams.probabilities[np.searchsorted(grams.keys, wanted)]


def prune(levels: Sequence[Grams], budget: int) -> list[Grams]:
    """Keep about `budget` sequences, those whose loss would cost most (count times the change of log probability), and all
    their beginnings; single phones and pairs all stay. Source: weighted difference, Seymore and Rosenfeld 1996."""
    losses = [
        grams.counts * np.log(grams.probabilities / _look_up(levels[order - 1], grams.keys % RADIX**order))
        if order > 1
        else np.full(len(grams.keys), np.inf)
        for order, grams in enumerate(levels)
    ]
    every = np.sort(np.concatenate(losses))[::-1]
    least = every[min(budget, len(every)) - 1]
    kept: list[Grams] = []
    needed = np.zeros(0, np.int64)
    for grams, loss in zip(reversed(levels), reversed(losses), strict=True):
        rows = np.flatnonzero((loss >= least) & (loss > 0) | np.isin(grams.keys, needed))
        kept.append(Grams(keys=grams.keys[rows], counts=grams.counts[rows], probabilities=grams.probabilities[rows]))
        needed = np.unique(grams.keys[rows] // RADIX)
    return kept[::-1]


def pack(levels: Sequence[Grams]) -> dict[str, NDArray[np.uint8]]:
    """The buffers of `s2u.phone_ngram.PhoneNGram`."""
    arrays: dict[str, NDArray[np.uint8]] = {}
    for order, grams in enumerate(levels, 1):
        arrays[f"phone{order}"] = (grams.keys % RADIX).astype(np.uint8)
        arrays[f"cost{order}"] = np.clip(np.round(-np.log(grams.probabilities) / COST_STEP), 0, 255).astype(np.uint8)
        longer = levels[order].keys // RADIX if order < len(levels) else np.zeros(0, np.int64)
        arrays[f"children{order}"] = np.bincount(np.searchsorted(grams.keys, longer), minlength=len(grams.keys)).astype(np.uint8)
    return arrays


def with_search(s2u: S2U, table: CodeTable, levels: Sequence[Grams]) -> S2U:
    """The same S2U with a search over phones; without levels it keeps the n-gram that it has.

    Raises:
        ConfigError: no levels, and no search to keep.
    """
    if levels:
        config = SearchConfig(votes=len(table.codes), grams=tuple(len(grams.keys) for grams in levels))
        grams = {name: torch.from_numpy(array) for name, array in pack(levels).items()}
    elif s2u.search is not None and s2u.config.search is not None:
        config, grams = replace(s2u.config.search, votes=len(table.codes)), s2u.search.ngram.state_dict()
    else:
        raise ConfigError("this S2U has no n-gram to keep: give texts with --text, --mandarin or --transcripts.")
    search = PhoneSearch(config, s2u.config.num_units)
    votes = {"contexts": table.contexts.astype(np.int16), "codes": table.codes.astype(np.int16), "weights": table.weights}
    arrays = {name: torch.from_numpy(array) for name, array in votes.items()}
    search.load_state_dict(arrays | {f"ngram.{name}": tensor for name, tensor in grams.items()})
    s2u.config, s2u.search = replace(s2u.config, search=config), search
    return s2u


def build(options: argparse.Namespace) -> None:
    """Count, smooth, prune, write the model folder."""
    s2u = S2U.load(options.s2u)
    files = [CodeTable.load(path).heavier(options.least) for path in options.codes or ()]
    table = CodeTable.joined(files) if files else table_of(s2u, None)
    if table is None:
        raise SystemExit("this S2U has no code table yet: give --codes, the votes of recipes.code_table.")
    rows = [row for manifest in options.transcripts for row in read_manifest(manifest) if row.get("split") != "dev"]
    texts = [(text, language) for text, language in dict.fromkeys((str(row["text"]), str(row["language"])) for row in rows)]
    texts += [(text, "en") for text in read_sentences(options.text)] + [(text, "zh") for text in read_sentences(options.mandarin)]
    spoken = sequences(tqdm(texts, desc="texts", mininterval=5))
    levels = prune(smooth(count(spoken, options.order)), options.grams) if texts else []
    card = options.card.read_text(encoding="utf-8") if options.card else (options.s2u / "README.md").read_text(encoding="utf-8")
    with_search(s2u, table, levels).save(options.output, card=card, half=True)
    print(json.dumps({"sentences": len(texts), "grams": list(s2u.config.search.grams if s2u.config.search else ())}))


def tune(options: argparse.Namespace) -> None:
    """Phone errors of the search's path under several weights."""
    s2u = S2U.load(options.s2u)
    if s2u.search is None or s2u.config.search is None:
        raise SystemExit(f"{options.s2u} has no search yet: recipes.phone_ngram build.")
    for manifest in options.manifest:
        rows = [row for row in read_manifest(manifest) if row.get("split") == "dev"][options.skip :][: options.limit]
        heard = [(row_phones(row), s2u.scores(read_16k(str(manifest.parent / str(row["audio"]))), 16000)) for row in rows]
        for weight in options.weights:
            for entry in options.entries:
                s2u.search.config = replace(s2u.config.search, language_weight=weight, entry=entry)
                errors = sum(edit_distance(spoken, _said(s2u.search, scores)) for spoken, scores in heard)
                rate = errors / sum(len(spoken) for spoken, _ in heard)
                print(f"{manifest.parent.name}  weight {weight}  entry {entry}  {rate:.4f}", flush=True)


def _said(search: PhoneSearch, scores: torch.Tensor) -> list[int]:
    path = search.phones(scores)
    starts = np.r_[0, np.flatnonzero(np.diff(path)) + 1]
    return [phone for phone in path[starts].tolist() if phone != SILENCE]


def main(arguments: list[str] | None = None) -> None:
    """Command line; see the head of this file."""
    parser = argparse.ArgumentParser(prog="python -m recipes.phone_ngram", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    first = commands.add_parser("build", help="count phones in texts and give the S2U a search")
    first.add_argument("s2u", type=Path, help="model folder")
    first.add_argument("--codes", nargs="*", type=Path, help="votes of recipes.code_table [default: what the S2U has]")
    first.add_argument("--least", type=float, default=0.5, help="lighter votes of those files are left out")
    first.add_argument("--text", nargs="*", type=Path, default=[], help="folders of English text")
    first.add_argument("--mandarin", nargs="*", type=Path, default=[], help="folders of Mandarin text")
    first.add_argument("--transcripts", nargs="*", type=Path, default=[], help="manifests whose texts count as well")
    first.add_argument("--order", type=int, default=6, help="phones of the longest sequence, at most 7")
    first.add_argument("--grams", type=int, default=900_000, help="sequences to keep")
    first.add_argument("--card", type=Path, help="model card [default: the old one]")
    first.add_argument("-o", "--output", type=Path, required=True, help="model folder to write")
    second = commands.add_parser("tune", help="phone errors of dev clips under several weights")
    second.add_argument("s2u", type=Path, help="model folder")
    second.add_argument("--manifest", nargs="+", type=Path, required=True, help="manifests; their dev rows are heard")
    second.add_argument("--skip", type=int, default=120, help="dev rows to leave out, those that are reported")
    second.add_argument("--limit", type=int, default=40, help="dev rows to hear")
    second.add_argument("--weights", nargs="+", type=float, default=[0.2, 0.3, 0.4], help="language weights")
    second.add_argument("--entries", nargs="+", type=float, default=[1.0, 1.5, 2.0], help="entry rewards")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    try:
        {"build": build, "tune": tune}[options.command](options)
    except SpeechkitError as error:
        raise SystemExit(f"error: {error}") from error


if __name__ == "__main__":
    main()
