"""Audio files to waveforms and back, whole or block by block; damaged ones are refused."""

import os
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import soundfile

from speechkit.errors import AudioFileError
from speechkit.protocols import Waveform
from speechkit.types import Speech
from speechkit.waveform.samples import to_int16

Channel = int | Literal["mean"]
"""Which channel of a file becomes the mono waveform: an index from 0, or the mean of all."""

FORMATS = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG", ".opus": "OGG", ".mp3": "MP3"}
SUBTYPES = {".wav": "PCM_16", ".flac": "PCM_16", ".ogg": "VORBIS", ".opus": "OPUS", ".mp3": "MPEG_LAYER_III"}
BLOCK_SAMPLES = 1 << 16  # libsndfile's Ogg writer overflows its stack on very long writes
UNKNOWN_LENGTH = 2**62  # libsndfile reports more than that where a header does not tell
STREAMED_SIZES = {0, 0xFFFFFFFF, 0xFFFFFFFE, 0x7FFFFFFF, 0x7FFFF000}  # data sizes that WAV writers leave in a pipe


@dataclass(frozen=True, kw_only=True)
class AudioInfo:
    """What an audio file says about itself.

    Attributes:
        sample_rate: Hz.
        num_samples: samples per channel; for MP3 what its header promises.
        channels: number of channels.
        encoding: container and sample format, for instance "WAV PCM_16".
    """

    sample_rate: int
    num_samples: int
    channels: int
    encoding: str

    @property
    def duration_seconds(self) -> float:
        """Length in seconds."""
        return self.num_samples / self.sample_rate


def info(path: str | Path | BinaryIO) -> AudioInfo:
    """Read the header of an audio file.

    Raises:
        AudioFileError: the file is missing, a folder, empty, truncated, or not audio.
    """
    with _open(path) as file:
        return AudioInfo(
            sample_rate=file.samplerate,
            num_samples=file.frames,
            channels=file.channels,
            encoding=f"{file.format} {file.subtype}",
        )


def load(path: str | Path | BinaryIO, *, channel: Channel = "mean") -> tuple[Waveform, int]:
    """Read a whole audio file as mono: WAV, FLAC, OGG (Vorbis, Opus), MP3 and whatever else libsndfile reads.

    Args:
        path: the file, or a seekable binary stream.
        channel: "mean" averages all channels (a phase-inverted pair cancels out); a number takes that one, from 0.
    Returns:
        float32 [T], integer formats scaled to [-1, 1) (float formats as stored); and the sample rate of the file in Hz,
        which is never changed here. T is 0 for a file with a header and no samples.
    Raises:
        AudioFileError: the file is missing, a folder, empty, truncated, or not audio, or has no such channel.
    """
    with _open(path) as file:
        _check_channel(file, _name(path), channel)
        pieces = list(_mono_blocks(file, _name(path), 10 * file.samplerate, channel))
        return np.concatenate([np.zeros(0, np.float32), *pieces]), file.samplerate


def load_blocks(path: str | Path | BinaryIO, seconds: float = 10.0, *, channel: Channel = "mean") -> Iterator[Waveform]:
    """Read a file piece by piece, so that memory stays flat on an hour of audio; the pieces joined equal `load()`.

    Args:
        path: the file, or a seekable binary stream; its sample rate is `info(path).sample_rate`.
        seconds: length of each piece but the last, at least one sample.
        channel: as in `load()`.
    Yields:
        float32 [T], T = seconds x sample rate, the last one shorter.
    Raises:
        AudioFileError: as `load()`; raised at once where the header tells, while reading otherwise.
    """
    file = _open(path)
    _check_channel(file, _name(path), channel)
    return _close_after(file, _mono_blocks(file, _name(path), max(1, round(seconds * file.samplerate)), channel))


def save(path: str | Path, speech: Speech) -> None:
    """Write speech as 16-bit audio; the ending of the name says the format: .wav .flac .ogg .opus .mp3.

    Values beyond full scale saturate. The file appears whole or not at all.

    Raises:
        AudioFileError: an unknown ending, a place that cannot be written, or a rate that the format does not take.
        WaveformError: NaN or infinity.
    """
    save_blocks(path, [speech.samples], speech.sample_rate)


def save_blocks(path: str | Path, blocks: Iterable[Waveform], sample_rate: int) -> None:
    """As `save()`, from pieces as they come (each float32 [T]), so that memory stays flat."""
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in FORMATS:
        raise AudioFileError(f"cannot write {target}: the name must end in one of {', '.join(FORMATS)}.")
    partial = target.with_name(f".{target.stem[:100]}.{uuid.uuid4().hex[:8]}.partial")
    try:
        with soundfile.SoundFile(
            partial, "w", samplerate=sample_rate, channels=1, format=FORMATS[suffix], subtype=SUBTYPES[suffix]
        ) as file:
            for block in blocks:
                pcm = to_int16(block)
                for start in range(0, len(pcm), BLOCK_SAMPLES):
                    file.write(pcm[start : start + BLOCK_SAMPLES])
        os.replace(partial, target)
    except (soundfile.SoundFileError, OSError) as error:
        raise AudioFileError(f"cannot write {target} at {sample_rate} Hz: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


class _SequentialFile(soundfile.SoundFile):
    """A file read front to back. soundfile seeks after every read of a seekable file, and MP3 decoding is not exact there."""

    def seekable(self) -> bool:
        return False


def _name(path: str | Path | BinaryIO) -> str:
    return str(path) if isinstance(path, (str, Path)) else "the stream"


def _open(path: str | Path | BinaryIO) -> soundfile.SoundFile:
    name = _name(path)
    if isinstance(path, (str, Path)):
        _refuse_unreadable(Path(path))
    try:
        file = _SequentialFile(path)
    except (soundfile.SoundFileError, OSError, TypeError) as error:
        raise AudioFileError(
            f"{name} is not an audio file that can be read ({error}); WAV, FLAC, OGG and MP3 can."
        ) from error
    try:
        _refuse_cut_wav(file, name)
    except AudioFileError:
        file.close()
        raise
    return file


def _refuse_unreadable(path: Path) -> None:
    if path.is_dir():
        raise AudioFileError(f"{path} is a folder; name an audio file in it.")
    if not path.exists():
        raise AudioFileError(f"{path} does not exist.")
    if path.is_file() and path.stat().st_size == 0:
        raise AudioFileError(f"{path} is empty (0 bytes).")


def _refuse_cut_wav(file: soundfile.SoundFile, name: str) -> None:
    """libsndfile reads a cut-off WAV to its early end and only notes it in its log."""
    note = re.search(r"^\s*data : (\d+) \(should be (\d+)\)", file.extra_info, re.MULTILINE)
    if note and int(note[1]) > int(note[2]) and int(note[1]) not in STREAMED_SIZES:
        raise AudioFileError(
            f"{name} is truncated: its header promises {note[1]} bytes of samples, {note[2]} are there."
        )


def _check_channel(file: soundfile.SoundFile, name: str, channel: Channel) -> None:
    if channel != "mean" and not 0 <= channel < file.channels:
        raise AudioFileError(f"{name} has channels 0 to {file.channels - 1}; there is no channel {channel}.")


def _mono_blocks(file: soundfile.SoundFile, name: str, size: int, channel: Channel) -> Iterator[Waveform]:
    read = 0
    while True:
        try:
            block = file.read(size, dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, OSError) as error:
            raise AudioFileError(f"{name} is damaged after {read / file.samplerate:.2f} s: {error}") from error
        read += len(block)
        if not len(block):
            break
        yield np.ascontiguousarray(block.mean(axis=1) if channel == "mean" else block[:, channel])
    if UNKNOWN_LENGTH > file.frames > read + max(file.samplerate // 10, file.frames // 100):
        raise AudioFileError(f"{name} is truncated: its header promises {file.frames} samples, {read} could be read.")


def _close_after(file: soundfile.SoundFile, blocks: Iterator[Waveform]) -> Iterator[Waveform]:
    with file:
        yield from blocks
