"""Switches for experiments on what a thinker follows: sound alone, pictures alone, or pictures and sound of two clips.

A model that was trained on videos may fail on a missing part for other reasons than the one that is studied, so each part can
be taken away (`drop`) or kept without content: the first frame repeated, noise for sound. Source: the modality analyses of
EmoOmni, section 5, and of AV-EMO-Reasoning.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from speechkit.errors import DependencyError, ThinkerError
from speechkit.protocols import Turn, Waveform
from speechkit.thinker.media import Video, read_video
from speechkit.waveform import to_int16

SAMPLE_RATE = 16000
NOISE_RMS = 0.03
"""Of the noise that stands for sound: about -30 dBFS."""

Modality = Literal["full", "audio", "first-frame", "video", "noise"]
MODALITIES: tuple[str, ...] = get_args(Modality)
"""full: as it is. audio: sound without pictures. first-frame: sound, the first frame repeated. video: pictures without
sound. noise: pictures, noise for sound."""


def switched(turn: Turn, modality: Modality, folder: str | Path, *, seed: int = 0, frames_per_second: float = 4.0) -> Turn:
    """A turn of which only some modalities tell something; its text stays.

    Args:
        turn: with a video, or with sound for "audio" and "noise".
        modality: which; see `MODALITIES`.
        folder: where videos are written.
        seed: of the noise.
        frames_per_second: of written videos.
    Raises:
        ThinkerError: an unknown modality, a video that cannot be read, or a turn that has not what is asked for.
        DependencyError: PyAV is not installed.
    """
    if modality not in MODALITIES:
        raise ThinkerError(f"there is no modality {modality!r}; there are {', '.join(MODALITIES)}.")
    if modality == "full":
        return turn
    if turn.video is None:
        return _without_video(turn, modality, seed)
    video = read_video(turn.video, frames_per_second=frames_per_second)
    if modality in ("audio", "first-frame") and video.audio is None:
        raise ThinkerError(f"{Path(turn.video).name} has no sound to leave.")
    if modality == "audio":
        return replace(turn, video=None, images=(), audio=video.audio, sample_rate=SAMPLE_RATE)
    frames, sound = video.frames, video.audio
    if modality == "first-frame":
        frames = np.repeat(frames[:1], len(frames), axis=0)
    else:
        seconds = len(frames) / frames_per_second if sound is None else len(sound) / SAMPLE_RATE
        sound = None if modality == "video" else noise(seconds, seed)
    target = Path(folder) / f"{Path(turn.video).stem}_{modality}.mkv"
    return replace(turn, video=write_video(target, Video(frames=frames, frames_per_second=frames_per_second, audio=sound)))


def conflicting(seen: Turn, heard: Turn, folder: str | Path, *, frames_per_second: float = 4.0) -> Turn:
    """The pictures of one video with the sound of another: a conflict pair, for `speechkit evaluate affect`.

    Args:
        seen: a turn with a video; its text stays.
        heard: a turn with sound, or with a video that has sound.
        folder: where the video is written.
        frames_per_second: of the written video.
    Returns:
        A turn as long as the sound; the last frame stands where the pictures are shorter.
    Raises:
        ThinkerError: no pictures, or no sound. DependencyError: PyAV is not installed.
    """
    if seen.video is None:
        raise ThinkerError("a conflict pair needs a video to be seen.")
    sound, rate = heard.audio, heard.sample_rate
    if sound is None and heard.video is not None:
        sound, rate = read_video(heard.video, frames_per_second=0.1).audio, SAMPLE_RATE
    if sound is None or not rate:
        raise ThinkerError("a conflict pair needs sound to be heard.")
    frames = read_video(seen.video, frames_per_second=frames_per_second).frames
    wanted = max(1, round(len(sound) / rate * frames_per_second))
    frames = frames[np.minimum(np.arange(wanted), len(frames) - 1)]
    name = f"{Path(seen.video).stem}_with_{Path(heard.video).stem if heard.video else 'sound'}.mkv"
    video = Video(frames=frames, frames_per_second=frames_per_second, audio=sound)
    return replace(seen, audio=None, sample_rate=None, video=write_video(Path(folder) / name, video, sample_rate=rate))


def noise(seconds: float, seed: int = 0) -> Waveform:
    """White noise at 16 kHz, float32 [T], RMS `NOISE_RMS`; the same for a seed."""
    samples = NOISE_RMS * np.random.default_rng(seed).standard_normal(round(seconds * SAMPLE_RATE))
    return samples.clip(-1, 1).astype(np.float32)


def write_video(path: Path, video: Video, *, sample_rate: int = SAMPLE_RATE) -> str:
    """Write a Matroska file: MPEG-4 pictures, uncompressed 16-bit sound.

    Raises:
        DependencyError: PyAV is not installed. ThinkerError: a place that cannot be written.
    """
    try:
        import av
    except ImportError as error:
        raise DependencyError("videos need PyAV: pip install 'speechkit[thinker]'.") from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w", format="matroska") as container:
            _write(av, container, video, sample_rate)
    except (OSError, av.FFmpegError) as error:
        raise ThinkerError(f"the video {path} cannot be written: {error}.") from error
    return str(path)


def _write(av: Any, container: Any, video: Video, sample_rate: int) -> None:
    pictures = container.add_stream("mpeg4", rate=Fraction(video.frames_per_second).limit_denominator(1000))
    pictures.height, pictures.width = video.frames.shape[1:3]
    pictures.pix_fmt, pictures.bit_rate = "yuv420p", 4_000_000
    voice = None
    if video.audio is not None:  # all streams have to be there before the first packet
        voice = container.add_stream("pcm_s16le", rate=sample_rate, layout="mono")
    for number, picture in enumerate(video.frames):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame.pts = number
        container.mux(pictures.encode(frame))
    container.mux(pictures.encode())
    if voice is not None and video.audio is not None:
        sound = av.AudioFrame.from_ndarray(to_int16(video.audio)[None], format="s16", layout="mono")
        sound.sample_rate = sample_rate
        container.mux(voice.encode(sound))
        container.mux(voice.encode())


def _without_video(turn: Turn, modality: Modality, seed: int) -> Turn:
    """Of a turn that has no video: only its images, its sound or noise."""
    if modality in ("audio", "first-frame"):
        if turn.audio is None:
            raise ThinkerError("this turn has no sound to leave.")
        return replace(turn, images=() if modality == "audio" else turn.images)
    if modality == "video":
        if not turn.images:
            raise ThinkerError("this turn has nothing to see.")
        return replace(turn, audio=None, sample_rate=None)
    seconds = len(turn.audio) / turn.sample_rate if turn.audio is not None and turn.sample_rate else 1.0
    return replace(turn, audio=noise(seconds, seed), sample_rate=SAMPLE_RATE)
