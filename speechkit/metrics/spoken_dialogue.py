"""EMOVA's spoken dialogue scores: the model's JSON, judge scores from 0 to 10, and style label accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from speechkit.metrics.aggregate import Clusters, check_same_length, mean_result
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.classification import class_results, macro_f1
from speechkit.metrics.confusion import confusion
from speechkit.metrics.judge_reply import coerce_score, first_json_object
from speechkit.metrics.judge_scores import judge_result
from speechkit.metrics.result import MetricResult, Skip

OUTPUT_KEYS = (
    "user question text",
    "user question emotion",
    "user question pitch",
    "assistant response text",
    "assistant response emotion",
    "assistant response pitch",
    "assistant response speech",
)
"""Keys of the model's JSON, in order. Source: the code of EMOVA."""

TEST_SETS = {"Speech-Image-EN": 1056, "Speech-Image-ZH": 616, "Speech-Text-EN": 1400, "Speech-Text-ZH": 684}
"""Test sets and their sizes; reported one by one, never pooled."""

STYLE_EMOTIONS = ("neutral", "happy", "sad", "angry")
STYLE_PITCHES = ("low", "normal", "high")
_FOLDED = {"surprised": "happy", "fearful": "sad", "disgusted": "angry"}


@dataclass(frozen=True, kw_only=True)
class StyleVerdict:
    """What the judge said about one response's style labels: 1 appropriate, 0 not."""

    emotion: int
    pitch: int


def fold_emotion(emotion: str) -> str:
    """One of the four judged emotions: surprised to happy, fearful to sad, disgusted to angry; others unchanged.

    >>> fold_emotion("Fearful")
    'sad'
    """
    bare = emotion.strip().lower()
    return _FOLDED.get(bare, bare)


def parse_dialogue_output(text: str) -> dict[str, str] | Skip:
    """The model's JSON with all seven keys as text, or `Skip("no_json")`, `Skip("missing_key")`."""
    found = first_json_object(text)
    if found is None:
        return Skip("no_json")
    if not all(isinstance(found.get(key), str) for key in OUTPUT_KEYS):
        return Skip("missing_key")
    return {key: found[key] for key in OUTPUT_KEYS}


def json_parse_rate(outputs: Sequence[str]) -> MetricResult:
    """Share of outputs that are JSON with all keys; `details` count what was wrong with the others."""
    parsed = [parse_dialogue_output(text) for text in outputs]
    problems: dict[str, int] = {}
    for item in parsed:
        if isinstance(item, Skip):
            problems[item.reason] = problems.get(item.reason, 0) + 1
    hits = [float(not isinstance(item, Skip)) for item in parsed]
    return mean_result("json_parse_rate", hits, details={"problems": problems})


def dialogue_score(
    outcomes: Sequence[int | Skip],
    *,
    name: str = "end_to_end",
    params: Mapping[str, Any] | None = None,
    clusters: Clusters = None,
    bootstrap: BootstrapConfig | None = None,
) -> MetricResult:
    """Mean judge score in [0, 10] of a test set.

    Args:
        outcomes: score per item, or `Skip` where the model's JSON did not parse or the judge gave no score; these count
            0 in `details["strict_value"]`.
        name: "end_to_end" (speech out, transcribed), "unit_in_text_out" or "text_in_text_out".
        params: judge and prompt; recorded.
        clusters: dialogue per item.
        bootstrap: interval settings.
    Raises:
        ConfigError: a score outside 0..10.
    Source: metrics.md 4.1-4.4; EMOVA section 5.3, appendix D.
    """
    return judge_result(name, outcomes, highest=10, params=params, clusters=clusters, bootstrap=bootstrap)


def parse_style_verdict(raw: str) -> StyleVerdict | Skip:
    """Read the judge's reply on style labels; valid only if both analyses have text and both scores are 0 or 1.

    Returns:
        The verdict, or `Skip` ("no_json", "missing_analysis", "bad_score"); both scores share one validity.
    Source: metrics.md 4.5. Changed: booleans are refused, as everywhere.
    """
    found = first_json_object(raw)
    if found is None:
        return Skip("no_json")
    analyses = [found.get(f"Assistant's {axis} Analysis") for axis in ("Emotion", "Pitch")]
    if not all(isinstance(analysis, str) and analysis.strip() for analysis in analyses):
        return Skip("missing_analysis")
    emotion, pitch = (
        coerce_score(found.get(f"Assistant's {axis} Classification Score"), 1) for axis in ("Emotion", "Pitch")
    )
    if emotion is None or pitch is None:
        return Skip("bad_score")
    return StyleVerdict(emotion=emotion, pitch=pitch)


def style_accuracy(
    verdicts: Sequence[StyleVerdict | Skip],
    *,
    params: Mapping[str, Any] | None = None,
    clusters: Clusters = None,
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """Share of responses whose emotion and pitch labels the judge found appropriate.

    Returns:
        "style_emotion_acc" and "style_pitch_acc" in [0, 1] with one n, since an item is valid for both or for neither.
    """
    shared: dict[str, Any] = {"highest": 1, "params": params, "clusters": clusters, "bootstrap": bootstrap}
    emotion = [v if isinstance(v, Skip) else v.emotion for v in verdicts]
    pitch = [v if isinstance(v, Skip) else v.pitch for v in verdicts]
    return {
        "style_emotion_acc": judge_result("style_emotion_acc", emotion, **shared),
        "style_pitch_acc": judge_result("style_pitch_acc", pitch, **shared),
    }


def style_exact(
    gold: Sequence[str],
    predicted: Sequence[str | None],
    *,
    axis: str = "emotion",
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """Exact match of style labels with the data set's, after folding emotions.

    Args:
        gold: label per response; one outside the four emotions (three pitches) after folding is skipped.
        predicted: the model's label; None where its JSON did not parse (wrong).
        axis: "emotion" or "pitch".
        bootstrap: interval settings.
    Returns:
        "style_exact_{axis}" (accuracy) and "style_macro_f1_{axis}", because labels are skewed.
    Raises:
        ShapeError: different lengths.
    """
    check_same_length("style_exact", gold, predicted)
    labels = STYLE_EMOTIONS if axis == "emotion" else STYLE_PITCHES
    fold = fold_emotion if axis == "emotion" else lambda label: label.strip().lower()
    pairs = [(fold(g), fold(p or "")) for g, p in zip(gold, predicted, strict=True)]
    outcomes = [float(g == p) if g in labels else Skip("unknown_gold_label") for g, p in pairs]
    exact = mean_result(f"style_exact_{axis}", outcomes, bootstrap=bootstrap, params={"labels": list(labels)})
    known = [pair for pair in pairs if pair[0] in labels]
    golds, answers = [g for g, _ in known], [p for _, p in known]
    name = f"style_macro_f1_{axis}"
    table = confusion(golds, answers, labels)
    f1 = class_results(table, {name: macro_f1}, items=(golds, answers), bootstrap=bootstrap)[name]
    skips = {"n_skipped": exact.n_skipped, "skipped_reasons": exact.skipped_reasons}
    return {exact.metric: exact, name: MetricResult(**{**f1.__dict__, **skips})}
