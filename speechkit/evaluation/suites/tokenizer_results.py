"""From the records of the `tokenizer` suite to its results; needs no model."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from speechkit.evaluation.records import Record
from speechkit.metrics.aggregate import ratio_result
from speechkit.metrics.codebook import codebook_statistics, level_indices, rate_statistics
from speechkit.metrics.leakage import MIN_UTTERANCES, bag_of_units, leakage_probe, mutual_information
from speechkit.metrics.phone_error import charsiu_label, phone_error_rates
from speechkit.metrics.phone_purity import phone_unit_statistics
from speechkit.metrics.pitch_control import pitch_class, semitones
from speechkit.metrics.result import MetricResult
from speechkit.metrics.unit_distance import unit_edit_distances

PROBED = ("speaker", "gender", "emotion", "pitch")


def tokenizer_results(
    records: Sequence[Record], *, num_units: int, levels: Sequence[int], unit_rate: float, inventory: Sequence[str]
) -> list[MetricResult]:
    """All results of section 1 of the evaluation specification.

    Args:
        records: of `TokenizerSuite.measure`, sorted by id.
        num_units: K.
        levels: of the quantiser.
        unit_rate: Hz.
        inventory: `emova240` labels that the phone decoder can emit.
    Returns:
        Results; names are unique. Items that were skipped count with their reason in every result over items.
    """
    usable = [record for record in records if record.skipped is None]
    lost = [record.skipped for record in records if record.skipped is not None]
    results = [*_phone_errors(usable, inventory), *_purity(usable, num_units), *_distances(usable, levels)]
    units = [record.values["units"] for record in usable]
    results += codebook_statistics(units, num_units, levels=levels).values()
    results += rate_statistics(units, num_units, unit_rate=unit_rate).values()
    results += _leakage(usable, num_units)
    return [with_skips(result, lost) for result in results]


def with_skips(result: MetricResult, reasons: Sequence[str]) -> MetricResult:
    """The same result with items that never reached the metric counted as skipped."""
    if not reasons:
        return result
    counts = dict(result.skipped_reasons)
    for reason in reasons:
        counts[reason] = counts.get(reason, 0) + 1
    null = "all_items_skipped" if result.null_reason == "no_items" else result.null_reason
    changes = {"n_skipped": result.n_skipped + len(reasons), "skipped_reasons": counts, "null_reason": null}
    return MetricResult(**{**result.__dict__, **changes})


def renamed(result: MetricResult, name: str) -> MetricResult:
    """The same result under another name."""
    return MetricResult(**{**result.__dict__, "metric": name})


def _phone_errors(records: Sequence[Record], inventory: Sequence[str]) -> list[MetricResult]:
    read = [record for record in records if "reference_phones" in record.values]
    silent = ["no_text"] * (len(records) - len(read))
    references = [record.values["reference_phones"] for record in read]
    heard = [record.values["heard_phones"] for record in read]
    speakers = [record.values.get("speaker") or record.id for record in read]
    full = phone_error_rates(references, heard, inventory=inventory, clusters=speakers)
    plain = {charsiu_label(label) for label in inventory}
    charsiu = phone_error_rates(references, heard, phone_set="charsiu", inventory=plain, clusters=speakers)
    results = [*full.values(), renamed(charsiu["PER"], "PER_charsiu")]
    return [with_skips(result, silent) for result in results]


def _purity(records: Sequence[Record], num_units: int) -> list[MetricResult]:
    aligned = [record for record in records if record.values.get("aligned_phones")]
    missing = ["no_alignment"] * (len(records) - len(aligned))
    labels = [record.values["aligned_phones"] for record in aligned]
    units = [record.values["units"] for record in aligned]
    results = phone_unit_statistics(labels, units, num_units=num_units)
    note = "phones aligned by the tokenizer's own phone decoder: optimistic against an independent aligner"
    return [
        with_skips(MetricResult(**{**result.__dict__, "warnings": (*result.warnings, note)}), missing)
        for result in results.values()
    ]


def _distances(records: Sequence[Record], levels: Sequence[int]) -> list[MetricResult]:
    augmented = [record for record in records if record.values.get("augmented")]
    names = list(augmented[0].values["augmented"]) if augmented else []
    results = []
    for name in names:
        clean = [record.values["units"] for record in augmented]
        changed = [record.values["augmented"][name] for record in augmented]
        speakers = [record.values.get("speaker") or record.id for record in augmented]
        pair = unit_edit_distances(clean, changed, clusters=speakers)
        results += [renamed(result, f"{key}_{name}") for key, result in pair.items()]
        results.append(_augmented_phones(augmented, name))
        if all(len(a) == len(b) for a, b in zip(clean, changed, strict=True)):
            results.append(_agreement(clean, changed, levels, name))
    return results or list(unit_edit_distances([], []).values())


def _agreement(
    clean: Sequence[Sequence[int]], changed: Sequence[Sequence[int]], levels: Sequence[int], name: str
) -> MetricResult:
    """Share of FSQ levels that stay, frame by frame: a unit that moves by one level in one dimension keeps the others."""
    pairs = [
        (
            float((level_indices(np.array(a), levels) == level_indices(np.array(b), levels)).sum()),
            float(len(a) * len(levels)),
        )
        for a, b in zip(clean, changed, strict=True)
    ]
    return ratio_result(f"level_agreement_{name}", pairs, params={"levels": list(levels)})


def _augmented_phones(records: Sequence[Record], name: str) -> MetricResult:
    """PER of the augmented items: how much of the content the changed units still say."""
    read = [record for record in records if "reference_phones" in record.values]
    references = [record.values["reference_phones"] for record in read]
    heard = [record.values["augmented_phones"][name] for record in read]
    result = phone_error_rates(
        references, heard, clusters=[record.values.get("speaker") or record.id for record in read]
    )["PER"]
    return with_skips(renamed(result, f"PER_{name}"), ["no_text"] * (len(records) - len(read)))


def _leakage(records: Sequence[Record], num_units: int) -> list[MetricResult]:
    labels = {name: [record.values.get(name) for record in records] for name in PROBED}
    labels["pitch"] = _pitch_classes(records)
    units = [record.values["units"] for record in records]
    bags = list(bag_of_units(units, num_units)) if records else []
    texts = _bags_of_phone_pairs(records)
    latents = [record.values.get("latent") for record in records]
    styles = [record.values.get("style") for record in records]
    results: list[MetricResult] = []
    for name in PROBED:
        results += _probe(bags, labels[name], f"units_{name}")
        results += _probe(texts, labels[name], f"text_{name}")
        results += _probe(latents, labels[name], f"latents_{name}")
        results += _probe(styles, labels[name], f"style_{name}")
        kept = [(u, label) for u, label in zip(units, labels[name], strict=True) if label is not None]
        found = mutual_information([u for u, _ in kept], [label for _, label in kept], name=f"mi_{name}")
        results.append(with_skips(found, ["no_label"] * (len(units) - len(kept))))
    return results


def _bags_of_phone_pairs(records: Sequence[Record]) -> list[Any]:
    """What the text alone gives away: speakers who read different books are told apart by their words, whatever the units."""
    spoken = [record.values.get("reference_phones") or [] for record in records]
    pairs = [list(zip(phones[:-1], phones[1:], strict=True)) for phones in spoken]
    number = {pair: index for index, pair in enumerate(sorted({pair for said in pairs for pair in said}))}
    numbered = [[number[pair] for pair in said] for said in pairs]
    bags = list(bag_of_units(numbered, max(1, len(number)))) if records else []
    return [bag if said else None for bag, said in zip(bags, pairs, strict=True)]


def _probe(features: Sequence[Any], labels: Sequence[Hashable | None], name: str) -> list[MetricResult]:
    """A probe on what has features and a label that is frequent enough; the rest is counted."""
    reasons = []
    counts: dict[Hashable, int] = {}
    for vector, label in zip(features, labels, strict=True):
        if vector is not None and label is not None:
            counts[label] = counts.get(label, 0) + 1
    rows, classes = [], []
    for vector, label in zip(features, labels, strict=True):
        if vector is None or label is None:
            reasons.append("no_features" if vector is None else "no_label")
        elif counts[label] < MIN_UTTERANCES:
            reasons.append("rare_class")
        else:
            rows.append(vector)
            classes.append(label)
    found = leakage_probe(np.asarray(rows, float) if rows else np.zeros((0, 1)), classes, name=name)
    return [with_skips(result, reasons) for result in found.values()]


def _pitch_classes(records: Sequence[Record]) -> list[str | None]:
    """low, normal or high: the utterance's median F0 against the median of its speaker's utterances, by one semitone."""
    groups: dict[Any, list[float]] = {}
    for record in records:
        if record.values.get("median_f0"):
            groups.setdefault(record.values.get("speaker"), []).append(record.values["median_f0"])
    centres = {speaker: float(np.median(values)) for speaker, values in groups.items()}
    return [
        pitch_class(semitones(f0, centres[record.values.get("speaker")]))
        if (f0 := record.values.get("median_f0"))
        else None
        for record in records
    ]
