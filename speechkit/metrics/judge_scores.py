"""From judge scores to table cells: value, strict value, coverage; and which scores exist at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from speechkit.errors import ConfigError
from speechkit.metrics.aggregate import Clusters, mean_result, paired_difference
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.judge_reply import JUDGE_CALLS
from speechkit.metrics.result import MetricResult, Skip, null_result

EMOOMNI_SCORES = ("VS-RES", "VS-RC", "VT-EA", "VT-RES", "VT-RC", "IF")
"""The six scores of EmoOmniEval, in the order of its tables; each in {0, 1, 2}."""

NOT_APPLICABLE = Skip("not_applicable")
"""For a score whose inputs do not exist; it is neither a failure nor a 0."""

LOW_COVERAGE = 0.95

InferenceMode = Literal["thinking_speech", "thinking_text", "direct_speech", "direct_text"]
ChainVariant = Literal["full", "no_emotion_analysis", "no_user_intent", "no_response_strategy", "with_asr", "no_ecot"]
Talker = Literal["own", "common"]

_MODES: dict[str, dict[str, Talker]] = {
    "thinking_speech": dict.fromkeys(EMOOMNI_SCORES, "own"),
    "thinking_text": {name: "common" if name in ("VS-RES", "VS-RC", "IF") else "own" for name in EMOOMNI_SCORES},
    "direct_speech": {"VS-RES": "own", "VS-RC": "own", "VT-RC": "own"},
    "direct_text": {"VT-RC": "own"},
}
_VARIANTS: dict[str, tuple[str, ...]] = {
    "full": EMOOMNI_SCORES,
    "no_emotion_analysis": ("VS-RES", "VS-RC", "VT-RES", "VT-RC"),
    "no_user_intent": ("VS-RES", "VS-RC", "VT-EA", "VT-RES", "VT-RC"),
    "no_response_strategy": ("VT-EA", "VT-RC"),
    "with_asr": EMOOMNI_SCORES,
    "no_ecot": ("VT-RC",),
}
VARIANT_FIELDS: dict[str, tuple[str, ...]] = {
    "full": ("emotion_analysis", "user_intent", "response_strategy", "response"),
    "no_emotion_analysis": ("user_intent", "response_strategy", "response"),
    "no_user_intent": ("emotion_analysis", "response_strategy", "response"),
    "no_response_strategy": ("emotion_analysis", "user_intent", "response"),
    "with_asr": ("asr", "emotion_analysis", "user_intent", "response_strategy", "response"),
    "no_ecot": ("response",),
}
"""Fields of the emotional chain of thought that each ablation keeps, in causal order. Source: EmoOmni appendix A."""


def applicable_scores(mode: InferenceMode, variant: ChainVariant = "full") -> dict[str, Talker]:
    """Which scores a system has, and whose talker speaks.

    Args:
        mode: "thinking_speech" (chain of thought, own talker), "thinking_text" (chain of thought, no speech: the common
            talker speaks for it), "direct_speech" (no chain, own speech), "direct_text" (text only).
        variant: ablation of the chain; only thinking modes have one.
    Returns:
        Score to "own" or "common" (the `*` of the paper's tables), in table order; absent scores do not apply.
    Raises:
        ConfigError: unknown mode or variant, or an ablation of a mode without a chain.
    Source: metrics.md 3.4; EmoOmni tables 1 and 2.
    >>> applicable_scores("direct_speech")
    {'VS-RES': 'own', 'VS-RC': 'own', 'VT-RC': 'own'}
    """
    if mode not in _MODES or variant not in _VARIANTS:
        raise ConfigError(f"unknown mode {mode!r} or variant {variant!r}; modes {list(_MODES)}, {list(_VARIANTS)}.")
    if variant != "full" and mode.startswith("direct"):
        raise ConfigError(f"{mode!r} has no chain of thought that {variant!r} could change.")
    allowed = _VARIANTS[variant]
    return {name: _MODES[mode][name] for name in EMOOMNI_SCORES if name in _MODES[mode] and name in allowed}


def judge_result(
    metric: str,
    outcomes: Sequence[int | Skip],
    *,
    highest: int = 2,
    params: Mapping[str, Any] | None = None,
    clusters: Clusters = None,
    bootstrap: BootstrapConfig | None = None,
) -> MetricResult:
    """Mean judge score over the scored items, with the strict value beside it.

        value = mean over scored items        strict_value = mean with 0 for every unscored item

    Args:
        metric: "VS-RC", ..., "dialogue".
        outcomes: a score in [0, highest], `NOT_APPLICABLE`, or another `Skip` for an item that stayed unscored.
        highest: of the scale.
        params: judge model, prompt id and hash, talker; recorded.
        clusters: dialogue per item.
        bootstrap: interval settings.
    Returns:
        Value in [0, highest]. Items that do not apply count nowhere but in the reasons. `details` hold n_total,
        n_scored, coverage, strict_value, the share of full marks and the histogram; coverage below .95 gives a warning.
        Null: "no_items", "not_applicable" (for all), "all_items_skipped".
    Raises:
        ConfigError: a score outside the scale, or a boolean.
    Source: metrics.md 3.5. Never averaged across test sets or across scores.
    """
    for score in outcomes:
        if not isinstance(score, Skip) and (
            isinstance(score, bool) or not 0 <= score <= highest or score != int(score)
        ):
            raise ConfigError(f"{metric}: {score!r} is not an integer score in [0, {highest}].")
    scores = [int(score) for score in outcomes if not isinstance(score, Skip)]
    total = sum(outcome != NOT_APPLICABLE for outcome in outcomes)
    coverage = len(scores) / total if total else None
    details = {
        "n_total": total,
        "n_scored": len(scores),
        "coverage": coverage,
        "strict_value": sum(scores) / total if total else None,
        "full_marks": scores.count(highest) / len(scores) if scores else None,
        "histogram": {str(mark): scores.count(mark) for mark in range(highest + 1)},
    }
    low = (
        (f"coverage {coverage:.3f} is below {LOW_COVERAGE}",)
        if coverage is not None and coverage < LOW_COVERAGE
        else ()
    )
    shared: dict[str, Any] = {"unit": "score", "details": details, "warnings": low}
    if outcomes and not total:
        skips = {"n_skipped": len(outcomes), "skipped_reasons": {"not_applicable": len(outcomes)}}
        return null_result(metric, "not_applicable", params=dict(params or {}), **skips, **shared)
    items = [outcome if isinstance(outcome, Skip) else float(outcome) for outcome in outcomes]
    return mean_result(metric, items, params=params, clusters=clusters, bootstrap=bootstrap, **shared)


MAX_PARITY_RESPONSE = 8192
"""Characters beyond which the released scripts drop a response."""
_PARITY_MINIMUM = {"VT-EA": 300, "VT-RES": 300, "IF": 200}
"""Files with at most this many items are skipped by the released scripts."""


def released_score(
    metric: str, replies: Sequence[Mapping[str, Any] | None], response_lengths: Sequence[int]
) -> float | None:
    """The number that the released EmoOmniEval scripts would print; for parity only.

    API failures (None) and responses over 8,192 characters are dropped, files with 300 (VT-EA, VT-RES) or 200 (IF) items
    or fewer are not scored at all, and VT-RC counts a reply without its key as 0 where the other scores skip it. Any
    number counts as a score there, booleans included.

    Args:
        metric: one of `EMOOMNI_SCORES`.
        replies: the parsed JSON of each reply, None where the call failed.
        response_lengths: characters of each judged response.
    Returns:
        Mean score; None where the script prints nothing or divides by zero.
    Raises:
        ConfigError: unknown metric, or different lengths.
    Source: metrics.md 3.5, EmoOmniEval/evalution/Eval_*.py.
    """
    keys = {field.score: field.keys for call in JUDGE_CALLS.values() for field in call.fields}
    if metric not in EMOOMNI_SCORES or len(replies) != len(response_lengths):
        raise ConfigError(f"want one of {EMOOMNI_SCORES} and one length per reply, got {metric!r}.")
    if len(replies) <= _PARITY_MINIMUM.get(metric, 0):
        return None
    kept = [
        r
        for r, length in zip(replies, response_lengths, strict=True)
        if r is not None and length <= MAX_PARITY_RESPONSE
    ]
    scores = []
    for reply in kept:
        held = next((reply[key] for key in keys[metric] if key in reply), None)
        score = held.get("score") if isinstance(held, Mapping) else held
        if score is None and metric == "VT-RC":
            score = 0
        scores += [float(score)] if isinstance(score, (int, float)) else []
    return sum(scores) / len(scores) if scores else None


def compare_judged(
    metric: str, ours: Mapping[str, int | None], theirs: Mapping[str, int | None], **options: Any
) -> MetricResult:
    """Paired difference of two systems under one judge, prompt and item set; see `paired_difference`."""
    as_numbers = [{key: None if s is None else float(s) for key, s in side.items()} for side in (ours, theirs)]
    return paired_difference(metric, *as_numbers, **options)
