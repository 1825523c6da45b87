"""Two recordings of one utterance: likeness of voices, pitch, distortion."""

import numpy as np
import pytest

from speechkit.errors import WaveformError
from speechkit.evaluation.adapters.fakes import FakeSpeakerEmbedder
from speechkit.evaluation.renditions import distortion, likeness, pitch_comparison, voice_vectors
from speechkit.types import Speech
from speechkit.waveform import resample
from tests.evaluation.conftest import tone

EMBEDDERS = [FakeSpeakerEmbedder()]


def clip(seed: int, rate: int = 16000) -> Speech:
    return Speech(samples=resample(tone(seed), 16000, rate), sample_rate=rate)


def test_likeness_to_the_source_and_to_the_target() -> None:
    target = voice_vectors(EMBEDDERS, [clip(5), clip(5)])
    values = likeness(EMBEDDERS, clip(1), clip(5), target)
    assert values["similarity_target_fake"] == pytest.approx(1)
    assert values["similarity_fake"] == pytest.approx(values["similarity_target_fake_original"])
    assert values["similarity_fake"] < 0.98
    assert set(likeness(EMBEDDERS, clip(1), clip(5), {})) == {"similarity_fake"}
    assert voice_vectors(EMBEDDERS, []) == {}


def test_a_recording_without_a_voice_is_a_reason() -> None:
    empty = Speech(samples=np.zeros(0, np.float32), sample_rate=16000)
    assert likeness(EMBEDDERS, clip(1), empty, {}) == {"similarity_fake": None, "similarity_fake_skipped": "WaveformError"}
    silent = Speech(samples=np.zeros(100, np.float32), sample_rate=16000)
    assert likeness(EMBEDDERS, clip(1), silent, {})["similarity_fake_skipped"] == "zero_norm"
    with pytest.raises(WaveformError):
        voice_vectors(EMBEDDERS, [empty])


def test_distortion_of_the_same_clip_is_nothing_and_of_another_is_something() -> None:
    assert distortion(clip(1), clip(1)) == {"MCD": pytest.approx(0, abs=1e-9)}
    # at another rate the same speech is near, save what the resampler's slope takes
    assert distortion(clip(1), clip(1, 24000))["MCD"] < distortion(clip(1), clip(6))["MCD"]
    silent = Speech(samples=np.zeros(4000, np.float32), sample_rate=16000)
    assert distortion(silent, clip(1)) == {"MCD": None, "MCD_skipped": "empty_track"}


def test_pitch_of_the_same_clip_has_no_errors() -> None:
    values = pitch_comparison(clip(2), clip(2), "yin")
    assert (values["GPE"], values["VDE"], values["logF0_RMSE"]) == (0, 0, 0)
    assert values["median_f0_original"] == pytest.approx(140, rel=0.02)
