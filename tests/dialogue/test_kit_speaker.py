"""The toolkit's own voice in a dialogue: the header reaches it, and a session sounds the same again. Tiny models."""

from pathlib import Path

import numpy as np
import pytest
from talker.tiny_talkers import tiny_backbone
from thinker.tiny_thinkers import FakeScorer, FakeTranscriber, ScriptedTextModel
from tiny_models import save_tiny_models

from speechkit.dialogue import Dialogue, DialogueConfig, KitSpeaker, Line, Speaker, replay_session
from speechkit.errors import CheckpointError
from speechkit.pipeline import Speechkit, load
from speechkit.talker import StyleHeader
from speechkit.thinker.cascade import CascadeThinker

NOISE = (0.1 * np.random.default_rng(0).standard_normal(8000)).astype(np.float32)


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Speechkit:
    plain = load(save_tiny_models(tmp_path_factory.mktemp("models")))
    return Speechkit(plain.encoder, plain.decoder, plain.voices, talker=tiny_backbone())


def conversation(kit: Speechkit, seed: int) -> Dialogue:
    model = ScriptedTextModel(("I am sorry. ", "Go on."))
    thinker = CascadeThinker(model, transcriber=FakeTranscriber("I failed."), scorer=FakeScorer({"sad": 1.0}))
    return Dialogue(kit, thinker, config=DialogueConfig(seed=seed, gender="male"))


def test_the_same_seed_and_a_replay_give_the_same_samples(kit: Speechkit, tmp_path: Path) -> None:
    talk = conversation(kit, 3)
    first = talk.turn(audio=NOISE, sample_rate=16000).speech.samples
    assert isinstance(talk.speaker, Speaker) and len(first) and np.isfinite(first).all()
    assert conversation(kit, 3).turn(audio=NOISE, sample_rate=16000).speech.samples.tobytes() == first.tobytes()
    assert conversation(kit, 4).turn(audio=NOISE, sample_rate=16000).speech.samples.tobytes() != first.tobytes()
    talk.turn(text="Thank you.")
    talk.save(tmp_path / "session.jsonl")
    assert [row.identical for row in replay_session(KitSpeaker(kit), tmp_path / "session.jsonl")] == [True, True]
    replayed = Dialogue(kit, f"replay:{tmp_path / 'session.jsonl'}", config=talk.config)
    assert replayed.turn(audio=NOISE, sample_rate=16000).speech.samples.tobytes() == first.tobytes()


def test_the_header_is_given_not_inferred(kit: Speechkit) -> None:
    style = {"gender": "male", "emotion": "sad", "pitch": "low", "speed": "slow"}
    line = Line(text="Yes.", language="en", instruction="Whisper.", style=style, seed=1)
    pieces = list(KitSpeaker(kit).speak(line))
    said = kit.say("Yes.", instruction="Whisper.", style=StyleHeader(**style), language="en", seed=1)
    assert np.concatenate([piece.samples for piece in pieces]).tobytes() == said.samples.tobytes()
    assert dict(said.header.items()) | style == dict(said.header.items())


def test_without_a_talker(kit: Speechkit) -> None:
    mute = Speechkit(kit.encoder, kit.decoder, kit.voices)
    with pytest.raises(CheckpointError, match="no talker"):
        conversation(mute, 0).turn(text="Hello.")
