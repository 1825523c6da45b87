"""Rewards and advantages: edge cases of the entropy reward, the format, token positions, GRPO's arithmetic."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.grpo import advantages, clipped_objective, grpo_objective, kl_k3
from speechkit.metrics.rewards import (
    ModalityToken,
    accuracy_reward,
    entropy_from_logits,
    format_reward,
    guided_token_positions,
    modality_entropy,
    modality_reward,
    p_star_group,
    p_star_label_softmax,
    p_star_sequence,
)

GOOD = "<think>[vision] a [audio] b [dialogue] None. [analysis] c</think>\n<answer>**happy**</answer>"


@pytest.mark.parametrize(
    "text,reward",
    [
        (GOOD, 1),
        (GOOD.upper(), 1),
        (f" \n{GOOD}\n", 1),
        (GOOD + "x", 0),
        ("x" + GOOD, 0),
        (GOOD.replace("[audio]", "[vision]"), 0),
        (GOOD.replace("[vision] a [audio] b", "[audio] b [vision] a"), 0),
        (GOOD.replace("b [dialogue]", "b [audio] [dialogue]"), 0),
        (GOOD.replace("[vision] a", "[vision] "), 0),
        (GOOD.replace("**happy**", " "), 0),
        (GOOD.replace("</think>", ""), 0),
        (GOOD.replace("happy", "happy</answer><answer>sad"), 0),
        ("", 0),
    ],
)
def test_format(text: str, reward: int) -> None:
    assert format_reward(text) == reward


def test_accuracy_is_computed_in_any_format() -> None:
    labels = ("happy", "sad")
    assert accuracy_reward(GOOD, "happy", labels) == 1
    assert accuracy_reward("<answer>joy</answer>", "happy", labels) == 1
    assert accuracy_reward(GOOD, "sad", labels) == accuracy_reward("happy?", "sad", labels) == 0


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=20), st.floats(-1e3, 1e3))
def test_entropy_is_of_the_softmax(logits: list[float], shift: float) -> None:
    p = np.exp(np.array(logits) - max(logits))
    p /= p.sum()
    slow = -sum(x * math.log(x) for x in p if x > 0)
    assert entropy_from_logits(logits) == pytest.approx(slow, abs=1e-9)
    assert entropy_from_logits(np.array(logits) + shift) == pytest.approx(slow, abs=1e-6)
    assert 0 <= entropy_from_logits(logits) <= math.log(len(logits)) + 1e-12


def test_entropy_edges() -> None:
    assert entropy_from_logits([0.0, -math.inf]) == 0.0
    for bad in ([math.nan], [-math.inf], [[0.0]], [math.inf, 0.0]):
        with pytest.raises(ShapeError):
            entropy_from_logits(bad)


TOKEN = st.builds(ModalityToken, probability=st.floats(0, 1), entropy=st.floats(0, 12))


@given(TOKEN, TOKEN)
def test_raw_reward_lies_between_the_entropies(vision: ModalityToken, audio: ModalityToken) -> None:
    found = modality_entropy({"vision": vision, "audio": audio})
    low, high = sorted([vision.entropy, audio.entropy])
    assert low - 1e-9 <= found.raw + 2e-12
    assert found.raw <= high * (1 + 1e-9) + 1e-9
    assert sum(found.weights.values()) == pytest.approx(1)
    weighted = found.weights["vision"] * vision.entropy + found.weights["audio"] * audio.entropy
    assert found.raw == pytest.approx(weighted, rel=1e-6, abs=1e-9)


def test_certain_and_missing_tokens() -> None:
    certain, unsure = ModalityToken(probability=0.9, entropy=0.0), ModalityToken(probability=0.4, entropy=1.0)
    other = ModalityToken(probability=0.3, entropy=0.0)
    assert modality_entropy({"vision": certain, "audio": unsure}).weights == {"vision": 1.0, "audio": 0.0}
    assert modality_entropy({"vision": certain, "audio": other}).weights == pytest.approx(
        {"vision": 0.75, "audio": 0.25}
    )
    missing = {"vision": None, "audio": unsure}
    assert modality_entropy(missing).raw == 0.0
    assert modality_entropy(missing, missing="present").raw == 1.0
    assert modality_entropy({"vision": None, "audio": None}, missing="present").raw == 0.0
    zero = ModalityToken(probability=0.0, entropy=1.0)
    assert math.isfinite(modality_entropy({"vision": zero, "audio": zero}).raw)
    with pytest.raises(ConfigError, match="missing"):
        modality_entropy(missing, missing="other")  # type: ignore[arg-type]
    for fields in (
        {"probability": 1.1, "entropy": 1.0},
        {"probability": 0.5, "entropy": -1.0},
        {"probability": 0.5, "entropy": math.inf},
    ):
        with pytest.raises(ConfigError):
            ModalityToken(**fields)


def test_modality_reward_clips_and_caps() -> None:
    assert modality_reward(2.0, 1.5) == 0.0
    assert modality_reward(2.0, -0.5) == 2.0
    assert modality_reward(2.0, 0.0, maximum=0.5) == 0.5
    with pytest.raises(ConfigError, match="undefined"):
        modality_reward(1.0, math.nan)


def test_p_star() -> None:
    assert p_star_label_softmax({"a": math.log(0.2), "b": math.log(0.6)}, "a") == pytest.approx(0.25)
    assert p_star_label_softmax({"a": -1e4, "b": -1e4}, "a") == 0.5
    assert p_star_label_softmax({"a": -math.inf, "b": 0.0}, "a") == 0.0
    assert p_star_sequence([math.log(0.5), math.log(0.5)]) == pytest.approx(0.25)
    assert p_star_sequence([1e-9]) == 1.0
    assert p_star_group([True, False, False, False]) == 0.25
    for bad in ({"a": math.nan, "b": 0.0}, {"a": -math.inf}, {"b": 0.0}, {}):
        with pytest.raises(ConfigError):
            p_star_label_softmax(bad, "a")
    for tokens in ([], [math.nan]):
        with pytest.raises(ConfigError):
            p_star_sequence(tokens)
    with pytest.raises(ConfigError):
        p_star_group([])


@pytest.mark.parametrize(
    "tokens,position,expected",
    [
        (["<think>", "[", "vision", "]", " a"], "name", [2]),
        (["<think>", "[", "vision", "]", " a"], "first", [1]),
        (["<think>", "[", "vis", "ion", "]", " a"], "mean", [1, 2, 3, 4]),
        (["<think>", "[vision]", " a"], "name", [1]),
        (["<think>", "[vision]", " a"], "mean", [1]),
        (["<think>", "[VISION]", "[vision]"], "name", [1]),
        (["[vision]", "<think>", "[vision]"], "name", [2]),
        (["<think>", "</think>", "[vision]"], "name", None),
        (["[vision]"], "name", None),
        ([], "name", None),
    ],
)
def test_token_positions(tokens: list[str], position: str, expected: list[int] | None) -> None:
    assert guided_token_positions(tokens, "vision", position) == expected  # type: ignore[arg-type]


def test_unknown_position() -> None:
    with pytest.raises(ConfigError, match="position"):
        guided_token_positions([], "vision", "last")  # type: ignore[arg-type]


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=10))
def test_advantages_are_centred_and_ordered(rewards: list[float]) -> None:
    found = advantages(rewards)
    assert found.sum() == pytest.approx(0, abs=1e-6)
    assert all((found[i] > found[j]) <= (rewards[i] > rewards[j]) for i in range(len(found)) for j in range(len(found)))


def test_advantages_of_equal_rewards_are_zero() -> None:
    assert advantages([0.1] * 5).tolist() == [0.0] * 5
    assert advantages([3.0]).tolist() == [0.0]
    with pytest.raises(ShapeError):
        advantages([])
    with pytest.raises(ConfigError, match="finite"):
        advantages([1.0, math.nan])


@given(st.floats(-10, 0), st.floats(-10, 0))
def test_kl_is_never_negative(policy: float, reference: float) -> None:
    assert kl_k3(policy, reference) >= 0
    assert kl_k3(policy, policy) == 0


def test_objective_against_a_slow_twin() -> None:
    rng = np.random.default_rng(0)
    new, old, ref = -rng.random((3, 2, 4))
    a, mask = np.array([0.5, -0.5]), np.array([[1, 1, 1, 0], [1, 1, 0, 0]], bool)
    total = sequence = 0.0
    for i in range(2):
        valid = [t for t in range(4) if mask[i, t]]
        kl = np.mean([math.exp(ref[i, t] - new[i, t]) - (ref[i, t] - new[i, t]) - 1 for t in valid])
        rho = [math.exp(new[i, t] - old[i, t]) for t in valid]
        total += np.mean([clipped_objective(r, a[i]) for r in rho]) - 0.04 * kl
        sequence += clipped_objective(math.prod(rho), a[i]) - 0.04 * kl
    padded = np.where(mask, new, np.nan)
    assert grpo_objective(padded, old, ref, a, mask) == pytest.approx(total / 2)
    assert grpo_objective(padded, old, ref, a, mask, ratio_level="sequence") == pytest.approx(sequence / 2)
    with pytest.raises(ShapeError):
        grpo_objective(new, old, ref, a, np.zeros((2, 4), bool))
    with pytest.raises(ConfigError, match="ratio_level"):
        grpo_objective(new, old, ref, a, mask, ratio_level="other")  # type: ignore[arg-type]
