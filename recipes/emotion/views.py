"""Recordings of acted emotion -> a folder of augmented views, 16 kHz, one flat int16 file and an index.

    python -m recipes.emotion.views --manifest ravdess/manifest.jsonl -o views/ --views 5

View 0 of every clip is the trimmed recording. The others are, at random, put through WORLD with another pitch level and
pace (so that a vocoder's sound says nothing about emotion, nor does a voice's height), or resampled; then through a
room, an equaliser and noise. The level never counts: a scorer hears clips at one loudness.
"""

import argparse
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from prototypes.prosody import StyleProsody
from recipes.corpora.texts import read_manifest
from recipes.style_corpus.styles import Rendering
from recipes.style_corpus.world import Analysis, analyse, render
from speechkit.emotion.features import at_level, speech_part
from speechkit.errors import WaveformError
from speechkit.waveform import load, resample

SAMPLE_RATE = 16000
EMOTIONS = ("neutral", "happy", "sad", "angry")
SAME_AS = {"calm": "neutral"}
"""RAVDESS' second baseline, calm, counts as neutral; surprise is left out."""

Waveform = NDArray[np.float32]
Random = np.random.Generator


def emotion_of(row: Mapping[str, object]) -> str:
    """The emotion of a manifest's row, calm as neutral."""
    return SAME_AS.get(str(row["emotion"]), str(row["emotion"]))


def trim(waveform: Waveform, below_db: float = 35.0) -> Waveform:
    """The speech in a clip, as the scorer hears it, at one level.

    Raises:
        WaveformError: silence.
    """
    part = speech_part(torch.from_numpy(np.ascontiguousarray(waveform, np.float32)), below_db)
    if not bool((part != 0).any()):
        raise WaveformError("a clip to learn emotion from must hold sound; this one is silent.")
    return at_level(part).numpy()


def through_world(analysis: Analysis, random: Random) -> Waveform:
    """Another height (within four semitones), pace (within a quarter) and throat; the melody stays."""
    prosody = StyleProsody(
        pitch_semitones=float(random.uniform(-4, 4)),
        pitch_range=float(np.exp(random.uniform(-0.08, 0.08))),
        speed=float(np.exp(random.uniform(-0.22, 0.22))),
        breath_db=float(random.uniform(-2, 2)),
    )
    style = Rendering(prosody=prosody, formant_scale=float(np.exp(random.uniform(-0.08, 0.08))))
    return render(analysis, style, int(random.integers(1 << 31)))


def at_other_speed(waveform: Waveform, random: Random) -> Waveform:
    """Resampled by up to 12 %: pitch, formants and pace together."""
    return resample(waveform, SAMPLE_RATE, round(SAMPLE_RATE * float(np.exp(random.uniform(-0.12, 0.12)))))


def in_a_room(waveform: Waveform, random: Random) -> Waveform:
    """Reverberation: a decaying noise tail of 0.1 to 0.5 s, 6 to 18 dB under the direct sound."""
    tail = random.standard_normal(round(SAMPLE_RATE * random.uniform(0.1, 0.5)))
    tail *= 10 ** (-3 * np.arange(len(tail)) / len(tail))
    tail *= 10 ** (-random.uniform(6, 18) / 20) / np.sqrt((tail**2).sum())
    size = 1 << int(np.ceil(np.log2(len(waveform) + len(tail))))
    wet = np.fft.irfft(np.fft.rfft(waveform, size) * np.fft.rfft(tail, size), size)[: len(waveform)]
    return (waveform + wet).astype(np.float32)


def through_a_channel(waveform: Waveform, random: Random, deviation_db: float = 2.5) -> Waveform:
    """A smooth random equaliser: three cosines over the mel-like axis log(f + 300 Hz)."""
    spectrum = np.fft.rfft(waveform)
    axis = np.log(np.linspace(0, SAMPLE_RATE / 2, len(spectrum)) + 300)
    axis = (axis - axis[0]) / (axis[-1] - axis[0])
    curve = sum(random.normal(0, deviation_db) * np.cos(np.pi * order * axis) for order in (1, 2, 3))
    return np.fft.irfft(spectrum * 10 ** (curve / 20), len(waveform)).astype(np.float32)


def in_noise(waveform: Waveform, random: Random) -> Waveform:
    """Coloured stationary noise, 10 to 35 dB under the speech."""
    spectrum = np.fft.rfft(random.standard_normal(len(waveform)))
    spectrum *= (np.arange(len(spectrum)) + 20.0) ** -random.uniform(0.0, 1.0)
    noise = np.fft.irfft(spectrum, len(waveform))
    gain = np.sqrt((waveform**2).mean() / (noise**2).mean()) * 10 ** (-random.uniform(10, 35) / 20)
    return (waveform + gain * noise).astype(np.float32)


def view(waveform: Waveform, analysis: Analysis | None, random: Random) -> Waveform:
    """One augmented view of a trimmed clip."""
    if analysis is not None and random.random() < 0.65:
        waveform = through_world(analysis, random)
    else:
        waveform = at_other_speed(waveform, random)
    for change, probability in ((in_a_room, 0.3), (through_a_channel, 0.7), (in_noise, 0.4)):
        if random.random() < probability:
            waveform = change(waveform, random)
    return trim(waveform, below_db=30.0)


def views_of(row: dict[str, object], folder: Path, count: int) -> list[Waveform]:
    """All views of a manifest's row; the random draws depend on the clip's name alone."""
    waveform, sample_rate = load(folder / str(row["audio"]))
    clip = trim(resample(waveform, sample_rate, SAMPLE_RATE))
    random = np.random.default_rng(zlib.crc32(str(row["audio"]).encode()))
    try:
        analysis = analyse(clip, SAMPLE_RATE) if count > 1 and random.random() < 0.8 else None
    except WaveformError:
        analysis = None
    return [clip, *(view(clip, analysis, random) for _ in range(count - 1))]


def prepare(manifest: Path, output: Path, count: int) -> int:
    """Write the views of every clip with one of the emotions; dev clips get the plain view only.

    A stopped run goes on where it was. Returns the number of clips written.
    """
    output.mkdir(parents=True, exist_ok=True)
    done = [json.loads(line) for line in _whole_lines(output / "index.jsonl")]
    first = max((row["first"] + row["length"] for row in done), default=0)
    names = {row["audio"] for row in done}
    rows = [row for row in read_manifest(manifest) if emotion_of(row) in EMOTIONS]
    todo = [row for row in rows if row["audio"] not in names]
    (output / "samples.i16").touch()
    with (output / "samples.i16").open("r+b") as samples, (output / "index.jsonl").open("a", encoding="utf-8") as index:
        samples.seek(2 * first)
        for row in tqdm(todo, mininterval=10):
            waveforms = views_of(row, manifest.parent, 1 if row["split"] == "dev" else count)
            for number, waveform in enumerate(waveforms):
                samples.write(np.clip(np.rint(waveform * 32767), -32767, 32767).astype(np.int16).tobytes())
                index.write(json.dumps(_entry(row, number, first, len(waveform))) + "\n")
                first += len(waveform)
            samples.flush()
            index.flush()
    return len(todo)


def _whole_lines(path: Path) -> list[str]:
    """Lines of a file that end as lines do; what a stopped run left half-written is cut off the file."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    path.write_text(whole, encoding="utf-8")
    return whole.splitlines()


def _entry(row: dict[str, object], number: int, first: int, length: int) -> dict[str, Any]:
    entry = {key: row[key] for key in ("audio", "speaker", "gender", "split", "intensity", "emotion")}
    return entry | {"view": number, "first": first, "length": length}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m recipes.emotion.views", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--manifest", type=Path, required=True, help="JSONL with audio, emotion, speaker, gender, split"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the views")
    parser.add_argument("--views", type=int, default=5, help="views of a training clip, the plain one among them")
    options = parser.parse_args()
    print(prepare(options.manifest, options.output, options.views), "clips")


if __name__ == "__main__":
    main()
