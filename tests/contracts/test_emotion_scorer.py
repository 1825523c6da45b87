"""What every EmotionScorer keeps."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from speechkit.emotion import EmbeddedScorer
from speechkit.emotion import scorer as make_scorer
from speechkit.emotion.embedded import BUNDLED
from speechkit.emotion.emotion2vec import Emotion2vecScorer
from speechkit.emotion.model import EmotionConfig, EmotionNet
from speechkit.errors import CheckpointError, ConfigError, DependencyError, WaveformError
from speechkit.evaluation.adapters.registry import emotion_scorer
from speechkit.protocols import EmotionScorer, EnrollingScorer, Waveform
from tests.contracts.backends import backend, model
from tests.contracts.test_quality_judge import speechlike


class ThirdParty:
    """A scorer of somebody else's: two names and one method."""

    name = "third-party"
    labels = ("dull", "bright")

    def score(self, waveform: Waveform, sample_rate: int) -> Mapping[str, float]:
        if not len(waveform):
            raise WaveformError("nothing to score.")
        power = np.abs(np.fft.rfft(waveform)) ** 2
        bright = float(power[len(power) // 2 :].sum() / power.sum())
        return {"dull": 1 - bright, "bright": bright}


def tiny() -> EmbeddedScorer:
    torch.manual_seed(0)
    return EmbeddedScorer(EmotionNet(EmotionConfig(width=8, members=2)))


def bundled() -> EmbeddedScorer:
    if not (BUNDLED / "config.json").is_file():
        pytest.skip("the default scorer is not in speechkit/bundled")
    return EmbeddedScorer.load()


def enrolled() -> EmotionScorer:
    torch.manual_seed(0)
    scorer = EmbeddedScorer(EmotionNet(EmotionConfig(width=8, members=2, relative=True)))
    return scorer.enrol([(speechlike(1.0, 16000), 16000), (speechlike(1.3, 24000), 24000)])


BACKENDS = [
    backend("enrolled", enrolled),
    backend("fake", lambda: emotion_scorer("fake")),
    backend("third-party", ThirdParty),
    backend("untrained", tiny),
    backend("embedded", bundled),
    backend("emotion2vec", lambda: Emotion2vecScorer(model("emotion2vec")), needs=["funasr"], folder="emotion2vec"),
]


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


def test_refuses_empty(scorer: EmotionScorer) -> None:
    with pytest.raises(WaveformError):
        scorer.score(np.zeros(0, np.float32), 16000)


def test_unknown_scorers_are_named() -> None:
    with pytest.raises(ConfigError, match="embedded, emotion2vec"):
        emotion_scorer("nothing at all")
    with pytest.raises(CheckpointError):
        make_scorer("embedded:/nowhere")


def test_emotion2vec_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "funasr", None)
    with pytest.raises(DependencyError, match=r"speechkit\[emotion2vec\]"):
        make_scorer("emotion2vec")


def test_loudness_does_not_count_and_length_is_no_limit() -> None:
    found, clip = tiny(), speechlike(1.5, 16000)
    quiet, loud = found.score(0.05 * clip, 16000), found.score(clip, 16000)
    assert quiet == pytest.approx(loud, abs=1e-4)
    assert sum(found.score(np.tile(clip, 20), 16000).values()) == pytest.approx(1.0)


def test_a_known_speakers_neutral_is_nothing() -> None:
    scorer, clip = EmbeddedScorer(tiny().model, relative=enrolled().model), speechlike(1.0, 16000)  # type: ignore[attr-defined]
    assert isinstance(scorer, EnrollingScorer)
    known = scorer.enrol([(clip, 16000)])
    assert known.describe(clip, 16000).abs().max() == 0 and known.describe(clip, 16000).shape == (204,)
    higher = known.describe(np.interp(np.arange(0, len(clip), 1.2), np.arange(len(clip)), clip).astype(np.float32), 16000)
    assert float(higher[-1]) == pytest.approx(np.log2(1.2), abs=0.05)
    assert scorer.name == "embedded" and known.name == "embedded, enrolled"
    assert known.score(clip, 16000) != pytest.approx(scorer.score(clip, 16000))


def test_who_cannot_enrol_says_why() -> None:
    with pytest.raises(ConfigError, match="no network"):
        tiny().enrol([(speechlike(1.0, 16000), 16000)])
    relative = EmbeddedScorer(EmotionNet(EmotionConfig(width=8, members=1, relative=True)))
    with pytest.raises(ConfigError, match="no clips"):
        relative.enrol([])
    with pytest.raises(ConfigError, match="enrol a few neutral clips"):
        relative.score(speechlike(1.0, 16000), 16000)


def test_a_folder_holds_both(tmp_path: Path) -> None:
    tiny().save(tmp_path / "both", card="# Card")
    assert EmbeddedScorer.load(tmp_path / "both").relative is None
    EmbeddedScorer(EmotionNet(EmotionConfig(width=8, members=1, relative=True))).save(tmp_path / "both/enrolled", card="# Card")
    clip = speechlike(1.0, 16000)
    assert EmbeddedScorer.load(tmp_path / "both").enrol([(clip, 16000)]).score(clip, 16000)


def test_saved_and_loaded_scores_the_same(tmp_path: Path) -> None:
    before, clip = tiny().with_temperature(1.5), speechlike(1.0, 16000)
    before.save(tmp_path / "emotion", card="# Card", half=False)
    after = EmbeddedScorer.load(tmp_path / "emotion")
    assert after.score(clip, 16000) == pytest.approx(before.score(clip, 16000)) and after.fingerprint


def test_emotion2vec_keeps_the_wanted_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    class AutoModel:
        def __init__(self, **options: object) -> None:
            assert options["model"] == "/models/emotion2vec"

        def generate(self, **_: object) -> list[dict[str, object]]:
            labels = ["生气/angry", "厌恶/disgusted", "开心/happy", "中立/neutral", "难过/sad", "<unk>"]
            return [{"labels": labels, "scores": [0.2, 0.5, 0.1, 0.1, 0.1, 0.0]}]

    module = type(__import__("sys"))("funasr")
    module.AutoModel = AutoModel  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, "funasr", module)
    scores = make_scorer("emotion2vec:/models/emotion2vec").score(speechlike(1.0, 16000), 16000)
    assert scores == pytest.approx({"neutral": 0.2, "happy": 0.2, "sad": 0.2, "angry": 0.4})
