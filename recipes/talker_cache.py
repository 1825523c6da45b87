"""Talker shards out of labelled S2U caches, without hearing anything again: texts spelled in the codes of their phones.

    python -m recipes.talker_cache cache/corpus --s2u speechkit/bundled/s2u -o shards/corpus

The cache has `labels.i16` (`recipes.code_table`, `recipes.realign` or `recipes.align`). The units are the code table's: what the
S2U would write if it made no mistake; how long each sound is held comes from the recording.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from recipes.code_table import table_of
from recipes.s2u_clips import splits
from recipes.talker_data import ShardWriter, entry_of, fold, phones_at, read_texts
from s2u import S2U
from s2u.spelling import SILENCE, CodeTable, contexts
from speechkit.text import EMOVA240, phone_ids, reading

_LABELS = frozenset(EMOVA240)


def places_of(path: NDArray[np.int64], symbols: list[str]) -> NDArray[np.int64] | None:
    """Which symbol every unit says.

    The first unit is the language's, the last one the final mark's; silence between two phones belongs to the mark between
    them, and where there is none to the phone before it.

    Args:
        path: N phone ids or SILENCE, each phone of the text one run, in order.
        symbols: language, then phones with marks between the words, then a mark.
    Returns:
        int64 [N], rising by 0, 1, or 2 over a mark; None where path and symbols do not fit each other.
    """
    spoken = [place for place, symbol in enumerate(symbols) if symbol in _LABELS]
    starts = np.r_[0, np.flatnonzero(np.diff(path)) + 1]
    runs = path[starts]
    if runs[runs != SILENCE].tolist() != phone_ids([symbols[place] for place in spoken]) or len(path) < 3:
        return None
    number = np.cumsum(runs != SILENCE)
    places = np.r_[0, spoken][number]
    after = np.r_[spoken, len(symbols)][number] - 1
    places = np.where((runs == SILENCE) & (after > places), after, places)
    units = np.repeat(places, np.diff(np.r_[starts, len(path)]))
    units[0], units[-1] = 0, len(symbols) - 1
    leaps = units[:-1][np.diff(units) > 1] + 1
    marks_only = all(symbols[place] not in _LABELS for place in leaps.tolist())
    return units if marks_only and np.diff(units).max() <= 2 else None


def prepare(cache: Path, codes: CodeTable, codec: str, output: Path, without: frozenset[str] = frozenset()) -> int:
    """Write the shard of one cache; returns how many clips were left out because text and labels do not fit."""
    writer, lost = ShardWriter(output, codec), 0
    for clips in splits(cache):
        for index, row in enumerate(tqdm(clips.rows, desc=f"{output.name} {row_split(clips.rows)}", mininterval=5)):
            if row["id"] in writer.done or fold(row["text"]) in without:
                continue
            aligned = clips[index]["aligned"]
            symbols = [f"<|{row['language']}|>", *reading(row["text"], row["language"])] if row["kind"] != "pinyin" else []
            places = None if aligned is None or not symbols else places_of(aligned.numpy(), symbols)
            units = None if places is None else codes.spell(contexts(phones_at(places, symbols)))
            entry = None if units is None or places is None else entry_of(row, symbols, units, places, 0.0, codec)
            lost += entry is None
            if entry is not None:
                writer.add(entry)
    return lost


def row_split(rows: list[dict[str, object]]) -> str:
    """The split that rows are of."""
    return str(rows[0].get("split") or "train")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m recipes.talker_cache", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cache", type=Path, help="folder of recipes.s2u_data with labels")
    parser.add_argument("--s2u", type=Path, required=True, help="model folder of the S2U whose codebook it is")
    parser.add_argument("--codes", type=Path, help="votes of recipes.code_table [default: the S2U's own]")
    parser.add_argument("-o", "--output", type=Path, required=True, help="shard folder, made or extended")
    parser.add_argument("--without", type=Path, help="JSONL whose texts are left out, for instance a test set")
    options = parser.parse_args()
    without = read_texts(options.without) if options.without else frozenset()
    s2u = S2U.load(options.s2u)
    codes = table_of(s2u, options.codes)
    if codes is None:
        raise SystemExit(f"{options.s2u} has no code table: give --codes, the votes of recipes.code_table.")
    lost = prepare(options.cache, codes, s2u.codec, options.output, without)
    print(f"{options.output}: {lost} clips left out: speech and text do not fit")


if __name__ == "__main__":
    main()
