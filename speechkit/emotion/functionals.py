"""A clip's frames to one vector that says how it was spoken: averages and spreads, none of which know the words' order."""

import torch
from torch import Tensor

from speechkit.emotion.features import MELODY, NUM_MELS, PERIODIC
from speechkit.errors import ShapeError

SPEECH_DEPTH = 7.2
"""How far below the loudest frame speech reaches, in the scaled log-mel summed over bins as a logarithm; about 30 dB."""
BANDS = 16
LAGS = (1, 5)
"""Frames of 20 ms over which change is measured."""
QUANTILES = (0.05, 0.25, 0.75, 0.95)
WIDTH = 2 * NUM_MELS + len(LAGS) * BANDS + 11
MIN_VOICED = 8


def functionals(frames: Tensor) -> Tensor:
    """Averages over the speech in a clip.

    Args:
        frames: float [F, 83] of `EmotionFeatures`.
    Returns:
        float32 [203]: mean and standard deviation of each mel bin, mean change of 16 bands over 20 and 100 ms, ten
        figures of the melody (in semitones or their logarithms), spread of the loudness.
    """
    mel = frames[:, :NUM_MELS].float()
    loudness = mel.logsumexp(1)
    speech = loudness > loudness.max() - SPEECH_DEPTH
    spoken = mel[speech]
    spread = spoken.std(0, correction=0)
    parts = [spoken.mean(0), spread, *(_change(mel, speech, lag) for lag in LAGS)]
    return torch.cat([*parts, melody_figures(frames[:, NUM_MELS:].float(), speech), loudness.std(correction=0)[None]])


def _change(mel: Tensor, speech: Tensor, lag: int) -> Tensor:
    """Mean absolute difference over `lag` frames in 16 bands, float [16]."""
    if len(mel) <= lag or not bool(speech[lag:].any()):
        return mel.new_zeros(BANDS)
    steps = (mel[lag:] - mel[:-lag]).abs()[speech[lag:]]
    return steps.reshape(len(steps), BANDS, -1).mean(dim=(0, 2))


def melody_figures(melody: Tensor, speech: Tensor) -> Tensor:
    """Ten figures of the melody, float [10].

    Args:
        melody: float [F, 3]: octaves from the median, slope, periodicity; speech: bool [F].
    """
    if melody.shape[1] != MELODY:
        raise ShapeError(f"melody is [F, {MELODY}], got {tuple(melody.shape)}.")
    voiced = melody[:, 2] > PERIODIC
    tones = 12 * melody[voiced, 0] if int(voiced.sum()) >= MIN_VOICED else melody.new_zeros(MIN_VOICED)
    slopes = 12 * melody[voiced, 1] if int(voiced.sum()) >= MIN_VOICED else melody.new_zeros(MIN_VOICED)
    lowest, low, high, highest = torch.quantile(tones, tones.new_tensor(QUANTILES))
    periodicity = melody[speech, 2]
    figures = [
        tones.std(correction=0).clamp_min(0.2).log(), (highest - lowest).clamp_min(0.5).log(), (high - low).clamp_min(0.3).log(),
        highest, -lowest, slopes.abs().mean(), 3 * slopes.mean(),
        3 * periodicity.mean(), 3 * periodicity.std(correction=0), voiced.float().mean(),
    ]  # fmt: skip
    return torch.stack(figures)
