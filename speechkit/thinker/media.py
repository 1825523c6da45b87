"""Reading what a turn shows: sound as WAV bytes, files as data addresses, videos as frames and sound."""

from __future__ import annotations

import base64
import io
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from speechkit.errors import DependencyError, ThinkerError
from speechkit.protocols import Waveform
from speechkit.waveform import to_int16


@dataclass(frozen=True, kw_only=True, eq=False)
class Video:
    """A decoded video."""

    frames: NDArray[np.uint8]
    """uint8 [F, H, W, 3], RGB."""
    frames_per_second: float
    """Of `frames`."""
    audio: Waveform | None
    """float32 [T] at 16 kHz, mono; None for a silent film."""


def wav_bytes(waveform: Waveform, sample_rate: int) -> bytes:
    """A 16-bit mono WAV file; `waveform` float32 [T] in [-1, 1], beyond saturates."""
    file = io.BytesIO()
    soundfile.write(file, to_int16(waveform), sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def data_address(data: bytes, mime: str) -> str:
    """`data:<mime>;base64,…`."""
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def file_address(path: str, kind: str, max_bytes: int) -> str:
    """A file as data address; its type by the ending of its name.

    Raises:
        ThinkerError: not there, empty, too large, or not of the kind ("image" or "video") by its name.
    """
    mime = mimetypes.guess_type(path)[0] or ""
    if not mime.startswith(f"{kind}/"):
        raise ThinkerError(f"{Path(path).name} is no {kind} by its name.")
    return data_address(read_file(path, max_bytes), mime)


def read_file(path: str, max_bytes: int) -> bytes:
    """Content of a file.

    Raises:
        ThinkerError: not there, empty or too large.
    """
    try:
        size = Path(path).stat().st_size
        if not 0 < size <= max_bytes:
            raise ThinkerError(f"{Path(path).name} has {size} bytes; 1 to {max_bytes} are taken.")
        return Path(path).read_bytes()
    except OSError as error:
        raise ThinkerError(f"a file of the turn cannot be read: {error}.") from error


def read_image(path: str) -> Any:
    """An RGB `PIL.Image`.

    Raises:
        DependencyError: Pillow is not installed.
        ThinkerError: the file is missing or no image.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise DependencyError("images need Pillow: pip install 'speechkit[thinker]'.") from error
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ThinkerError(f"{Path(path).name} cannot be read as an image: {error}.") from error


def read_video(path: str, *, frames_per_second: float = 1.0, max_seconds: float = 300.0, max_side: int = 448) -> Video:
    """Frames at a steady rate, scaled down, and the sound.

    Args:
        path: of the file.
        frames_per_second: of the frames that are kept.
        max_seconds: a longer video is refused.
        max_side: longest side of a frame, in pixels.
    Raises:
        DependencyError: PyAV is not installed.
        ThinkerError: missing, damaged, without a picture, or too long.
    """
    try:
        import av
    except ImportError as error:
        raise DependencyError("videos need PyAV: pip install 'speechkit[thinker]'.") from error
    try:
        with av.open(path) as container:
            if not container.streams.video:
                raise ThinkerError(f"{Path(path).name} has no picture; give it as audio.")
            frames = _frames(container, frames_per_second, max_seconds, max_side)
        with av.open(path) as container:
            sound = _sound(av, container) if container.streams.audio else None
    except (OSError, ValueError, av.FFmpegError) as error:
        raise ThinkerError(f"{Path(path).name} cannot be read as a video: {error}.") from error
    if not frames:
        raise ThinkerError(f"{Path(path).name} holds no frame that can be decoded.")
    return Video(frames=np.stack(frames), frames_per_second=frames_per_second, audio=sound)


def _frames(container: Any, rate: float, max_seconds: float, max_side: int) -> list[NDArray[np.uint8]]:
    kept: list[NDArray[np.uint8]] = []
    for frame in container.decode(video=0):
        seconds = frame.time or 0.0
        if seconds > max_seconds:
            raise ThinkerError(f"the video is longer than {max_seconds:.0f} s; nothing is cut: split it.")
        if seconds * rate >= len(kept):
            scale = min(1.0, max_side / max(frame.width, frame.height))
            size = [max(28, round(side * scale / 28) * 28) for side in (frame.width, frame.height)]
            kept.append(frame.reformat(width=size[0], height=size[1], format="rgb24").to_ndarray())
    return kept


def _sound(av: Any, container: Any) -> Waveform | None:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=16000)
    blocks = [
        block.to_ndarray().reshape(-1)
        for frame in [*container.decode(audio=0), None]
        for block in resampler.resample(frame)
    ]
    return np.concatenate(blocks).astype(np.float32) if blocks else None
