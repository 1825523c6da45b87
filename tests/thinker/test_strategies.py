"""The strategy table, the instruction and header that come from it, and the regulation policy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.errors import ConfigError, ThoughtsError
from speechkit.metrics.appropriateness import APPROPRIATENESS
from speechkit.protocols import StrategyToInstruction, Thoughts
from speechkit.thinker.instruction import TemplateInstruction, describe, recognise, style_text
from speechkit.thinker.intents import INTENTS, LIKELY
from speechkit.thinker.regulation import (
    RegulationPolicy,
    affect_of,
    distance_to_balance,
    dominant,
    suited_strategies,
    tempered_style,
    voice_affect,
)
from speechkit.thinker.strategies import (
    EMOTIONS,
    HEADER_EMOTIONS,
    HEADER_PITCHES,
    HEADER_SPEEDS,
    STRATEGIES,
    SUITS,
    strategies_for,
)


def test_the_table_is_whole() -> None:
    assert set(SUITS) == set(EMOTIONS) == set(LIKELY)
    assert {name for row in SUITS.values() for name in row} == set(STRATEGIES)
    assert {name for row in LIKELY.values() for name in row} <= set(INTENTS)
    for strategy in STRATEGIES.values():
        assert strategy.emotion in HEADER_EMOTIONS
        assert strategy.pitch in HEADER_PITCHES
        assert strategy.speed in HEADER_SPEEDS
    with pytest.raises(ThoughtsError, match="no emotion 'bored'"):
        strategies_for("bored")


@pytest.mark.parametrize("emotion", sorted(APPROPRIATENESS))
def test_the_default_strategy_is_appropriate(emotion: str) -> None:
    row = APPROPRIATENESS[emotion]
    assert row[strategies_for(emotion)[0].emotion] == max(row.values())


@pytest.mark.parametrize("name", sorted(STRATEGIES))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_strategy_is_recognised_in_its_own_words(name: str, language: str) -> None:
    director = TemplateInstruction()
    assert isinstance(director, StrategyToInstruction)
    strategy = STRATEGIES[name]
    for plan in (strategy.plan(language), name):
        direction = director.direct(Thoughts(response_strategy=plan, response="a"), language)
        assert direction.strategy == name
        assert direction.style == strategy.style
        assert not direction.problems


@pytest.mark.parametrize(
    "plan, name",
    [
        ("I will first empathise with her, then encourage a next step.", "empathise"),
        ("我会先安慰她，陪伴她，再给一点建议", "comfort"),
        ("De-escalate, stay patient and calm.", "calm"),
        ("衷心地祝贺他，一起庆祝", "celebrate"),
        ("Explain the facts and answer the question.", "inform"),
        ("Sincerely apologise for the delay.", "apologise"),
        ("Lorem ipsum", None),
        ("", None),
    ],
)
def test_free_texts(plan: str, name: str | None) -> None:
    found = recognise(plan)
    assert (found.name if found else None) == name


def test_voice_words_override_the_header() -> None:
    plan = "Answer in a angry voice with high pitch."
    direction = TemplateInstruction().direct(Thoughts(response_strategy=plan, response="a"), "en")
    assert direction.style == {"emotion": "angry", "pitch": "high", "speed": "normal"}
    assert direction.instruction == describe(direction.style, "en")
    assert "愤怒" in describe(direction.style, "zh")
    assert style_text(direction.style) == "<style> angry high normal </style>"


@given(st.none() | st.text(max_size=40), st.sampled_from(["en", "zh"]))
def test_any_plan_gets_a_direction(plan: str | None, language: str) -> None:
    direction = TemplateInstruction().direct(Thoughts(response_strategy=plan, response="a"), language)
    assert set(direction.style) == {"emotion", "pitch", "speed"}
    assert direction.instruction
    assert direction.strategy in STRATEGIES


PROBABILITIES = st.dictionaries(st.sampled_from(EMOTIONS), st.floats(0.01, 1), min_size=1, max_size=7)


@given(PROBABILITIES)
def test_regulation_never_goes_further_from_balance(probabilities: dict[str, float]) -> None:
    policy = RegulationPolicy()
    free, _ = suited_strategies(probabilities)
    kept, changed = suited_strategies(probabilities, policy)
    assert kept
    assert {strategy.name for strategy in kept} <= {strategy.name for strategy in free}
    assert changed == (kept != free)
    for strategy in kept:
        style = tempered_style(strategy.style, probabilities, policy)
        if distance_to_balance(affect_of(probabilities)) >= policy.extreme:
            arousal = affect_of(probabilities)[1] - 0.5
            assert (voice_affect(style)[1] - voice_affect(strategy.style)[1]) * arousal <= 1e-9


@pytest.mark.parametrize(
    "emotion, first",
    [
        ("sad", "comfort"),
        ("angry", "calm"),
        ("happy", "encourage"),
        ("fearful", "reassure"),
        ("neutral", "inform"),
    ],
)
def test_regulation_of_extreme_states(emotion: str, first: str) -> None:
    kept, changed = suited_strategies({emotion: 1.0}, RegulationPolicy())
    assert kept[0].name == first
    assert changed == (len(kept) < len(strategies_for(emotion)))
    away = distance_to_balance(affect_of({emotion: 1.0}))
    assert distance_to_balance(voice_affect(kept[0].style)) <= max(away, 0.3)


def test_affect() -> None:
    assert affect_of({}) == (0.5, 0.5)
    assert affect_of({"neutral": 3.0}) == (0.5, 0.5)
    assert dominant({}) == "neutral"
    with pytest.raises(ConfigError, match="extreme"):
        RegulationPolicy(extreme=0)
