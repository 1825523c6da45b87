"""What suites with a judge share: one item per judge call, and records of what was asked and answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from speechkit.evaluation.judging.conduct import ConductConfig, Verdict, ask_until_readable
from speechkit.evaluation.judging.prompts import Prompt, prompt
from speechkit.evaluation.manifest import Item
from speechkit.evaluation.plots import bars
from speechkit.evaluation.records import Record
from speechkit.evaluation.suite import Plot
from speechkit.metrics.judge_reply import parse_judge_reply
from speechkit.metrics.judge_scores import NOT_APPLICABLE
from speechkit.metrics.result import MetricResult, Skip
from speechkit.protocols import Judge

CALL = "judge_call"
"""Field that an expanded item's row has: which question it is."""


def expand_calls(items: Sequence[Item], calls: Sequence[str]) -> list[Item]:
    """One item per row and judge call, so that a run resumes by (id, call).

    Returns:
        Items with id "<id>#<call>" and the call in their row.
    """
    return [
        Item(id=f"{item.id}#{call}", row={**item.row, "id": item.id, CALL: call}, folder=item.folder)
        for item in items
        for call in calls
    ]


def prompt_parameters(names: Sequence[str]) -> dict[str, Any]:
    """Ids and hashes of the prompts that a suite uses."""
    return {name: {"id": prompt(name).id, "sha256": prompt(name).sha256} for name in sorted(set(names))}


def parse_scores(call: str) -> Callable[[str], Mapping[str, int] | Skip]:
    """Reader of a call's reply: score per metric name, or the problem."""

    def parse(raw: str) -> Mapping[str, int] | Skip:
        reply = parse_judge_reply(call, raw)
        return reply.scores if reply.scores is not None else Skip(reply.problem or "unscored")

    return parse


def ask(
    judge: Judge,
    template: Prompt,
    fields: Mapping[str, str],
    media: Sequence[str],
    parse: Callable[[str], Any],
    config: ConductConfig,
) -> Verdict[Any]:
    """`ask_until_readable` with everything positional."""
    return ask_until_readable(judge, template, fields, media, parse, config=config)


def judged_record(item: Item, judge: Judge, template: Prompt, verdict: Verdict[Any], names: Sequence[str]) -> Record:
    """Record of one call: scores by name or why there are none, and what was asked of whom.

    Args:
        item: expanded.
        judge: who answered.
        template: what was asked.
        verdict: what came of it; its value is a mapping from `names` to scores, or a `Skip`.
        names: metrics that the call gives.
    """
    found = verdict.value
    values: dict[str, Any] = {
        "item": item.row.get("id"), "call": item.row.get(CALL), "prompt_id": template.id, "prompt_sha256": template.sha256,
        "judge_model": judge.name, "raw": verdict.raw, "attempts": verdict.attempts,
        "status": "unscored" if isinstance(found, Skip) else "scored",
    }  # fmt: skip
    for name in names:
        values[name] = None if isinstance(found, Skip) else found[name]
        if isinstance(found, Skip):
            values[f"{name}_skipped"] = found.reason
    return Record(id=item.id, values=values, seconds={"judge": verdict.seconds})


def not_applicable(item: Item, names: Sequence[str], why: str) -> Record:
    """Record of a call whose inputs do not exist; no judge is asked and nothing is 0."""
    values: dict[str, Any] = {
        "item": item.row.get("id"),
        "call": item.row.get(CALL),
        "status": "not_applicable",
        "why": why,
    }
    values |= dict.fromkeys(names) | {f"{name}_skipped": NOT_APPLICABLE.reason for name in names}
    return Record(id=item.id, values=values)


def score_outcomes(records: Sequence[Record], name: str) -> list[int | Skip]:
    """Scores of one metric over the records that have it, as `judge_result` takes them."""
    found: list[int | Skip] = []
    for record in records:
        outcome = record.outcome(name)
        found.append(outcome if isinstance(outcome, Skip) else int(outcome))
    return found


def score_plot(results: Sequence[MetricResult], title: str) -> Plot:
    """Bars of the results."""
    values = {result.metric: result.value for result in results}
    return Plot(title=title, svg=bars(values, {result.metric: result.ci95 for result in results}))
