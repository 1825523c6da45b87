"""Units of the decoder's training clips: what the S2U hears, or better, what it should have heard.

    python -m recipes.u2s_units CACHE --s2u speechkit/bundled/s2u

A clip whose text is known is aligned with it by the S2U's own scores, and its phones are spelled in the codes that the code
table has for them. A decoder learns a cleaner table of sounds from units without the S2U's mistakes, and such units are what the
talker and the S2U's phone search write. A clip that does not match its text keeps what the S2U hears.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from recipes.code_table import align, table_of
from recipes.s2u_data import row_phones
from recipes.u2s_data import SAMPLE_RATE, SAMPLES_PER_UNIT, read_index
from s2u import S2U
from s2u.phone_search import FLOOR
from s2u.spelling import CodeTable, contexts
from speechkit.errors import SpeechkitError


def write_units(s2u_folder: Path, cache: Path, codes: Path | None = None) -> int:
    """Give units to every clip that has none; the codec is kept in `units.json`. Units of another codec are overwritten.

    Args:
        codes: votes of `recipes.code_table` that clips which match their texts are spelled by; None takes the S2U's own, where
            it has them, HEARD none.
    Returns:
        How many clips were encoded.
    """
    s2u = S2U.load(s2u_folder)
    speller = Speller(s2u, table_of(s2u, codes))
    units, note = np.memmap(cache / "units.i16", np.int16, "r+"), cache / "units.json"
    if not note.exists() or json.loads(note.read_text())["codec"] != speller.s2u.codec:
        units[:] = -1
        note.write_text(json.dumps({"codec": speller.s2u.codec}))
    samples = np.memmap(cache / "samples.i16", np.int16, "r")
    rows = [row for row in read_index(cache) if units[row["first_unit"]] < 0]
    for row in tqdm(rows, desc="units", mininterval=5):
        begin, end = row["first_unit"], row["first_unit"] + row["num_units"]
        clip = samples[begin * SAMPLES_PER_UNIT : end * SAMPLES_PER_UNIT].astype(np.float32) / 32767
        units[begin:end] = speller.units(row, soxr.resample(clip, SAMPLE_RATE, 16000, quality="HQ"))
    units.flush()
    if speller.codes is not None:
        print(f"{speller.spelled} of {len(rows)} clips match their texts and are spelled")
    return len(rows)


class Speller:
    """Units of a clip, out of its samples and its text."""

    def __init__(self, s2u: S2U, codes: CodeTable | None) -> None:
        self.s2u, self.codes, self.spelled = s2u, codes, 0
        self.phones = torch.from_numpy(codes.phones(s2u.config.num_units)) if codes else torch.zeros(0)

    def units(self, row: dict[str, Any], waveform: NDArray[np.float32]) -> NDArray[np.int64]:
        """int64 [N] of a clip float32 [N * 640] at 16 kHz."""
        samples = waveform[: row["num_units"] * 640].astype(np.float32)
        path = self._path(row, samples) if self.codes is not None else None
        if path is None or self.codes is None:
            return self.s2u.encode(samples, 16000).ids
        self.spelled += 1
        return self.codes.spell(contexts(path.astype(np.int16)))

    def _path(self, row: dict[str, Any], samples: NDArray[np.float32]) -> NDArray[np.int64] | None:
        """The phone that every unit says, or None where speech and text do not fit."""
        try:
            labels = row_phones(row)
        except (SpeechkitError, KeyError):
            return None
        if not 0 < len(labels) < 0.8 * row["num_units"]:
            return None
        heard = self.s2u.scores(samples, 16000).softmax(-1) @ self.phones
        return align(torch.log(heard + FLOOR).numpy(), labels)


def main(arguments: list[str] | None = None) -> None:
    """Command line; see the head of this file."""
    parser = argparse.ArgumentParser(prog="python -m recipes.u2s_units", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cache", type=Path, help="folder of recipes.u2s_data")
    parser.add_argument("--s2u", required=True, type=Path, help="S2U model folder")
    parser.add_argument("--codes", type=Path, help="votes of recipes.code_table [default: the S2U's own], or 'heard'")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    print(write_units(options.s2u, options.cache, options.codes), "clips encoded")


if __name__ == "__main__":
    main()
