"""What every SpeakerEmbedder keeps."""

import numpy as np
import pytest

from speechkit.errors import ConfigError, WaveformError
from speechkit.evaluation.adapters.registry import speaker_embedder
from speechkit.protocols import SpeakerEmbedder
from tests.contracts.backends import backend
from tests.contracts.test_quality_judge import speechlike

BACKENDS = [
    backend("fake", lambda: speaker_embedder("fake")),
    backend("resemblyzer", lambda: speaker_embedder("resemblyzer"), needs=["resemblyzer"]),
]


@pytest.fixture(scope="module", params=BACKENDS)
def embedder(request: pytest.FixtureRequest) -> SpeakerEmbedder:
    return request.param()


@pytest.mark.parametrize("rate", [16000, 24000])
def test_unit_norm_and_repeatable(embedder: SpeakerEmbedder, rate: int) -> None:
    assert isinstance(embedder, SpeakerEmbedder)
    waveform = speechlike(2.0, rate)
    vector = embedder.embed(waveform, rate)
    assert vector.dtype == np.float32
    assert vector.ndim == 1
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-4)
    assert np.array_equal(vector, embedder.embed(waveform, rate))


def test_a_clip_is_most_like_itself_and_loudness_does_not_matter(embedder: SpeakerEmbedder) -> None:
    clip = speechlike(2.0, 16000)
    other = np.random.default_rng(1).standard_normal(32000).astype(np.float32) * 0.1
    vectors = [embedder.embed(samples, 16000) for samples in (clip, clip * 0.5, other)]
    assert vectors[0] @ vectors[1] > 0.99 > vectors[0] @ vectors[2]


def test_refuses_empty_and_unknown(embedder: SpeakerEmbedder) -> None:
    with pytest.raises(WaveformError):
        embedder.embed(np.zeros(0, np.float32), 16000)
    with pytest.raises(ConfigError, match="resemblyzer"):
        speaker_embedder("nothing")
