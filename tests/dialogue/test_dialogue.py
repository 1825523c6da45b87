"""The dialogue: events in their order, history, barge-in, errors, sessions. Scripted thinkers and a voice of tones."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinker.tiny_thinkers import FakeScorer, FakeTranscriber, ScriptedTextModel

import speechkit
from speechkit.dialogue import (
    Answer,
    AudioEvent,
    Dialogue,
    DialogueConfig,
    Line,
    SilentSpeaker,
    Speaker,
    TextEvent,
    ThoughtsEvent,
    ToneSpeaker,
    read_session,
    replay_session,
)
from speechkit.dialogue.sentence_stream import SentenceStream
from speechkit.errors import ConfigError, ThinkerError, ThoughtsError
from speechkit.protocols import Direction, Reply, Thoughts, Turn
from speechkit.thinker import RegulationPolicy, TemplateInstruction
from speechkit.thinker.answers import make_reply
from speechkit.thinker.cascade import CascadeThinker
from speechkit.thinker.regulated import RegulatedInstruction
from speechkit.thinker.strategies import EMOTIONS, STRATEGIES, SUITS
from speechkit.types import Speech

NOISE = (0.1 * np.random.default_rng(0).standard_normal(8000)).astype(np.float32)
PIECES = ("I am so sorry. ", "That must ", "hurt. ", "Tell me more.")


def cascade(words: str = "I failed.", emotion: str = "sad", pieces: Sequence[str] = PIECES, index: int = 0) -> CascadeThinker:
    return CascadeThinker(
        ScriptedTextModel(pieces, index), transcriber=FakeTranscriber(words), scorer=FakeScorer({emotion: 1.0})
    )


def dialogue(thinker: Any = None, **config: Any) -> Dialogue:
    return Dialogue(thinker=thinker or cascade(), speaker=ToneSpeaker(), config=DialogueConfig(**config))


class Writing:
    """Gives its items; notes how far it was read and whether it was closed."""

    name = "writing"

    def __init__(self, *items: Any) -> None:
        self.items, self.given, self.closed, self.turns = items, 0, False, []

    def stream(self, turns: Sequence[Turn]) -> Iterator[Any]:
        self.turns = list(turns)
        try:
            for item in self.items:
                self.given += 1
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.closed = True

    def reply(self, turns: Sequence[Turn]) -> Reply:
        return list(self.stream(turns))[-1]


CHAT = Direction(strategy="chat", instruction="Relaxed.", style=STRATEGIES["chat"].style)
THOUGHTS = Thoughts(response_strategy="Chat.", response="One. Two. Three.")
WHOLE = make_reply(THOUGHTS, thinker="writing", direction=CHAT)
STREAMED = ("<response_strategy>Chat.</response_strategy><response>One", ". ", CHAT, "Two. Three", ".</response>", WHOLE)


def test_events_come_in_order_and_the_answer_is_their_sum() -> None:
    talk = dialogue()
    assert isinstance(talk.speaker, Speaker)
    *events, answer = talk.turn_stream(audio=NOISE, sample_rate=16000)
    assert isinstance(answer, Answer) and not answer.interrupted
    first, *rest = events
    assert isinstance(first, ThoughtsEvent)
    assert list(first.thoughts) == ["asr", "emotion_analysis", "user_intent", "response_strategy"]
    assert first.thoughts["asr"] == answer.thoughts.asr == "I failed."
    texts = [event.text for event in rest if isinstance(event, TextEvent)]
    assert texts == ["I am so sorry.", "That must hurt.", "Tell me more."]
    assert answer.text == " ".join(texts) == answer.thoughts.response
    pieces = [event.speech.samples for event in rest if isinstance(event, AudioEvent)]
    np.testing.assert_array_equal(np.concatenate(pieces), answer.speech.samples)
    assert isinstance(rest[0], TextEvent) and isinstance(rest[1], AudioEvent)
    assert answer.strategy == first.direction.strategy == "empathise"
    assert answer.style == {"gender": "female", **STRATEGIES["empathise"].style}
    assert answer.instruction == STRATEGIES["empathise"].voice_english
    assert dialogue().turn(audio=NOISE, sample_rate=16000).speech.samples.tobytes() == answer.speech.samples.tobytes()
    other = dialogue(seed=1).turn(audio=NOISE, sample_rate=16000).speech.samples
    assert other.tobytes() != answer.speech.samples.tobytes()


def test_the_first_sound_comes_before_the_answer_exists() -> None:
    thinker = Writing(*STREAMED)
    stream = dialogue(thinker).turn_stream(text="Hi")
    while not isinstance(next(stream), AudioEvent):
        pass
    assert thinker.given == 3  # "One", ". ", and the direction
    assert [event.text for event in stream if isinstance(event, TextEvent)] == ["Two.", "Three."]


@pytest.mark.parametrize("number", range(100))
def test_the_header_follows_the_strategy_table(number: int) -> None:
    """100 scripted turns: every emotion, every strategy that suits it, in both languages."""
    emotion = EMOTIONS[number % len(EMOTIONS)]
    strategy = STRATEGIES[SUITS[emotion][number // len(EMOTIONS) % 3]]
    words, pieces = (("我来了。", ("好的。",)), ("Here I am.", ("Good.",)))[number // 21 % 2]
    talk = dialogue(cascade(words, emotion, pieces, number // len(EMOTIONS) % 3))
    answer = talk.turn(audio=NOISE, sample_rate=16000, language="zh" if number // 21 % 2 == 0 else "en")
    assert {"gender": "female", **strategy.style} == answer.style
    assert answer.style["emotion"] == strategy.emotion
    assert answer.instruction in (strategy.voice_english, strategy.voice_chinese)


def test_history_reads_words_instead_of_sound() -> None:
    talk = dialogue(system="Be brief.", history_exchanges=1)
    talk.turn(audio=NOISE, sample_rate=16000, text="Listen:")
    talk.turn(text="Again.")
    assert [(turn.role, turn.text, turn.audio) for turn in talk.history.turns] == [
        ("user", "I failed.\nListen:", None),
        ("assistant", " ".join(["I am so sorry.", "That must hurt.", "Tell me more."]), None),
        ("user", "Again.", None),
        ("assistant", talk.history.turns[1].text, None),
    ]
    before = talk.history.before(Turn(text="now"), 1)
    assert [turn.text for turn in before] == ["Be brief.", "Again.", talk.history.turns[1].text, "now"]
    assert [turn.text for turn in talk.history.before(Turn(text="now"), 0)] == ["Be brief.", "now"]


def test_an_answer_can_be_broken_into_between_pieces() -> None:
    thinker = Writing(*STREAMED)
    talk = dialogue(thinker)
    events = []
    for event in talk.turn_stream(text="Hi"):
        events.append(event)
        if isinstance(event, TextEvent) and event.text == "Two.":
            talk.interrupt()
    assert isinstance(answer := events[-1], Answer)
    assert answer.interrupted and answer.text == "One." and "interrupted" in answer.problems
    assert thinker.closed and thinker.given < len(STREAMED)
    assert talk.history.turns[-1].text == "One."
    assert len(answer.speech.samples) == sum(len(e.speech.samples) for e in events if isinstance(e, AudioEvent))


def test_what_was_not_heard_was_not_said() -> None:
    talk = dialogue(Writing(*STREAMED))
    for event in talk.turn_stream(text="Hi"):
        if isinstance(event, TextEvent) and event.text == "Three.":
            talk.interrupt(heard_seconds=0.2)
    assert talk.history.turns[-1].text == "One."
    (exchange,) = talk.history.lines
    assert '"num_samples":4800' in exchange


def test_closing_the_stream_keeps_what_was_said() -> None:
    thinker = Writing(*STREAMED)
    talk = dialogue(thinker)
    stream = talk.turn_stream(text="Hi")
    while not isinstance(next(stream), AudioEvent):
        pass
    stream.close()  # type: ignore[attr-defined]
    assert thinker.closed and talk.history.turns[-1].text == "One."
    stream = talk.turn_stream(text="And?")
    next(stream)  # thoughts, no sound yet
    talk.turn_stream(text="Wait!")
    assert len(talk.history.turns) == 2


def test_interrupting_from_another_thread_before_any_sound() -> None:
    released = threading.Event()

    class Slow(Writing):
        def stream(self, turns: Sequence[Turn]) -> Iterator[Any]:
            yield "<response_strategy>Chat.</response_strategy>"
            released.wait(5)
            yield from super().stream(turns)

    talk = dialogue(Slow(*STREAMED))
    threading.Timer(0.05, lambda: (talk.interrupt(), released.set())).start()
    with pytest.raises(ThinkerError, match="before anything was said"):
        talk.turn(text="Hi")
    assert talk.history.turns == []


class BrokenSpeaker(ToneSpeaker):
    def speak(self, line: Line) -> Iterator[Speech]:
        yield from super().speak(line)
        if line.text.startswith("Two"):
            raise ThinkerError("no voice left.")


@pytest.mark.parametrize("place", range(len(STREAMED)))
def test_a_failure_anywhere_leaves_the_history_intact(place: int) -> None:
    talk = dialogue(Writing(*STREAMED))
    talk.turn(text="First.")
    talk.thinker = Writing(*STREAMED[:place], ThinkerError("the server hung up."))
    with pytest.raises(ThinkerError, match="hung up"):
        talk.turn(text="Second.")
    assert [turn.text for turn in talk.history.turns] == ["First.", "One. Two. Three."]
    talk.thinker, talk.speaker = Writing(*STREAMED), BrokenSpeaker()
    with pytest.raises(ThinkerError, match="no voice"):
        talk.turn(text="Second.")
    talk.speaker = ToneSpeaker()
    assert talk.turn(text="Third.").text == "One. Two. Three."
    assert [turn.text for turn in talk.thinker.turns] == ["First.", "One. Two. Three.", "Third."]  # type: ignore[attr-defined]
    with pytest.raises(ThoughtsError, match="needs text"):
        talk.turn()


def test_silence_is_answered_by_asking() -> None:
    answer = dialogue().turn(audio=np.zeros(8000, np.float32), sample_rate=16000)
    assert answer.strategy == "ask" and "nothing_heard" in answer.problems
    assert len(answer.speech.samples)


def test_a_conversation_in_writing_keeps_its_lines(tmp_path: Path) -> None:
    talk = Dialogue(thinker=cascade(), speaker=SilentSpeaker())
    answer = talk.turn(text="I failed.")
    assert not len(answer.speech.samples) and not answer.interrupted
    talk.save(tmp_path / "session.jsonl")
    (row,) = replay_session(ToneSpeaker(), tmp_path / "session.jsonl")
    assert [line.text for line in row.exchange.lines] == ["I am so sorry.", "That must hurt.", "Tell me more."]
    assert len(row.answer.speech.samples) and not row.identical and row.exchange.speaker == "silent"
    for event in talk.turn_stream(text="Go on."):
        if isinstance(event, TextEvent) and event.text == "Tell me more.":
            talk.interrupt()
    assert talk.history.turns[-1].text == "I am so sorry. That must hurt."


def test_ten_minutes_of_sound_are_refused() -> None:
    talk = dialogue()
    with pytest.raises(ThinkerError, match=r"600\.0 s.*nothing is cut"):
        talk.turn(audio=np.zeros(600 * 1000, np.float32), sample_rate=1000)
    assert talk.history.turns == []


def test_the_voice_goes_on_where_no_strategy_is_recognised() -> None:
    lost = Direction(strategy="inform", instruction="Neutral.", style=STRATEGIES["inform"].style, problems=("no_strategy",))
    talk = dialogue()
    first = talk.turn(text="I failed.")
    talk.thinker = Writing("<response>Well.</response>", make_reply(Thoughts(response="Well."), thinker="w", direction=lost))
    second = talk.turn(text="And?")
    assert second.style == first.style and second.instruction == first.instruction
    assert {"no_strategy", "voice_kept"} <= set(second.problems)


def test_regulation_reaches_every_thinker() -> None:
    angry = Thoughts(emotion_analysis="Very angry (100%).", response_strategy="Side with them.", response="Unfair!")
    director = RegulatedInstruction(RegulationPolicy(), TemplateInstruction())
    assert TemplateInstruction().direct(angry, "en").strategy == "side_with"
    direction = director.direct(angry, "en")
    assert direction.strategy == "calm" and "regulated" in direction.problems
    assert director.direct(Thoughts(response="Hi."), "en").problems == ("no_strategy",)
    calm = Thoughts(emotion_analysis="neutral", response_strategy="Celebrate.", response="Hi.")
    assert director.direct(calm, "en").strategy == "celebrate"


def test_sessions_replay_to_the_same_samples(tmp_path: Path) -> None:
    talk = dialogue(seed=7)
    said = [talk.turn(audio=NOISE, sample_rate=16000), talk.turn(text="Thank you.")]
    talk.thinker = Writing(*STREAMED)
    for event in talk.turn_stream(text="Go on."):
        if isinstance(event, AudioEvent):
            talk.interrupt(heard_seconds=0.1)
    path = tmp_path / "session.jsonl"
    talk.save(path)
    again = list(replay_session(ToneSpeaker(), path))
    assert [row.identical for row in again] == [True] * 3
    assert [row.answer.interrupted for row in again] == [False, False, True]
    for row, answer in zip(again, said, strict=False):
        np.testing.assert_array_equal(row.answer.speech.samples, answer.speech.samples)
        assert row.answer.thoughts == answer.thoughts and row.answer.style == answer.style
    assert [exchange.user["text"] for exchange in read_session(path)] == [None, "Thank you.", "Go on."]

    recorded = Dialogue(thinker=f"replay:{path}", speaker=ToneSpeaker(), config=DialogueConfig(seed=7))
    first = recorded.turn(audio=NOISE, sample_rate=16000)
    assert first.speech.samples.tobytes() == said[0].speech.samples.tobytes()
    assert recorded.turn(text="Thank you.").speech.samples.tobytes() == said[1].speech.samples.tobytes()
    with pytest.raises(ThinkerError, match="no answer to these turns"):
        recorded.turn(text="Never said.")

    class Other(ToneSpeaker):
        sample_rate = 22050

    assert not next(iter(replay_session(Other(), path))).identical
    assert path.read_text(encoding="utf-8").count("\n") == 3


@pytest.mark.parametrize(
    "change", [("spoken", "written"), ('"sha256"', '"sha"'), ('"seed"', '"sed"'), ('"version":1', '"version":9')]
)
def test_damaged_sessions(change: tuple[str, str], tmp_path: Path) -> None:
    talk = dialogue()
    with pytest.raises(ThoughtsError, match="nothing to save"):
        talk.save(tmp_path / "s.jsonl")
    talk.turn(text="Hi.")
    with pytest.raises(ThoughtsError, match="cannot be written"):
        talk.save(tmp_path / "gone" / "s.jsonl")
    path = tmp_path / "s.jsonl"
    path.write_text(talk.history.session().replace(*change), encoding="utf-8")
    with pytest.raises(ThoughtsError):
        list(replay_session(ToneSpeaker(), path))


@given(st.text(alphabet="ab .!?。好\n3", max_size=40), st.integers(1, 7))
def test_sentences_lose_no_words(text: str, size: int) -> None:
    stream = SentenceStream()
    found = [line for start in range(0, len(text), size) for line in stream.take(text[start : start + size])]
    found += stream.rest()
    letters = [character for character in text if character.isalnum()]
    assert [character for line in found for character in line if character.isalnum()] == letters


def test_configuration() -> None:
    assert speechkit.Dialogue is Dialogue
    with pytest.raises(ConfigError, match="needs a voice"):
        Dialogue(thinker=cascade())
    with pytest.raises(ConfigError, match="gender"):
        DialogueConfig(gender="robot")
    with pytest.raises(ConfigError, match="seed"):
        DialogueConfig(seed=-1)
    config = DialogueConfig(regulation=RegulationPolicy(extreme=0.4))
    assert DialogueConfig.from_dict(config.to_dict()) == config
