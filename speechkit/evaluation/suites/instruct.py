"""The `instruct` suite: does speech follow an instruction about how to speak? EmoOmni's IF and InstructTTSEval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from speechkit.config import Config
from speechkit.evaluation.judging.conduct import ConductConfig
from speechkit.evaluation.judging.prompts import prompt
from speechkit.evaluation.manifest import Item
from speechkit.evaluation.records import Record
from speechkit.evaluation.suite import Clip, Summary
from speechkit.evaluation.suites.judged import (
    CALL,
    ask,
    judged_record,
    not_applicable,
    parse_scores,
    prompt_parameters,
    score_outcomes,
    score_plot,
)  # fmt: skip
from speechkit.metrics.instruct import (
    INSTRUCTION_TYPES,
    check_instruct_record,
    instruct_tts_scores,
    instruction_following,
    parse_instruct_verdict,
)  # fmt: skip
from speechkit.metrics.result import MetricResult, Skip
from speechkit.protocols import Judge


@dataclass(frozen=True, kw_only=True)
class InstructConfig(Config):
    """Decisions of the `instruct` suite."""

    fixed: bool = False
    """All talkers got the same texts and instructions: the score is named if_fixed and may be compared."""
    conduct: ConductConfig = field(default_factory=ConductConfig)
    """How long the judge is asked."""


def expand_instructions(items: Sequence[Item]) -> list[Item]:
    """One item per instruction: "IF" for {"instruction", "audio"} rows, APS, DSD and RP for InstructTTSEval's.

    Raises:
        ManifestError: a row of InstructTTSEval's form misses a field.
    """
    found = []
    for item in items:
        if any(kind in item.row for kind in INSTRUCTION_TYPES):
            parts = check_instruct_record({**item.row, "id": item.id})
            rows: list[dict[str, Any]] = [{"instruction": i, "audio": p, CALL: kind} for kind, (i, p) in parts.items()]
        else:
            rows = [{"instruction": item.row.get("instruction"), "audio": item.row.get("audio"), CALL: "IF"}]
        for row in rows:
            whole = {"id": item.id, "text": item.text, **row}
            found.append(Item(id=f"{item.id}#{row[CALL]}", row=whole, folder=item.folder))
    return found


class InstructSuite:
    """Asks a judge about recordings; items are those of `expand_instructions`."""

    name = "instruct"

    def __init__(self, judge: Judge, *, config: InstructConfig | None = None) -> None:
        self.judge = judge
        self.config = config or InstructConfig()

    def parameters(self) -> Mapping[str, Any]:
        """The config, the judge and the prompts."""
        return {**self.config.to_dict(), "judge": self.judge.name, "prompts": prompt_parameters(["IF", "ITE"])}

    def fingerprints(self) -> Mapping[str, str]:
        """The judge has none."""
        return {}

    def measure(self, item: Item, folder: Path) -> Record:
        """One judge call about one recording."""
        call = str(item.row[CALL])
        name = "IF" if call == "IF" else "verdict"
        instruction = str(item.row.get("instruction") or "").strip()
        if not instruction or not item.row.get("audio"):
            return not_applicable(item, [name], "no_audio" if instruction else "no_instruction")
        template = prompt("IF" if call == "IF" else "ITE")
        parse: Any = parse_scores("IF") if call == "IF" else _verdict
        media = [str(item.path())]
        verdict = ask(self.judge, template, {"instruction": instruction}, media, parse, self.config.conduct)
        return judged_record(item, self.judge, template, verdict, [name])

    def summarise(self, items: Sequence[Item], records: Sequence[Record]) -> Summary:
        """IF where there are plain rows, InstructTTSEval's scores where there are its rows."""
        by_call: dict[str, list[Record]] = {}
        for item, record in zip(items, records, strict=True):
            by_call.setdefault(str(item.row[CALL]), []).append(record)
        params = {"judge": self.judge.name, "prompts": prompt_parameters(["IF", "ITE"])}
        results: list[MetricResult] = []
        if "IF" in by_call or not by_call:
            outcomes = score_outcomes(by_call.get("IF", []), "IF")
            results += instruction_following(outcomes, fixed=self.config.fixed, params=params).values()
        if set(by_call) & set(INSTRUCTION_TYPES):
            verdicts = {kind: [_outcome(r) for r in by_call.get(kind, [])] for kind in INSTRUCTION_TYPES}
            results += instruct_tts_scores(verdicts).values()
        names = {result.metric: "verdict" if result.metric.startswith("ite") else "IF" for result in results}
        return Summary(results=results, plots=[score_plot(results, "Scores")], item_metrics=names)

    def clips(self, item: Item, folder: Path) -> Sequence[Clip]:
        """The recording."""
        return [Clip(title=str(item.row.get("instruction")), path=item.path())] if item.row.get("audio") else []


def _verdict(raw: str) -> Any:
    verdict = parse_instruct_verdict(raw)
    return verdict if isinstance(verdict, Skip) else {"verdict": int(verdict)}


def _outcome(record: Record) -> bool | Skip:
    outcome = record.outcome("verdict")
    return outcome if isinstance(outcome, Skip) else bool(outcome)
