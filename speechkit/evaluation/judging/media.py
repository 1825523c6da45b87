"""Files as parts of a chat message, in the three forms that servers take."""

from __future__ import annotations

import base64
import io
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from speechkit.errors import AudioFileError, DependencyError, WaveformError
from speechkit.types import Speech
from speechkit.waveform import load, resample, save

MEDIA_STYLES = ("gemini_image_url", "openai", "vllm")
"""gemini_image_url: everything as image_url with a data URL; openai: frames and input_audio; vllm: video_url, audio_url."""

FRAMES = 8
"""Evenly spaced frames that stand for a video in the "openai" style."""

MIME = {
    ".wav": "audio/wav", ".mp3": "audio/mpeg", ".flac": "audio/flac", ".ogg": "audio/ogg", ".opus": "audio/ogg",
    ".mp4": "video/mp4", ".avi": "video/x-msvideo", ".mkv": "video/x-matroska", ".mov": "video/quicktime",
    ".webm": "video/webm", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png",
}  # fmt: skip


def media_parts(paths: Sequence[str], style: str, max_bytes: int) -> list[dict[str, Any]]:
    """Content parts of files, in order.

    Args:
        paths: audio, image or video files.
        style: one of `MEDIA_STYLES`.
        max_bytes: larger audio is sent as 16 kHz MP3; larger video is refused.
    Raises:
        AudioFileError: a file is missing or of an unknown kind. WaveformError: a file stays too large.
        DependencyError: "openai" frames without the packages av and pillow.
    """
    return [part for path in paths for part in _parts(Path(path), style, max_bytes)]


def kind_of(path: Path) -> str:
    """ "audio", "video" or "image".

    Raises:
        AudioFileError: another ending.
    """
    mime = MIME.get(path.suffix.lower())
    if mime is None:
        raise AudioFileError(f"{path} is no audio, video or image file: its name ends in {path.suffix!r}.")
    return mime.partition("/")[0]


def _parts(path: Path, style: str, max_bytes: int) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        raise AudioFileError(f"{path} does not exist.")
    kind = kind_of(path)
    if style == "openai" and kind == "video":
        yield from _frames_and_sound(path, max_bytes)
        return
    data, suffix = _bytes_within(path, kind, max_bytes)
    if style == "openai" and kind == "audio":
        yield _input_audio(data, suffix)
        return
    url = f"data:{MIME[suffix]};base64,{base64.b64encode(data).decode()}"
    name = f"{kind}_url" if style == "vllm" and kind != "image" else "image_url"
    yield {"type": name, name: {"url": url}}


def _bytes_within(path: Path, kind: str, max_bytes: int) -> tuple[bytes, str]:
    suffix = path.suffix.lower()
    if path.stat().st_size <= max_bytes and not (kind == "audio" and suffix in (".opus", ".flac", ".ogg")):
        return path.read_bytes(), suffix
    if kind != "audio":
        raise WaveformError(f"{path} has {path.stat().st_size} bytes, at most {max_bytes} are sent; downscale it.")
    samples, rate = load(path)
    data = _encoded(resample(samples, rate, 16000), 16000, ".wav")
    if len(data) <= max_bytes:
        return data, ".wav"
    data = _encoded(resample(samples, rate, 16000), 16000, ".mp3")
    if len(data) > max_bytes:
        raise WaveformError(f"{path} has {len(data)} bytes as 16 kHz MP3, at most {max_bytes} are sent; cut it.")
    return data, ".mp3"


def _encoded(samples: np.ndarray, sample_rate: int, suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"clip{suffix}"
        save(path, Speech(samples=samples, sample_rate=sample_rate))
        return path.read_bytes()


def _input_audio(data: bytes, suffix: str) -> dict[str, Any]:
    return {"type": "input_audio", "input_audio": {"data": base64.b64encode(data).decode(), "format": suffix[1:]}}


def _frames_and_sound(path: Path, max_bytes: int) -> Iterator[dict[str, Any]]:
    """Evenly spaced frames as JPEG, then the sound as 16 kHz WAV (MP3 where that is too large)."""
    try:
        import av
        import PIL  # noqa: F401 - av's to_image needs it
    except ImportError as error:
        raise DependencyError("the openai media style needs av and pillow for video: pip install av pillow.") from error
    try:
        with av.open(str(path)) as container:
            frames = [frame.to_image() for frame in container.decode(video=0)]
    except (av.error.FFmpegError, IndexError) as error:
        raise AudioFileError(f"{path} is not a video that can be read: {error}") from error
    for index in np.linspace(0, len(frames) - 1, min(FRAMES, len(frames))).round().astype(int):
        buffer = io.BytesIO()
        frames[index].convert("RGB").save(buffer, "JPEG", quality=85)
        url = f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
        yield {"type": "image_url", "image_url": {"url": url}}
    yield from _sound(path, max_bytes)


def _sound(path: Path, max_bytes: int) -> Iterator[dict[str, Any]]:
    import av

    with av.open(str(path)) as container:
        if not container.streams.audio:
            return
        resampler = av.AudioResampler(format="flt", layout="mono", rate=16000)
        pieces = [
            out.to_ndarray().reshape(-1) for frame in container.decode(audio=0) for out in resampler.resample(frame)
        ]
    samples = np.concatenate(pieces or [np.zeros(1)]).astype(np.float32)
    suffix = ".wav" if 2 * len(samples) <= max_bytes else ".mp3"
    yield _input_audio(_encoded(samples, 16000, suffix), suffix)
