"""What every EmotionScorer keeps."""

import numpy as np
import pytest

from speechkit.errors import ConfigError, WaveformError
from speechkit.evaluation.adapters.registry import emotion_scorer
from speechkit.protocols import EmotionScorer
from tests.contracts.backends import backend
from tests.contracts.test_quality_judge import speechlike

BACKENDS = [backend("fake", lambda: emotion_scorer("fake"))]


@pytest.fixture(scope="module", params=BACKENDS)
def scorer(request: pytest.FixtureRequest) -> EmotionScorer:
    return request.param()


@pytest.mark.parametrize("rate", [16000, 24000])
def test_probabilities_of_its_labels(scorer: EmotionScorer, rate: int) -> None:
    assert isinstance(scorer, EmotionScorer)
    scores = scorer.score(speechlike(1.0, rate), rate)
    assert tuple(scores) == scorer.labels
    assert sum(scores.values()) == pytest.approx(1.0, abs=1e-4)
    assert min(scores.values()) >= 0
    assert scores == scorer.score(speechlike(1.0, rate), rate)


def test_refuses_empty_and_unknown(scorer: EmotionScorer) -> None:
    with pytest.raises(WaveformError):
        scorer.score(np.zeros(0, np.float32), 16000)
    with pytest.raises(ConfigError):
        emotion_scorer("nothing at all")
