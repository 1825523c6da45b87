"""Rewards of DyME-GRPO: format, accuracy, and the dynamic modality entropy, with its edge cases.

    R = R_fmt R_acc + alpha R_mod        R_mod = (1 - p*) R_raw        R_raw = w_v H_v + w_a H_a

Probabilities come from the sampling policy; no gradient passes through a reward.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.answers import parse_answer

MissingToken = Literal["zero", "present"]
TokenPosition = Literal["name", "first", "mean"]

GUIDED_TOKENS = ("vision", "audio", "dialogue", "analysis")
"""Guided tokens in the only allowed order."""

NO_ENTROPY = 1e-12
"""At or below this, an entropy (nats) or probability counts as 0."""

_FORMAT = re.compile(
    r"\A\s*<think>\s*\[vision\](.+?)\[audio\](.+?)\[dialogue\](.+?)\[analysis\](.+?)</think>\s*<answer>(.+?)</answer>\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
_TAGS = (*(f"[{name}]" for name in GUIDED_TOKENS), "<think>", "</think>", "<answer>", "</answer>")


def format_reward(text: str) -> float:
    """1 for an output in the OmniCoT format, else 0 (eq. 2).

    `<think> [vision] … [audio] … [dialogue] … [analysis] … </think> <answer> … </answer>`: every tag exactly once, in
    this order, in any case, every part non-blank, nothing around it.

    Source: the OmniCoT paper, eq. 2 and figures; metrics.md 7.4.
    """
    match = _FORMAT.match(text)
    once = all(text.lower().count(tag) == 1 for tag in _TAGS)
    return float(match is not None and once and all(part.strip() for part in match.groups()))


def accuracy_reward(text: str, gold: str, labels: Sequence[str]) -> float:
    """1 when the answer in the last `<answer>` tag is the gold label, else 0 (eq. 3); computed in any format."""
    return float(parse_answer(text, labels) == gold)


def entropy_from_logits(logits: ArrayLike) -> float:
    """Entropy in nats of a softmax at temperature 1 over the whole vocabulary (eq. 4).

    Args:
        logits: float [V], logits or log-probabilities; -inf is a probability of 0.
    Returns:
        Value in [0, ln V].
    Raises:
        ShapeError: not 1-D, NaN inside, or no finite value.
    """
    values = np.asarray(logits, np.float64)
    if values.ndim != 1 or np.isnan(values).any() or not np.isfinite(values).any() or np.isposinf(values).any():
        raise ShapeError(f"logits must be [V], without NaN or +inf, got shape {values.shape}.")
    shifted = values[np.isfinite(values)] - values.max()
    log_probabilities = shifted - math.log(np.exp(shifted).sum())
    return float(max(0.0, -(np.exp(log_probabilities) * log_probabilities).sum()))


@dataclass(frozen=True, kw_only=True)
class ModalityToken:
    """What the policy felt at one guided token."""

    probability: float
    """p_m of the emitted token, in (0, 1]; floored at 1e-12."""
    entropy: float
    """H_m in nats, >= 0."""

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1 or not 0 <= self.entropy < math.inf:
            raise ConfigError(f"a modality token needs 0 <= probability <= 1 and a finite entropy >= 0, got {self}.")


@dataclass(frozen=True, kw_only=True)
class ModalityEntropy:
    """R_raw with its weights, for logging."""

    raw: float
    """R_raw in nats."""
    weights: dict[str, float]
    """w_m per present modality, summing to 1."""


def modality_entropy(tokens: Mapping[str, ModalityToken | None], *, missing: MissingToken = "zero") -> ModalityEntropy:
    """Usage-weighted entropy of the vision and audio tokens (eqs. 5-7).

        u_m = p_m / H_m,  w_m = u_m / sum u,  R_raw = sum w_m H_m = sum p_m / sum u_m

    The last form, the p-weighted harmonic mean of the entropies, is what is computed: min(H) <= R_raw <= max(H).

    Args:
        tokens: "vision" and "audio" to their token, None where the output lacks it.
        missing: "zero": one token missing gives R_raw 0; "present": the other one counts alone.
    Returns:
        R_raw and weights. An entropy of 0 takes all the weight and gives R_raw 0 (the limit); several share it by p.
    Raises:
        ConfigError: unknown `missing`, or no modality asked for.
    Source: the OmniCoT paper, eqs. 4-7; metrics.md 7.2, 7.3.
    """
    if missing not in ("zero", "present") or not tokens:
        raise ConfigError(f"missing must be 'zero' or 'present' and tokens not empty, got {missing!r}.")
    present = {name: token for name, token in tokens.items() if token is not None}
    if not present or (missing == "zero" and len(present) < len(tokens)):
        return ModalityEntropy(raw=0.0, weights={})
    p = {name: max(token.probability, NO_ENTROPY) for name, token in present.items()}
    certain = {name: p[name] for name, token in present.items() if token.entropy <= NO_ENTROPY}
    if certain:
        total = sum(certain.values())
        return ModalityEntropy(raw=0.0, weights={name: certain.get(name, 0.0) / total for name in present})
    usage = {name: p[name] / token.entropy for name, token in present.items()}
    total = sum(usage.values())
    return ModalityEntropy(raw=sum(p.values()) / total, weights={name: u / total for name, u in usage.items()})


def modality_reward(raw: float, p_star: float, *, maximum: float | None = None) -> float:
    """R_mod = (1 - p*) R_raw (eq. 8), optionally capped.

    Args:
        raw: R_raw.
        p_star: predicted probability of the right answer; clipped to [0, 1].
        maximum: cap; none by default, although 0.1 R_mod can exceed 1 and so beat a right answer.
    Raises:
        ConfigError: NaN.
    """
    if math.isnan(raw) or math.isnan(p_star):
        raise ConfigError(f"the modality reward is undefined for raw={raw}, p*={p_star}.")
    value = (1 - min(1.0, max(0.0, p_star))) * raw
    return value if maximum is None else min(value, maximum)


def total_reward(fmt: float, acc: float, mod: float, *, alpha: float = 0.1) -> float:
    """R = R_fmt R_acc + alpha R_mod (eq. 9)."""
    return fmt * acc + alpha * mod


def p_star_label_softmax(label_log_probabilities: Mapping[str, float], gold: str) -> float:
    """p* as a softmax over the label set of the summed log-probability of each label forced after `<answer>`.

    Args:
        label_log_probabilities: label to the sum of its tokens' log-probabilities.
        gold: the right label.
    Returns:
        Value in [0, 1].
    Raises:
        ConfigError: gold is no label, NaN or +inf inside, or no label is possible.
    Source: metrics.md 7.3; the paper leaves p* open.
    """
    values = np.array(list(label_log_probabilities.values()), float)
    if gold not in label_log_probabilities or np.isnan(values).any() or not np.isfinite(values.max(initial=-np.inf)):
        raise ConfigError(f"p* needs finite label log-probabilities that include {gold!r}.")
    weights = np.exp(values - values.max())
    return float(weights[list(label_log_probabilities).index(gold)] / weights.sum())


def p_star_sequence(token_log_probabilities: Sequence[float]) -> float:
    """p* as the probability of the gold label's tokens: exp(sum of log-probabilities), clipped to [0, 1].

    Raises:
        ConfigError: no token, or NaN.
    """
    total = math.fsum(token_log_probabilities)
    if not token_log_probabilities or math.isnan(total):
        raise ConfigError("p* needs the log-probabilities of the gold label's tokens.")
    return min(1.0, math.exp(min(total, 0.0)))


def p_star_group(correct: Sequence[bool]) -> float:
    """p* as the share of right answers in the sampled group.

    Raises:
        ConfigError: an empty group.
    """
    if not correct:
        raise ConfigError("p* over a group needs at least one sample.")
    return sum(map(bool, correct)) / len(correct)


def guided_token_positions(tokens: Sequence[str], name: str, position: TokenPosition = "name") -> list[int] | None:
    """Where a guided token stands among decoded sub-tokens.

    Args:
        tokens: text of each generated sub-token; joined they are the output.
        name: "vision" or "audio".
        position: of a tag split into several sub-tokens: "name" the one where the name begins (the bracket is shared by
            all tags), "first" the one with the bracket, "mean" all of them. A tag that is one token is itself.
    Returns:
        Sub-token indices (several for "mean" only) of the first tag inside `<think>`; None when there is none.
    Raises:
        ConfigError: unknown position.
    Source: metrics.md 7.3.
    >>> guided_token_positions(["<think>", " [", "vis", "ion", "] a"], "vision")
    [2]
    """
    if position not in ("name", "first", "mean"):
        raise ConfigError(f"position must be 'name', 'first' or 'mean', got {position!r}.")
    text = "".join(tokens).lower()
    inside = text.find("<think>")
    start = text.find(f"[{name}]", max(inside, 0))
    end = text.find("</think>", max(inside, 0))
    if inside < 0 or start < 0 or (0 <= end < start):
        return None
    ends = np.cumsum([len(token) for token in tokens])
    first, last = (int(np.searchsorted(ends, place, side="right")) for place in (start, start + len(name) + 1))
    at_name = int(np.searchsorted(ends, start + 1, side="right"))
    return {"name": [at_name], "first": [first], "mean": list(range(first, last + 1))}[position]
