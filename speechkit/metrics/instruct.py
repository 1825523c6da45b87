"""Instruction following of talkers: EmoOmniEval's IF and InstructTTSEval, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from speechkit.errors import ManifestError
from speechkit.metrics.aggregate import mean_result
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.judge_reply import first_json_object
from speechkit.metrics.judge_scores import judge_result
from speechkit.metrics.result import MetricResult, Skip, null_result

INSTRUCTION_TYPES = ("APS", "DSD", "RP")
"""Acoustic parameters, free description, role play."""

VERDICT_KEY = "一致性"
"""Key of the verdict in InstructTTSEval's replies."""

INSTRUCTION_FIELDS = ("id", "text", "instruction", "lang", "audio")
"""Fields of an instruction record. Source: metrics.md 8."""


def instruction_following(
    outcomes: Sequence[int | Skip], *, fixed: bool = False, bootstrap: BootstrapConfig | None = None, **options: Any
) -> dict[str, MetricResult]:
    """IF over a test set.

    Args:
        outcomes: 0, 1, 2, `NOT_APPLICABLE` (no instruction) or another `Skip` (unscored).
        fixed: all talkers got the same text and instruction, so that they can be compared ("if_fixed").
        bootstrap: interval settings.
        options: `params` and `clusters` of `judge_result`.
    Returns:
        "if_mean" ("if_fixed" when `fixed`) in [0, 2], and "if_full", the share of 2s, nearest to InstructTTSEval's %.
    Raises:
        ConfigError: a score outside 0..2.
    Source: metrics.md 8.
    """
    name = "if_fixed" if fixed else "if_mean"
    mean = judge_result(name, outcomes, bootstrap=bootstrap, **options)
    full = [outcome if isinstance(outcome, Skip) else int(outcome == 2) for outcome in outcomes]
    return {name: mean, "if_full": judge_result("if_full", full, highest=1, bootstrap=bootstrap, **options)}


def parse_instruct_verdict(raw: str) -> bool | Skip:
    """Verdict of an InstructTTSEval reply: only JSON true and false count; the text "true" does not.

    Returns:
        The verdict, or `Skip` ("no_json", "missing_verdict", "null_verdict").
    """
    found = first_json_object(raw)
    if found is None:
        return Skip("no_json")
    if VERDICT_KEY not in found:
        return Skip("missing_verdict")
    verdict = found[VERDICT_KEY]
    return verdict if isinstance(verdict, bool) else Skip("null_verdict")


def instruct_tts_scores(
    verdicts: Mapping[str, Sequence[bool | Skip]], *, bootstrap: BootstrapConfig | None = None
) -> dict[str, MetricResult]:
    """Scores of InstructTTSEval in percent.

        score = 100 #true / #valid per instruction type;  AVG = mean of the three types

    Args:
        verdicts: "APS", "DSD", "RP" to one verdict per item.
        bootstrap: interval settings.
    Returns:
        "ite_aps", "ite_dsd", "ite_rp" and "ite_avg", in [0, 100]. Invalid verdicts are excluded as in the original;
        `details["strict_value"]` counts them as false. "ite_avg" is null ("missing_type") unless all three have values.
    Source: InstructTTSEval, eval/; metrics.md 8.
    """
    results = {}
    for kind in INSTRUCTION_TYPES:
        items = verdicts.get(kind, ())
        true = sum(item is True for item in items)
        strict = 100 * true / len(items) if items else None
        outcomes = [item if isinstance(item, Skip) else 100.0 * bool(item) for item in items]
        name = f"ite_{kind.lower()}"
        details = {"true": true, "strict_value": strict}
        results[name] = mean_result(name, outcomes, unit="percent", bootstrap=bootstrap, details=details)
    values = [result.value for result in results.values()]
    counted: dict[str, Any] = {"n": sum(result.n for result in results.values())}
    known = [value for value in values if value is not None]
    if len(known) < len(INSTRUCTION_TYPES):
        return {**results, "ite_avg": null_result("ite_avg", "missing_type", unit="percent", **counted)}
    average = sum(known) / len(known)
    return {**results, "ite_avg": MetricResult(metric="ite_avg", value=average, unit="percent", **counted)}


def check_instruct_record(record: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Instruction and audio path per type of one InstructTTSEval line.

    Args:
        record: {"id", "text", "APS": {"instruction", "gen_path"}, "DSD": {...}, "RP": {...}}; types may be absent.
    Returns:
        Type to (instruction, path).
    Raises:
        ManifestError: id or text is missing, no type is there, or a type lacks a field.
    """
    if not all(isinstance(record.get(key), str) for key in ("id", "text")):
        raise ManifestError("an InstructTTSEval line needs the texts 'id' and 'text'.")
    found = {}
    for kind in INSTRUCTION_TYPES:
        part = record.get(kind)
        if part is None:
            continue
        pair = tuple(part.get(key) for key in ("instruction", "gen_path")) if isinstance(part, Mapping) else ()
        if len(pair) != 2 or not all(isinstance(item, str) for item in pair):
            raise ManifestError(f"item {record['id']}: {kind} needs the texts 'instruction' and 'gen_path'.")
        found[kind] = (str(pair[0]), str(pair[1]))
    if not found:
        raise ManifestError(f"item {record['id']} has none of {', '.join(INSTRUCTION_TYPES)}.")
    return found
