"""Where audio comes from: files, folders, globs, standard input; read block by block at the rate that a model takes."""

import glob
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from speechkit import waveform
from speechkit.errors import AudioFileError, WaveformError
from speechkit.protocols import Waveform

ENDINGS = {*waveform.FORMATS, ".oga", ".aif", ".aiff", ".au", ".caf", ".w64"}
STDIN = "-"
BLOCK_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Source:
    """One recording to read.

    Attributes:
        name: what messages call it.
        id: what its units and its output file are called; unique in a run.
        path: the file; None is standard input.
    """

    name: str
    id: str
    path: Path | None


@dataclass(frozen=True, kw_only=True)
class Recording:
    """An opened source.

    Attributes:
        blocks: float32 [T_i] pieces at the wanted rate.
        seconds: length that the header promises.
        changes: what is done to the samples before a model hears them, in words.
    """

    blocks: Iterator[Waveform]
    seconds: float
    changes: tuple[str, ...]


def find_sources(inputs: Sequence[str]) -> list[Source]:
    """Turn what the user named into recordings: files as they are, folders and globs into the audio files in them.

    Missing files, empty folders and globs without a match stay in the list, so that reading them reports them.
    """
    sources: list[Source] = []
    taken: set[str] = set()
    for text in inputs:
        for id, path in _expand(text):
            name = "standard input" if path is None else str(path)
            sources.append(Source(name=name, id=unique(id, taken), path=path))
    return sources


def unique(id: str, taken: set[str]) -> str:
    """`id`, or `id-2`, `id-3`, … when it is taken; the answer is added to `taken`."""
    name, number = id, 1
    while name in taken:
        number += 1
        name = f"{id}-{number}"
    taken.add(name)
    return name


@contextmanager
def open_recording(source: Source, sample_rate: int, channel: int | None) -> Iterator[Recording]:
    """Open a source for reading at `sample_rate`.

    Args:
        channel: which one, from 0; None takes the mean of all.
    Raises:
        AudioFileError: missing, unreadable, truncated, or without that channel.
        WaveformError: it holds no samples.
    """
    with _opened(source) as file:
        info = waveform.info(file)
        if not isinstance(file, Path):
            file.seek(0)
        if info.num_samples == 0:
            raise WaveformError(f"{source.name} holds no samples.")
        blocks = waveform.load_blocks(file, BLOCK_SECONDS, channel="mean" if channel is None else channel)
        yield Recording(
            blocks=resampled(blocks, info.sample_rate, sample_rate),
            seconds=info.duration_seconds if info.num_samples < waveform.UNKNOWN_LENGTH else float("inf"),
            changes=tuple(_changes(info, sample_rate, channel)),
        )


def resampled(blocks: Iterable[Waveform], sample_rate: int, target_rate: int) -> Iterator[Waveform]:
    """Blocks at another rate; joined, they equal `resample()` of the whole."""
    stream = waveform.StreamResampler(sample_rate, target_rate)
    for block in blocks:
        yield stream.push(block)
    yield stream.finish()


def _expand(text: str) -> Iterator[tuple[str, Path | None]]:
    path = Path(text)
    if text == STDIN:
        yield "stdin", None
    elif path.is_dir() and (found := sorted(file for file in path.rglob("*") if file.suffix.lower() in ENDINGS)):
        yield from ((file.relative_to(path).with_suffix("").as_posix(), file) for file in found)
    elif not path.exists() and (matches := sorted(glob.glob(text, recursive=True))):
        yield from ((Path(match).stem, Path(match)) for match in matches if not Path(match).is_dir())
    else:
        yield path.stem, path


@contextmanager
def _opened(source: Source) -> Iterator[Path | BinaryIO]:
    if source.path is not None:
        yield source.path
        return
    with tempfile.TemporaryFile() as spool:  # audio files are read with seeks, which a pipe has not
        shutil.copyfileobj(sys.stdin.buffer, spool)
        if not spool.tell():
            raise AudioFileError("standard input is empty; pipe an audio file into it.")
        spool.seek(0)
        yield spool


def _changes(info: waveform.AudioInfo, sample_rate: int, channel: int | None) -> Iterator[str]:
    if info.sample_rate != sample_rate:
        loss = f"; nothing above {info.sample_rate // 2} Hz is in there" if info.sample_rate < sample_rate else ""
        yield f"resampled {info.sample_rate} Hz to {sample_rate} Hz{loss}"
    if info.channels > 1:
        yield f"averaged {info.channels} channels" if channel is None else f"took channel {channel} of {info.channels}"
