"""Analysis and synthesis with WORLD: a clip to F0, envelope and aperiodicity, and back with another prosody.

Source: Morise, Yokomori and Ozawa 2016 (WORLD), through pyworld; DIO and StoneMask for F0, CheapTrick, D4C.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prototypes.prosody import StyleProsody
from recipes.corpora.engine import require
from recipes.style_corpus.styles import Rendering
from speechkit.errors import WaveformError
from u2s.prosody import SLOPE_SECONDS
from u2s.tilt import effort_decibels, tilt_decibels

Waveform = NDArray[np.float32]
Frames = NDArray[np.float64]

FRAME_SECONDS = 0.005
LEVEL = 0.06
"""Root mean square of the loud part of a clip before the style's gain."""
MAX_PEAK = 0.94
FLOOR_HZ, CEILING_HZ = 55.0, 480.0
"""F0 of renditions stays inside; what would leave is bent back."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
    """A clip as WORLD sees it, 200 frames a second.

    Attributes:
        f0: float64 [F], Hz, 0 where unvoiced.
        envelope: float64 [F, bins], power.
        aperiodicity: float64 [F, bins], in [0, 1], share of the amplitude that is noise.
        sample_rate: Hz.
    """

    f0: Frames
    envelope: Frames
    aperiodicity: Frames
    sample_rate: int

    @property
    def median_log_f0(self) -> float:
        """Natural log of the median F0 over the voiced frames."""
        return float(np.median(np.log(self.f0[self.f0 > 0])))


def analyse(waveform: Waveform, sample_rate: int) -> Analysis:
    """Take a clip apart.

    Args:
        waveform: float32 [T], mono, in [-1, 1].
    Raises:
        WaveformError: fewer than 20 voiced frames (0.1 s).
        DependencyError: pyworld is not installed.
    """
    world = require("pyworld", "pyworld", "the style corpus")
    samples = np.ascontiguousarray(waveform, np.float64)
    coarse, times = world.dio(samples, sample_rate, f0_floor=FLOOR_HZ, f0_ceil=600.0, frame_period=1000 * FRAME_SECONDS)
    f0 = without_jumps(world.stonemask(samples, coarse, times, sample_rate))
    if (f0 > 0).sum() < 20:
        raise WaveformError(
            f"a clip to restyle must hold voiced speech; {int((f0 > 0).sum())} of {len(f0)} frames are."
        )
    envelope = world.cheaptrick(samples, f0, times, sample_rate)
    return Analysis(
        f0=f0, envelope=envelope, aperiodicity=world.d4c(samples, f0, times, sample_rate), sample_rate=sample_rate
    )


def without_jumps(f0: Frames, octave: float = 0.8) -> Frames:
    """F0 with octave errors moved back: frames further than `octave` octaves from the clip's median are folded towards it."""
    voiced = f0 > 0
    if not voiced.any():
        return f0
    away = np.log2(np.where(voiced, f0, 1.0) / np.median(f0[voiced]))
    folded = np.where(np.abs(away) > octave, away - np.sign(away), away)
    return np.where(voiced, np.median(f0[voiced]) * 2.0**folded, 0.0)


def render(analysis: Analysis, style: Rendering, seed: int = 0) -> Waveform:
    """Put a clip together again in a style; deterministic in (analysis, style, seed).

    Returns:
        float32 [T / speed], at the analysis' rate, peak at most 0.94.
    """
    world = require("pyworld", "pyworld", "the style corpus")
    prosody = style.prosody
    frames = stretch(analysis, prosody.speed)
    f0 = shape_f0(frames.f0, prosody, style.jitter, seed)
    envelope = warp_formants(frames.envelope, style.formant_scale)
    envelope = envelope * tilt_power(frames, prosody.tilt_db, prosody.effort_db)
    envelope = envelope * contour_power(envelope, prosody.energy_range)[:, None]
    aperiodicity = add_breath(frames.aperiodicity, prosody.breath_db)
    tracks = (np.ascontiguousarray(track) for track in (f0, envelope, aperiodicity))
    samples = world.synthesize(*tracks, analysis.sample_rate, 1000 * FRAME_SECONDS)
    return at_level(samples, LEVEL * 10 ** (prosody.energy_db / 20), analysis.sample_rate)


def stretch(analysis: Analysis, speed: float) -> Analysis:
    """Change the pace: frames are read `speed` times as fast, the nearest one for F0 and noise, interpolated envelopes."""
    count = len(analysis.f0)
    places = np.arange(round(count / speed)) * (count - 1) / max(1, round(count / speed) - 1)
    low, share = np.floor(places).astype(int), (places % 1.0)[:, None]
    high, nearest = np.minimum(low + 1, count - 1), np.rint(places).astype(int)
    envelope = analysis.envelope[low] ** (1 - share) * analysis.envelope[high] ** share
    return Analysis(
        f0=analysis.f0[nearest],
        envelope=envelope,
        aperiodicity=analysis.aperiodicity[nearest],
        sample_rate=analysis.sample_rate,
    )


def shape_f0(f0: Frames, prosody: StyleProsody, jitter: float, seed: int) -> Frames:
    """Scale the melody about its median, shift it, slope it, shake it; held softly inside the range of voices."""
    voiced = f0 > 0
    log_f0 = np.log(np.where(voiced, f0, 1.0))
    median = float(np.median(log_f0[voiced]))
    octave = np.log(2.0)
    seconds = np.maximum(np.arange(len(f0)) * FRAME_SECONDS - np.argmax(voiced) * FRAME_SECONDS, 0.0)
    slope = -prosody.pitch_slope * SLOPE_SECONDS * np.exp(-seconds / SLOPE_SECONDS)
    slope -= float(np.median(slope[voiced]))
    melody = prosody.pitch_range * (log_f0 - median) + slope / 12 * octave
    melody += jitter * np.random.default_rng(seed).standard_normal(len(f0))
    level = median + prosody.pitch_semitones / 12 * octave
    return np.where(voiced, np.exp(level + bend(melody, np.log(FLOOR_HZ) - level, np.log(CEILING_HZ) - level)), 0.0)


def bend(values: Frames, low: float, high: float) -> Frames:
    """Compress smoothly towards limits on both sides of 0: linear near 0, never beyond (`low` < 0 < `high`)."""
    limit = np.where(values < 0, -low, high)
    knee = 0.75 * limit
    over = np.maximum(np.abs(values) - knee, 0.0)
    return np.sign(values) * (np.minimum(np.abs(values), knee) + (limit - knee) * np.tanh(over / (limit - knee)))


def warp_formants(envelope: Frames, scale: float) -> Frames:
    """Scale the frequency axis of [F, bins]: what was at f comes to f * scale."""
    if scale == 1.0:
        return envelope
    places = np.minimum(np.arange(envelope.shape[1]) / scale, envelope.shape[1] - 1)
    low, share = np.floor(places).astype(int), places % 1.0
    high = np.minimum(low + 1, envelope.shape[1] - 1)
    return envelope[:, low] ** (1 - share) * envelope[:, high] ** share


def tilt_power(analysis: Analysis, tilt_db: float, effort_db: float = 0.0) -> Frames:
    """Power gain per bin, float64 [bins]: `tilt_db` more for every octave from 500 Hz to 8 kHz, and `u2s.tilt`'s effort."""
    hertz = np.linspace(0.0, analysis.sample_rate / 2, analysis.envelope.shape[1])
    return np.asarray(10 ** ((tilt_decibels(hertz, tilt_db) + effort_decibels(hertz, effort_db)) / 10))


def contour_power(envelope: Frames, factor: float) -> Frames:
    """Power gain per frame, float64 [F]: levels stand `factor` times as far below the loud frames' (nine in ten are below).

    Frames more than 20 dB down move along.
    """
    level = 10 * np.log10(envelope.mean(axis=1) + 1e-12)
    below = np.maximum(level - np.quantile(level, 0.9), -20.0)
    return np.asarray(10 ** ((factor - 1.0) * below / 10))


def add_breath(aperiodicity: Frames, gain_db: float) -> Frames:
    """Scale the noise's power against the harmonics' by a gain; both still add up to the envelope."""
    noise = aperiodicity**2 * 10 ** (gain_db / 10)
    return np.sqrt(noise / (noise + 1.0 - aperiodicity**2 + 1e-12))


def at_level(samples: NDArray[np.floating], level: float, sample_rate: int) -> Waveform:
    """Bring the loud part to a root mean square, and the peak to no more than 0.94."""
    frame = round(0.02 * sample_rate)
    power = (samples[: len(samples) // frame * frame].reshape(-1, frame) ** 2).mean(axis=1)
    loud = float(np.sqrt(power[power >= power.max() * 1e-3].mean())) + 1e-9
    gain = min(level / loud, MAX_PEAK / (float(np.abs(samples).max()) + 1e-9))
    return (samples * gain).astype(np.float32)
