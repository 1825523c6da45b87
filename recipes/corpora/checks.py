"""What a spoken clip has to satisfy before it enters a corpus."""

from dataclasses import dataclass

import numpy as np

from recipes.corpora.engine import Waveform
from recipes.corpora.texts import text_key


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a clip may be."""

    margin_seconds: float = 0.15
    """Silence kept before and after the speech."""
    silence_db: float = -45.0
    """Frames this far below the loudest one are silence."""
    longest_pause_seconds: float = 1.1
    """A longer silence inside the clip refuses it."""
    min_peak: float = 0.05
    max_peak: float = 1.6
    """Peaks between full scale and this are turned down; a higher one refuses the clip."""
    seconds_per_letter: tuple[float, float] = (0.03, 0.2)
    """Plausible pace of English, lowest and highest."""
    seconds_per_character: tuple[float, float] = (0.1, 0.5)
    """Plausible pace of Mandarin."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A clip that passed, or the reason why it did not."""

    waveform: Waveform | None = None
    """float32 [T], trimmed; None where refused."""
    reason: str = ""


FRAME_SECONDS = 0.01
FULL_SCALE = 0.98


def inspect(waveform: Waveform, sample_rate: int, text: str, language: str, limits: Limits | None = None) -> Verdict:
    """Trim a clip and judge it: finite, sanely loud, without a long pause, as long as its text suggests.

    Args:
        waveform: float32 [T], any amplitude.
        sample_rate: Hz.
    """
    limits = limits or Limits()
    if not waveform.size or not np.isfinite(waveform).all():
        return Verdict(reason="empty, or not finite")
    peak = float(np.abs(waveform).max())
    if not limits.min_peak <= peak <= limits.max_peak:
        return Verdict(reason=f"peak {peak:.2f}")
    speech = _speech_frames(waveform, sample_rate, limits)
    pause = float(np.diff(speech).max(initial=0)) * FRAME_SECONDS
    if not speech.size or pause > limits.longest_pause_seconds:
        return Verdict(reason=f"a pause of {pause:.2f} s" if speech.size else "silent")
    trimmed = _trim(waveform * min(1.0, FULL_SCALE / peak), speech, sample_rate, limits.margin_seconds)
    pace = (len(trimmed) / sample_rate - 2 * limits.margin_seconds) / max(1, len(text_key(text).replace(" ", "")))
    low, high = limits.seconds_per_character if language == "zh" else limits.seconds_per_letter
    if not low <= pace <= high:
        return Verdict(reason=f"{pace:.3f} s a letter")
    return Verdict(waveform=trimmed)


def _speech_frames(waveform: Waveform, sample_rate: int, limits: Limits) -> np.ndarray:
    """Indices of the frames that hold sound."""
    frame = round(FRAME_SECONDS * sample_rate)
    frames = waveform[: len(waveform) // frame * frame].reshape(-1, frame)
    loudness = np.sqrt((frames.astype(np.float64) ** 2).mean(axis=1)) if len(frames) else np.zeros(1)
    return np.flatnonzero(loudness > loudness.max() * 10 ** (limits.silence_db / 20))


def _trim(waveform: Waveform, speech: np.ndarray, sample_rate: int, margin_seconds: float) -> Waveform:
    """Cut to the speech and its margins, padded where the clip is too tight, with 10 ms fades at both ends."""
    frame, margin = round(FRAME_SECONDS * sample_rate), round(margin_seconds * sample_rate)
    padded = np.pad(waveform, margin)
    clip = padded[speech[0] * frame : (speech[-1] + 1) * frame + 2 * margin].astype(np.float32)
    fade = np.linspace(0.0, 1.0, frame, dtype=np.float32)
    clip[:frame] *= fade
    clip[-frame:] *= fade[::-1]
    return clip
