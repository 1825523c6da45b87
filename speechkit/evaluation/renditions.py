"""Two recordings of one utterance side by side: whose voice it is, how the pitch moves, how far the spectrum went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speechkit.errors import SpeechkitError
from speechkit.evaluation.audio import F0Method, track_f0
from speechkit.metrics.cepstral import MEL_CEPSTRUM_SETTINGS, mel_cepstral_distortion
from speechkit.metrics.mel_cepstrum import SILENCE_DB, loud_frames, mel_cepstrum
from speechkit.metrics.pitch import pitch_errors
from speechkit.metrics.pitch_control import median_pitch
from speechkit.metrics.result import Skip
from speechkit.metrics.speaker import cosine_similarity
from speechkit.protocols import SpeakerEmbedder
from speechkit.types import Speech
from speechkit.waveform import resample

Vector = NDArray[np.float32]

MCD_RATE = 16000
MCD_PARAMETERS: dict[str, Any] = {
    "align": "frames", "include_c0": False, "analysis": "warped FFT cepstrum", "sample_rate": MCD_RATE,
    "order": MEL_CEPSTRUM_SETTINGS[MCD_RATE][0], "alpha": MEL_CEPSTRUM_SETTINGS[MCD_RATE][1],
    "left_out": f"frames {SILENCE_DB:g} dB below the original's loudest",
}  # fmt: skip
"""How `distortion` is computed, for the result's parameters."""


def voice_vectors(embedders: Sequence[SpeakerEmbedder], clips: Sequence[Speech]) -> dict[str, Vector]:
    """The voice of some recordings: by embedder, the mean direction of their vectors; empty without recordings.

    Raises:
        SpeechkitError: a recording that cannot be embedded.
    """
    found = {}
    for embedder in embedders if clips else ():
        mean = np.mean([embedder.embed(clip.samples, clip.sample_rate) for clip in clips], axis=0)
        found[embedder.name] = (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
    return found


def likeness(
    embedders: Sequence[SpeakerEmbedder], original: Speech, speech: Speech, target: Mapping[str, Vector]
) -> dict[str, Any]:
    """Cosines of voice vectors.

    Args:
        embedders: each gives its own values.
        original: who spoke first, or a prompt.
        speech: what was made.
        target: from `voice_vectors` of the voice that should speak; empty: not measured.
    Returns:
        "similarity_<embedder>" of speech and original; with a target also "similarity_target_<embedder>" of speech and
        target, and "similarity_target_<embedder>_original" of original and target, from which it should have moved.
    """
    values: dict[str, Any] = {}
    for embedder in embedders:
        name = f"similarity_{embedder.name.partition(':')[0]}"
        before, after = (_vector(embedder, side) for side in (original, speech))
        values |= _cosine(name, before, after)
        if embedder.name in target:
            wanted, name = target[embedder.name], name.replace("similarity_", "similarity_target_")
            values |= _cosine(name, wanted, after) | _cosine(f"{name}_original", wanted, before)
    return values


def _vector(embedder: SpeakerEmbedder, speech: Speech) -> Vector | Skip:
    try:
        return embedder.embed(speech.samples, speech.sample_rate)
    except SpeechkitError as error:
        return Skip(type(error).__name__)


def _cosine(name: str, first: Vector | Skip, second: Vector | Skip) -> dict[str, Any]:
    lost = next((side for side in (first, second) if isinstance(side, Skip)), None)
    value = lost or cosine_similarity(first, second)  # type: ignore[arg-type]  # no Skip is left
    return {name: None, f"{name}_skipped": value.reason} if isinstance(value, Skip) else {name: value}


def distortion(original: Speech, speech: Speech) -> dict[str, Any]:
    """Mel-cepstral distortion of two renditions with equal timing, in dB; see `MCD_PARAMETERS`. Cut to the shorter."""
    first, second = (resample(side.samples, side.sample_rate, MCD_RATE) for side in (original, speech))
    size = min(len(first), len(second))
    loud = loud_frames(first[:size])
    cepstra = (mel_cepstrum(side[:size], MCD_RATE)[loud] for side in (first, second))
    value = mel_cepstral_distortion(*cepstra, align="frames")
    return {"MCD": None, "MCD_skipped": value.reason} if isinstance(value, Skip) else {"MCD": value}


def pitch_comparison(original: Speech, speech: Speech, method: F0Method) -> dict[str, Any]:
    """F0 errors and medians of two renditions with equal timing; tracks are cut to the shorter."""
    tracks = [track_f0(side.samples, side.sample_rate, method=method) for side in (original, speech)]
    frames = min(map(len, tracks))
    errors = pitch_errors(tracks[0][:frames], tracks[1][:frames])
    values: dict[str, Any] = {
        "median_f0_original": median_pitch(tracks[0]),
        "median_f0_respoken": median_pitch(tracks[1]),
    }
    if isinstance(errors, Skip):
        return values | {"VDE": None, "VDE_skipped": errors.reason}
    return values | {
        "GPE": errors.gpe,
        "VDE": errors.vde,
        "FFE": errors.ffe,
        "logF0_RMSE": errors.log_f0_rmse,
        "logF0_corr": errors.correlation_log,
    }
