"""Open-vocabulary emotion scores: free emotion words, folded onto emotion wheels and compared as sets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speechkit.errors import ConfigError
from speechkit.metrics.aggregate import check_same_length
from speechkit.metrics.bootstrap import BootstrapConfig, Statistic, bootstrap_interval
from speechkit.metrics.result import MetricResult, null_result

Wheel = Mapping[str, Mapping[str, Sequence[str]]]
"""level-1 emotion -> level-2 emotion -> level-3 words."""


@dataclass(frozen=True, kw_only=True)
class EmotionMaps:
    """Data that folds words: word forms, synonyms and wheels. Read from files by the caller; all lower case."""

    wheels: Mapping[str, Wheel]
    """Wheel name to wheel; published scores use five."""
    forms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Word form to base words; a word outside is out of vocabulary. Empty: every word is its own base."""
    synonyms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Base word to wheel words; a base word outside stands for itself."""

    def __post_init__(self) -> None:
        if not self.wheels:
            raise ConfigError("EmotionMaps needs at least one wheel.")


SMALL_MAPS = EmotionMaps(
    wheels={
        "small": {
            "happy": {"joyful": ["delighted", "cheerful"], "content": ["calm", "relieved"]},
            "sad": {"lonely": ["abandoned"], "hurt": ["disappointed"]},
            "angry": {"mad": ["furious"], "annoyed": ["frustrated", "irritated"]},
        }
    },
    forms={
        **{
            word: [word]
            for word in (
                "happy joyful delighted cheerful content calm relieved sad lonely abandoned hurt disappointed angry "
                "mad furious annoyed frustrated irritated joy rage"
            ).split()
        },
        "happily": ["happy"],
        "sadness": ["sad"],
        "anger": ["angry"],
    },
    synonyms={"joy": ["joyful"], "rage": ["furious"]},
)
"""A small built-in map for tests and examples. The wheels of MER2025 are data of that challenge, not shipped here."""


def wheel_lookup(wheel: Wheel, level: int) -> dict[str, str]:
    """Word of a wheel to its group.

    Level 1 groups everything under the inner ring. Level 2 groups under the second ring; a bare level-1 word then
    stands for the alphabetically first of its level-2 groups. A word that occurs twice belongs to its last place.

    Raises:
        ConfigError: a level other than 1 or 2.
    Source: MERTools, MER2025 wheel.py.
    """
    if level not in (1, 2):
        raise ConfigError(f"level must be 1 or 2, got {level}.")
    lookup: dict[str, str] = {}
    for inner, ring in wheel.items():
        lookup[inner] = inner if level == 1 else min(ring, default=inner)
        for middle, words in ring.items():
            for word in (middle, *words):
                lookup[word] = inner if level == 1 else middle
    return lookup


def fold_words(words: Collection[str], maps: EmotionMaps, lookup: Mapping[str, str]) -> set[str]:
    """Groups of a set of emotion words; words that lead nowhere are dropped.

    A word goes to its base words, these to their synonyms; the alphabetically first of all of them that is on the
    wheel decides.
    """
    groups = set()
    for word in {word.strip().lower() for word in words}:
        bases = maps.forms.get(word, ()) if maps.forms else (word,)
        candidates = sorted({synonym for base in bases for synonym in maps.synonyms.get(base, (base,))})
        group = next((lookup[candidate] for candidate in candidates if candidate in lookup), None)
        groups |= set() if group is None else {group}
    return groups


def open_vocabulary(
    gold: Sequence[Collection[str]],
    predicted: Sequence[Collection[str]],
    maps: EmotionMaps,
    *,
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """Set-overlap F score over emotion wheels.

        precision = |G & P| / |P|, recall = |G & P| / |G|  per sample (P empty: 0, 0; G empty: skipped)
        F_w = 2 mean(prec) mean(rec) / (mean(prec) + mean(rec)),  score = mean of F_w over the wheels

    Args:
        gold: emotion words per sample.
        predicted: emotion words per sample.
        maps: word forms, synonyms, wheels.
        bootstrap: interval settings.
    Returns:
        "OV_level1", "OV_level2" and their mean "OV" (MER2025's main score), in [0, 1]. `details` hold mean |P| and |G|
        and, per wheel, F, precision and recall. Null ("no_gold_on_wheels") when no sample has a gold group.
    Raises:
        ShapeError: different lengths.
    Source: metrics.md 5.4; MERTools. Changed: 0 instead of NaN when precision and recall are both 0.
    """
    check_same_length("open_vocabulary", gold, predicted)
    tables = {
        f"{name}_level{level}": _overlaps(gold, predicted, maps, wheel_lookup(wheel, level))
        for level in (1, 2)
        for name, wheel in maps.wheels.items()
    }
    sizes = {"mean_predicted": _mean_size(predicted), "mean_gold": _mean_size(gold)}
    results = {}
    for name, endings in (("OV_level1", "1"), ("OV_level2", "2"), ("OV", "12")):
        chosen = {key: table for key, table in tables.items() if key[-1] in endings}
        rows = [dict(zip(("f", "precision", "recall"), _f_score(table), strict=True)) for table in chosen.values()]
        details = {**sizes, "wheels": dict(zip(chosen, rows, strict=True))}
        stacked = np.stack(list(chosen.values()))

        def score(drawn: NDArray[np.int64], stacked: NDArray[np.float64] = stacked) -> float | None:
            return _mean_known([_f_score(table[drawn])[0] for table in stacked])

        results[name] = _wheel_result(name, score, stacked, maps, bootstrap, details, "no_gold_on_wheels")
    return results


def hit_rate(
    gold: Sequence[str],
    predicted: Sequence[Collection[str]],
    maps: EmotionMaps,
    *,
    candidates: Collection[str] | None = None,
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """Hit rate of single gold labels among free emotion words, on level 1 of every wheel.

        HIT = 1 if the gold group is in P else 0        M = HIT / |P & candidates|, 0 for an empty set

    HIT rewards naming many emotions; read it beside `details["mean_predicted"]`.

    Args:
        gold: one emotion word per sample.
        predicted: emotion words per sample.
        maps: word forms, synonyms, wheels.
        candidates: the labels of the data set, folded like words; all groups when None.
        bootstrap: interval settings.
    Returns:
        "HIT" and "M", in [0, 1], means over samples, then over wheels. Samples whose gold word is on no wheel are
        skipped ("gold_off_wheel").
    Raises:
        ShapeError: different lengths.
    Source: metrics.md 5.4; AffectGPT, MER-UniBench.
    """
    check_same_length("hit_rate", gold, predicted)
    stacked = np.stack(
        [_hits(gold, predicted, candidates, maps, wheel_lookup(wheel, 1)) for wheel in maps.wheels.values()]
    )
    details = {"mean_predicted": _mean_size(predicted)}
    results = {}
    for column, name in ((1, "HIT"), (2, "M")):

        def score(drawn: NDArray[np.int64], column: int = column) -> float | None:
            return _mean_known([_column_mean(table[drawn], column) for table in stacked])

        results[name] = _wheel_result(name, score, stacked, maps, bootstrap, details, "gold_off_wheel")
    return results


def _wheel_result(
    name: str,
    score: Statistic,
    stacked: NDArray[np.float64],
    maps: EmotionMaps,
    bootstrap: BootstrapConfig | None,
    details: dict[str, Any],
    reason: str,
) -> MetricResult:
    """Result of a statistic over tables [wheels, samples, 3] whose first column says which samples count."""
    config = bootstrap or BootstrapConfig()
    usable = np.asarray(stacked[:, :, 0].any(axis=0))
    missing = int((~usable).sum())
    fields: dict[str, Any] = {
        "n": int(usable.sum()),
        "n_skipped": missing,
        "skipped_reasons": {reason: missing} if missing else {},
        "params": {"wheels": list(maps.wheels), "bootstrap": config.to_dict()},
        "details": details,
    }
    value = score(np.arange(usable.size))
    if value is None:
        return null_result(name, reason if usable.size else "no_items", **fields)
    interval = bootstrap_interval(lambda drawn: score(np.flatnonzero(usable)[drawn]), fields["n"], config=config)
    return MetricResult(metric=name, value=value, ci95=interval, **fields)


def _overlaps(
    gold: Sequence[Collection[str]],
    predicted: Sequence[Collection[str]],
    maps: EmotionMaps,
    lookup: Mapping[str, str],
) -> NDArray[np.float64]:
    """(usable, precision, recall) per sample, float64 [N, 3]."""
    rows = []
    for words, answer in zip(gold, predicted, strict=True):
        right, heard = fold_words(words, maps, lookup), fold_words(answer, maps, lookup)
        common = len(right & heard)
        rows.append((float(bool(right)), common / max(len(heard), 1), common / max(len(right), 1)))
    return np.array(rows, float).reshape(-1, 3)


def _hits(
    gold: Sequence[str],
    predicted: Sequence[Collection[str]],
    candidates: Collection[str] | None,
    maps: EmotionMaps,
    lookup: Mapping[str, str],
) -> NDArray[np.float64]:
    """(usable, hit, M score) per sample, float64 [N, 3]."""
    allowed = None if candidates is None else fold_words(candidates, maps, lookup)
    rows = []
    for word, answer in zip(gold, predicted, strict=True):
        right, heard = fold_words([word], maps, lookup), fold_words(answer, maps, lookup)
        hit = float(bool(right & heard))
        among = heard if allowed is None else heard & allowed
        rows.append((float(bool(right)), hit, hit / len(among) if among else 0.0))
    return np.array(rows, float).reshape(-1, 3)


def _f_score(table: NDArray[np.float64]) -> tuple[float | None, float | None, float | None]:
    precision, recall = _column_mean(table, 1), _column_mean(table, 2)
    if precision is None or recall is None:
        return None, None, None
    total = precision + recall
    return (2 * precision * recall / total if total else 0.0), precision, recall


def _column_mean(table: NDArray[np.float64], column: int) -> float | None:
    usable = table[:, 0].sum()
    return float((table[:, 0] * table[:, column]).sum() / usable) if usable else None


def _mean_known(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _mean_size(sets: Sequence[Collection[str]]) -> float | None:
    return sum(len(set(words)) for words in sets) / len(sets) if sets else None
