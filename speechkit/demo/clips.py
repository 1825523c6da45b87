"""What the demo speaks: the synthesised clips inside the package, or the first seconds of a user's recording."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speechkit import waveform
from speechkit.errors import AudioFileError, WaveformError
from speechkit.protocols import Waveform

BUNDLED = Path(__file__).parents[1] / "bundled" / "demo"
LIMIT_SECONDS = 30.0
"""A page with players and plots needs no more of a recording."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DemoClip:
    """A recording to speak again.

    Attributes:
        name: what the page calls it.
        text: what is said, where it is known.
        origin: who made it, in words.
        samples: float32 [T] in [-1, 1].
        sample_rate: Hz.
        shortened: only the first LIMIT_SECONDS of the recording are here.
    """

    name: str
    text: str
    origin: str
    samples: Waveform
    sample_rate: int
    shortened: bool = False


def bundled_clips() -> list[DemoClip]:
    """The clips inside the package: English and Mandarin, women and men, all synthesised.

    Raises:
        AudioFileError: this copy of the package came without them.
    """
    try:
        record = json.loads((BUNDLED / "clips.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AudioFileError(f"the demo's clips are not in {BUNDLED}: {error}; name recordings of your own.") from error
    clips = []
    for entry in record["clips"]:
        samples, sample_rate = waveform.load(BUNDLED / entry["file"])
        origin = f"synthesised: {entry['engine']}, voice {entry['voice']}"
        name = f"{entry['language'].upper()}, {entry['gender']}"
        clips.append(DemoClip(name=name, text=entry["text"], origin=origin, samples=samples, sample_rate=sample_rate))
    return clips


def read_clip(path: Path) -> DemoClip:
    """The first LIMIT_SECONDS of a recording, channels averaged.

    Raises:
        AudioFileError: it cannot be read. WaveformError: it holds no samples.
    """
    found = waveform.info(path)
    wanted = round(LIMIT_SECONDS * found.sample_rate)
    pieces, count = [], 0
    for piece in waveform.load_blocks(path, LIMIT_SECONDS):
        pieces.append(piece)
        count += len(piece)
        if count >= wanted:
            break
    if not count:
        raise WaveformError(f"{path} holds no samples.")
    return DemoClip(
        name=path.name,
        text="",
        origin=f"{found.encoding}, {found.sample_rate} Hz, {found.channels} channels, {found.duration_seconds:.1f} s",
        samples=np.concatenate(pieces)[:wanted],
        sample_rate=found.sample_rate,
        shortened=found.num_samples > wanted,
    )
