"""Talker training data: manifests -> units, aligned with their texts, in packed shards.

    python -m recipes.talker_data --manifest corpus/manifest.jsonl --s2u speechkit/bundled/s2u -o shards/corpus

A row of the manifest has `audio`, `text`, `language`; and, where known, `gender`, `emotion`, `pitch`, `speed`, `energy`,
and an `instruction`; `split` says "train" or, for what losses are watched on, anything else (default: about 2 % of the
clips). A shard is a folder: `index.jsonl` (one row a clip), `units.i16` and `places.i16` (which symbol of the
text each unit says), end to end. Clips are appended, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from recipes.code_table import table_of
from recipes.s2u_data import read_16k, read_manifest
from recipes.talker_align import align, shorten_pauses
from recipes.u2s_data import is_validation
from recipes.u2s_data import read_index as read_cache
from s2u import S2U
from s2u.spelling import SILENCE, contexts
from speechkit.errors import CheckpointError, ManifestError, TextError
from speechkit.talker.config import TalkerConfig
from speechkit.talker.header import ATTRIBUTES
from speechkit.text import EMOVA240, phone_ids, reading

RATES = {"en": (11.8, 14.8), "zh": (11.0, 15.0)}
"""Phones a second, pauses left out, below which speech is slow and above which it is fast."""

LONGEST_HOLD = TalkerConfig().longest_hold
_LABELS = frozenset(EMOVA240)


class Encoder:
    """Rows to shard entries with one S2U, and the units that a decoder's cache has already."""

    def __init__(self, folder: Path, cache: Path | None = None, codes: Path | None = None) -> None:
        self.s2u = S2U.load(folder)
        self.codes = table_of(self.s2u, codes)
        self.known = known_units(cache, self.s2u.codec) if cache else {}

    def entry(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """One clip, aligned; None where text and speech do not fit each other.

        Raises:
            ManifestError: the style of the row is unknown, or its language.
        """
        try:
            symbols = reading(row["text"], row["language"])
        except TextError as error:
            raise ManifestError(f"{row['id']}: {error}") from error
        if not symbols:
            return None
        symbols = [f"<|{row['language']}|>", *symbols]
        units = self._units(row["audio"])
        aligned = align(self._opinion(units), symbols) if len(units) else None
        if aligned is None:
            return None
        if self.codes is not None:
            units = self.codes.spell(contexts(phones_at(aligned.places, symbols)))
        return entry_of(row, symbols, units, aligned.places, round(aligned.score, 3), self.s2u.codec)

    def _units(self, audio: str) -> np.ndarray:
        known = self.known.get(str(Path(audio).resolve()))
        if known is not None:
            return known.astype(np.int64)
        return self.s2u.encode(read_16k(audio), self.s2u.config.sample_rate).ids

    @torch.inference_mode()
    def _opinion(self, ids: np.ndarray) -> np.ndarray:
        """Log probability of every phone and the blank for every unit, float32 [N, 241]."""
        codes = self.s2u.quantizer.codes_of(torch.from_numpy(ids))[None]
        return self.s2u.phone_decoder(codes)[0].log_softmax(-1).numpy()


def entry_of(
    row: dict[str, Any], symbols: list[str], units: np.ndarray, places: np.ndarray, score: float, codec: str
) -> dict[str, Any] | None:
    """What a shard keeps of a clip; None where a sound is held for too long.

    Raises:
        ManifestError: the style of the row is unknown.
    """
    kept = shorten_pauses(places, symbols)
    ids, places = units[kept], places[kept]
    if np.bincount(places).max() > LONGEST_HOLD:
        return None
    return {
        "id": row["id"], "text": row["text"], "language": row["language"], "speaker": row.get("speaker"),
        "split": row.get("split") or ("dev" if is_validation(row["id"]) else "train"),
        "instruction": row.get("instruction"), "style": style_of(row, places, symbols),
        "symbols": symbols, "score": score, "codec": codec,
        "units": ids.astype(np.int16), "places": places.astype(np.int16),
    }  # fmt: skip


def phones_at(places: np.ndarray, symbols: list[str]) -> np.ndarray:
    """Phone of every unit, int16 [N]: that of the symbol it says, SILENCE at a mark."""
    ids = [phone_ids([symbol])[0] if symbol in _LABELS else SILENCE for symbol in symbols]
    return np.array(ids, np.int16)[places]


def known_units(cache: Path, codec: str) -> dict[str, np.ndarray]:
    """Units int16 [N] by audio path, of the clips of a `recipes.u2s_data` cache that are encoded already.

    Raises:
        CheckpointError: the cache's units are of another codec.
    """
    found = json.loads((cache / "units.json").read_text(encoding="utf-8"))["codec"]
    if found != codec:
        raise CheckpointError(f"the units of {cache} are of codec {found}, the S2U is {codec}; encode them again.")
    units = np.fromfile(cache / "units.i16", np.int16)
    spans = {}
    for row in read_cache(cache):
        span = units[row["first_unit"] : row["first_unit"] + row["num_units"]]
        if len(span) and span.min() >= 0:
            spans[str(Path(row["path"]).resolve())] = span
    return spans


def style_of(row: dict[str, Any], places: np.ndarray, symbols: list[str]) -> dict[str, str]:
    """Header values: what the manifest says; else the measured speed, and neutral and normal for the rest of read speech.

    Raises:
        ManifestError: the manifest says something unknown.
    """
    rate = len([symbol for symbol in symbols if symbol in _LABELS])
    seconds = sum(symbols[place] in _LABELS for place in places) / 25
    slow, fast = RATES[row["language"]]
    speed = "slow" if rate < slow * seconds else "fast" if rate > fast * seconds else "normal"
    style = {"gender": None, "emotion": "neutral", "pitch": "normal", "speed": speed, "energy": "normal"}
    style |= {name: row[name] for name in ATTRIBUTES if row.get(name)}
    for name, value in style.items():
        if value is not None and value not in ATTRIBUTES[name]:
            raise ManifestError(f"{row['id']}: {name} is one of {', '.join(ATTRIBUTES[name])}, got {value!r}.")
    return {name: value for name, value in style.items() if value}


class ShardWriter:
    """Appends entries to a shard folder."""

    def __init__(self, folder: Path, codec: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        rows = read_index(folder)
        if wrong := {row["codec"] for row in rows} - {codec}:
            raise CheckpointError(f"{folder} holds units of codec {', '.join(wrong)}, this S2U is {codec}; use another folder.")
        self.done = {row["id"] for row in rows}
        self.position = max((row["first"] + row["length"] for row in rows), default=0)
        for name in ("units.i16", "places.i16"):
            (folder / name).touch()
            os.truncate(folder / name, 2 * self.position)

    def add(self, entry: dict[str, Any]) -> None:
        """Append one entry."""
        arrays = {name: entry.pop(name) for name in ("units", "places")}
        for name, values in arrays.items():
            with (self.folder / f"{name}.i16").open("ab") as file:
                file.write(values.tobytes())
        entry |= {"first": self.position, "length": len(arrays["units"])}
        with (self.folder / "index.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self.position += entry["length"]


def read_index(folder: Path) -> list[dict[str, Any]]:
    """Rows of a shard; a last line that an interrupted run left unfinished does not count."""
    path = folder / "index.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    if lines and not lines[-1].endswith("\n"):
        path.write_text("".join(lines[:-1]), encoding="utf-8")
        lines = lines[:-1]
    return [json.loads(line) for line in lines]


def prepare(
    manifest: Path, s2u: Path, output: Path, *, longest_seconds: float = 17.0, hours: float = 0.0,
    without: frozenset[str] = frozenset(), cache: Path | None = None, codes: Path | None = None, workers: int = 1,
) -> int:  # fmt: skip
    """Encode and align one manifest into one shard.

    Args:
        manifest, s2u, output: paths.
        longest_seconds: longer clips are left out.
        hours: of speech at most; 0 takes all.
        without: texts that are left out, folded by `fold`: those that something else is measured on.
        cache: of `recipes.u2s_data`; clips whose units it has are not encoded again.
        codes: votes of `recipes.code_table`: units are spelled from the aligned phones, without the S2U's mistakes; None
            takes the S2U's own where it has one, HEARD none.
        workers: processes that encode.
    Returns:
        How many clips were left out because speech and text do not fit.
    """
    rows = [row for row in read_manifest(manifest) if row.get("duration_seconds", 0.0) <= longest_seconds]
    rows = [row for row in rows if fold(row["text"]) not in without]
    if hours:
        ends = np.cumsum([row["duration_seconds"] for row in rows])
        rows = rows[: int(np.searchsorted(ends, 3600 * hours))]
    writer = ShardWriter(output, S2U.load(s2u).codec)
    fresh = [row for row in rows if row["id"] not in writer.done]
    lost = 0
    for entry in tqdm(_entries(fresh, (s2u, cache, codes), workers), total=len(fresh), desc=output.name, mininterval=10):
        if entry is None:
            lost += 1
        else:
            writer.add(entry)
    return lost


def fold(text: str) -> str:
    """Letters only, lower case: what makes two texts the same."""
    return "".join(character for character in text.lower() if character.isalnum())


def read_texts(path: Path) -> frozenset[str]:
    """The texts of a JSONL file, folded."""
    return frozenset(fold(json.loads(line)["text"]) for line in path.read_text(encoding="utf-8").splitlines())


_encoder: Encoder | None = None


def _start(*sources: Path | None) -> None:
    global _encoder
    torch.set_num_threads(1)
    _encoder = Encoder(*sources)  # type: ignore[arg-type]


def _entry(row: dict[str, Any]) -> dict[str, Any] | None:
    return _encoder.entry(row)  # type: ignore[union-attr]


def _entries(
    rows: list[dict[str, Any]], sources: tuple[Path, Path | None, Path | None], workers: int
) -> Iterator[dict[str, Any] | None]:
    if workers == 1:
        encoder = Encoder(*sources)
        yield from (encoder.entry(row) for row in rows)
        return
    with multiprocessing.get_context("spawn").Pool(workers, _start, sources) as pool:
        yield from pool.imap(_entry, rows, chunksize=4)


def main(arguments: list[str] | None = None) -> None:
    """Command line; see the head of this file."""
    parser = argparse.ArgumentParser(prog="python -m recipes.talker_data")
    parser.add_argument("--manifest", type=Path, required=True, help="JSONL: audio, text, language, gender, …")
    parser.add_argument("--s2u", type=Path, required=True, help="model folder of the S2U")
    parser.add_argument("-o", "--output", type=Path, required=True, help="shard folder, made or extended")
    parser.add_argument("--hours", type=float, default=0.0, help="of speech at most (default: all)")
    parser.add_argument("--without", type=Path, help="JSONL whose texts are left out, for instance a test set")
    parser.add_argument("--cache", type=Path, help="cache of recipes.u2s_data, whose units are taken where it has them")
    parser.add_argument("--codes", type=Path, help="votes of recipes.code_table [default: the S2U's own], or 'heard'")
    parser.add_argument("--workers", type=int, default=1, help="processes that encode")
    options = parser.parse_args(arguments)
    without = read_texts(options.without) if options.without else frozenset()
    lost = prepare(
        options.manifest, options.s2u, options.output, hours=options.hours, without=without, cache=options.cache,
        codes=options.codes, workers=options.workers,
    )  # fmt: skip
    print(f"{len(read_index(options.output))} clips in {options.output}; {lost} left out: speech and text do not fit")


if __name__ == "__main__":
    main()
