"""The cascade: perception from scorers, choices by likelihood, a valid chain whatever the language model writes."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from thinker.tiny_thinkers import FakeScorer, FakeTranscriber, ScriptedTextModel, tiny_lm

from speechkit.errors import ConfigError, ThinkerError
from speechkit.protocols import Turn
from speechkit.thinker.cascade import CascadeConfig, CascadeThinker
from speechkit.thinker.formats import parse_thoughts
from speechkit.thinker.perception import fold_scores, guess_emotion
from speechkit.thinker.regulation import RegulationPolicy
from speechkit.thinker.spoken_text import SpokenSentences, speakable
from speechkit.thinker.strategies import EMOTIONS, STRATEGIES, SUITS

NOISE = (0.1 * np.random.default_rng(0).standard_normal(8000)).astype(np.float32)
HEARD = Turn(audio=NOISE, sample_rate=16000)


def cascade(
    words: str, emotion: str, pieces: Sequence[str] = ("I am here.",), index: int = 0, **config: object
) -> CascadeThinker:
    return CascadeThinker(
        ScriptedTextModel(pieces, index),
        transcriber=FakeTranscriber(words),
        scorer=FakeScorer({emotion: 0.8, "other": 0.2}),
        config=CascadeConfig(**config),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("emotion", EMOTIONS)
@pytest.mark.parametrize("words", ["I failed the exam.", "我考试没过。"])
def test_the_header_follows_the_table(words: str, emotion: str, index: int) -> None:
    pieces = ("我在", "这儿。") if words.startswith("我") else ("I am ", "here.")
    reply = cascade(words, emotion, pieces, index).reply([HEARD])
    strategy = STRATEGIES[SUITS[emotion][index]]
    assert reply.direction.strategy == strategy.name
    assert reply.direction.style == strategy.style
    assert reply.thoughts.response_strategy == strategy.plan(reply.language)
    assert reply.thoughts.asr == words
    assert reply.text == "".join(pieces)
    assert reply.language == ("zh" if words.startswith("我") else "en")
    assert ("100%" if emotion == "neutral" else "80%") in (reply.thoughts.emotion_analysis or "")  # "other" is neutral
    assert not reply.problems


def test_each_thought_conditions_the_next() -> None:
    thinker = cascade("I failed.", "sad")
    reply = thinker.reply(
        [Turn(role="system", text="Be brief."), Turn(text="Hi"), Turn(role="assistant", text="Hello"), HEARD]
    )
    (want, _), (how, _), (write, _) = thinker.text_model.asked  # type: ignore[attr-defined]
    thoughts = reply.thoughts
    assert want[0]["content"] == "Be brief."
    assert thoughts.emotion_analysis in want[-1]["content"]
    assert thoughts.user_intent in how[-1]["content"]
    assert thoughts.response_strategy in write[0]["content"]
    assert [message["role"] for message in write] == ["system", "user", "assistant", "user"]
    assert write[-1]["content"] == "I failed."


def test_silence_is_not_answered_with_invention() -> None:
    silent = Turn(audio=np.zeros(8000, np.float32), sample_rate=16000)
    reply = cascade("never", "angry").reply([silent])
    assert reply.direction.strategy == "ask"
    assert set(reply.problems) == {"nothing_heard", "response_fallback"}
    assert reply.thoughts.asr is None


@pytest.mark.parametrize(
    "pieces", [(), ("", " \n"), ("<|im_end|>",), ("***",), ("好的。",), ("User: hi",), ("\x00\ufffd",)]
)
def test_a_model_that_says_nothing_is_replaced_and_told(pieces: Sequence[str]) -> None:
    reply = cascade("I failed.", "sad", pieces).reply([HEARD])
    assert reply.text == STRATEGIES["empathise"].opening("en")
    assert "response_fallback" in reply.problems


def test_regulation() -> None:
    policy = RegulationPolicy(tempered=True)
    free = cascade("We won!", "happy").reply([HEARD])
    regulated = cascade("We won!", "happy", regulation=policy, language="en")
    regulated.scorer = FakeScorer({"happy": 1.0})
    reply = regulated.reply([HEARD])
    assert free.direction.strategy == "celebrate"
    assert reply.direction.strategy == "encourage"
    assert "regulated" in reply.problems


def test_text_only_and_unseen_pictures() -> None:
    thinker = CascadeThinker(ScriptedTextModel(index=2))
    reply = thinker.reply([Turn(text="My dog died.", images=("dog.png",))])
    assert {"emotion_from_text", "images_unseen"} <= set(reply.problems)
    assert "By the words" in (reply.thoughts.emotion_analysis or "")
    with pytest.raises(ThinkerError, match="no transcriber"):
        thinker.reply([HEARD])


def test_history_is_bounded_and_told() -> None:
    thinker = cascade("Hi.", "neutral", history_turns=2)
    turns = [Turn(role=role, text=f"{role}{n}") for n in range(3) for role in ("user", "assistant")]
    reply = thinker.reply([*turns, HEARD])
    assert "history_left_out:4" in reply.problems
    with pytest.raises(ConfigError):
        CascadeConfig(max_sentences=0)


def test_folding() -> None:
    assert fold_scores({"<unk>": 0.0}) == {}
    assert fold_scores({"a": math.nan}) == {}
    assert guess_emotion("x", ScriptedTextModel(index=2))["sad"] == pytest.approx(1 / 7)


@given(st.lists(st.text(max_size=12), max_size=12), st.sampled_from(["en", "zh"]))
def test_spoken_sentences_can_be_said(pieces: list[str], language: str) -> None:
    spoken = SpokenSentences(language, 2)
    said = list(spoken.run(pieces))
    assert len(said) <= 2
    for sentence in said:
        assert sentence == speakable(sentence)
        assert any(character.isalnum() for character in sentence)


def test_spoken_sentences_come_early_and_stop() -> None:
    taken: list[str] = []

    def pieces() -> Iterator[str]:
        for piece in ["Yes", ", I am. Really", " so. ", "Third one. ", "Fourth. ", "Fifth."]:
            taken.append(piece)
            yield piece

    run = SpokenSentences("en", 2).run(pieces())
    assert next(run) == "Yes, I am."
    assert len(taken) == 2
    assert list(run) == ["Really so."]
    assert "Fifth." not in taken
    spoken = SpokenSentences("en")
    assert list(spoken.run(["Good. And then we"])) == ["Good."]
    assert spoken.problems == ["cut_sentence"]
    assert list(SpokenSentences("en").run(["\n\nHello.\n\nUser: no."])) == ["Hello."]


@pytest.mark.parametrize("template", [True, False])
def test_a_tiny_random_model_gives_valid_thoughts_every_time(template: bool) -> None:
    from speechkit.thinker.text_model import WritingConfig
    from speechkit.thinker.text_transformers import TransformersTextModel

    model, tokenizer = tiny_lm(template=template)
    for seed, (words, emotion) in enumerate([("I failed.", "sad"), ("赢了！", "happy")]):
        text_model = TransformersTextModel(
            model, tokenizer, WritingConfig(max_new_tokens=12, temperature=1.0, seed=seed)
        )
        thinker = CascadeThinker(text_model, transcriber=FakeTranscriber(words), scorer=FakeScorer({emotion: 1.0}))
        direction, *pieces, reply = thinker.stream([HEARD])
        assert direction == reply.direction
        parsed = parse_thoughts("".join(pieces), expect="with_asr")
        assert parsed.thoughts == reply.thoughts
        assert not parsed.problems
        assert reply.direction.strategy in SUITS[emotion]
        assert thinker.reply([HEARD]) == reply


def test_likelihood_against_a_slow_twin() -> None:
    import torch

    from speechkit.thinker.text_model import WritingConfig
    from speechkit.thinker.text_transformers import NEUTRAL, TransformersTextModel

    model, tokenizer = tiny_lm()
    text_model = TransformersTextModel(model, tokenizer, WritingConfig(max_new_tokens=4))
    messages, options = [{"role": "user", "content": "Hi"}], ["yes", "never"]

    def slow(prompt: list[dict[str, str]], option: str) -> float:
        ids = tokenizer(tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True))["input_ids"]
        total = 0.0
        for token in tokenizer(option)["input_ids"]:
            with torch.no_grad():
                total += model(torch.tensor([ids])).logits[0, -1].double().log_softmax(-1)[token].item()
            ids = [*ids, token]
        return total

    scores = text_model.choose(messages, options).scores
    assert scores == pytest.approx([slow(messages, o) - slow(NEUTRAL, o) for o in options], abs=1e-3)
    greedy = "".join(
        TransformersTextModel(model, tokenizer, WritingConfig(max_new_tokens=4, repetition_penalty=1.0)).write(messages)
    )
    prompt = tokenizer(tokenizer.apply_chat_template(messages, tokenize=False), return_tensors="pt")
    expected = model.generate(
        prompt["input_ids"], attention_mask=prompt["attention_mask"], max_new_tokens=4, do_sample=False
    )
    whole = tokenizer.decode(expected[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True)
    assert whole.startswith(greedy)
    with pytest.raises(ThinkerError, match="nothing is cut"):
        text_model.choose([{"role": "user", "content": "a" * 5000}], options)


def test_loading(tmp_path: object) -> None:
    from speechkit.errors import CheckpointError
    from speechkit.thinker.registry import Parts, text_model, thinker
    from speechkit.thinker.text_transformers import load_text_model

    model, tokenizer = tiny_lm()
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    messages = [{"role": "user", "content": "Hi"}]
    loaded = load_text_model(str(tmp_path))
    assert loaded.choose(messages, ["a", "bc"]).index in (0, 1)
    assert thinker(f"cascade:{tmp_path}").name.startswith("cascade:lm:")
    assert thinker("endpoint:http://127.0.0.1:1/v1", Parts(model="m")).name == "endpoint:m"
    assert text_model("http://127.0.0.1:1/v1").name == "endpoint:"
    with pytest.raises(CheckpointError, match="cannot load"):
        load_text_model(f"{tmp_path}/gone")
    for spec in ("nonsense", "endpoint:"):
        with pytest.raises(ConfigError):
            thinker(spec)


def test_without_a_language_model() -> None:
    from speechkit.thinker.registry import Parts, thinker

    bare = thinker("cascade:template", Parts(transcriber=FakeTranscriber("I failed."), scorer=FakeScorer({"sad": 1.0})))
    reply = bare.reply([HEARD])
    assert reply.direction.strategy == "empathise"
    assert reply.text == STRATEGIES["empathise"].opening("en")
    assert set(reply.problems) == {"choice_by_default", "response_fallback"}


def test_the_quick_dtype_follows_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    from speechkit.thinker import text_transformers

    for tiles, wanted in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda tiles=tiles: tiles, raising=False)
        assert text_transformers.quick_dtype() == wanted
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported")
    assert text_transformers.quick_dtype() == "float32"


def test_smol_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from speechkit.errors import DependencyError
    from speechkit.thinker import text_transformers

    monkeypatch.setattr(text_transformers.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"speechkit\[smol\].*cascade:template"):
        text_transformers.packaged_smollm2()
