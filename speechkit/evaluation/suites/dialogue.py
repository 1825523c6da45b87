"""The `dialogue` suite: EmoOmniEval's six scores by four judge calls."""

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
from speechkit.metrics.ecot import ECOT_FIELDS, check_ecot, serialize_ecot
from speechkit.metrics.judge_reply import JUDGE_CALLS
from speechkit.metrics.judge_scores import EMOOMNI_SCORES, applicable_scores, judge_result
from speechkit.metrics.result import MetricResult, Skip
from speechkit.protocols import Judge
from speechkit.thinker.formats import parse_thoughts

CALLS = ("VS", "VT_EA_RES", "VT_RC", "IF")
"""The four calls, each with scores of its own."""


@dataclass(frozen=True, kw_only=True)
class DialogueConfig(Config):
    """Decisions of the `dialogue` suite."""

    mode: str = "thinking_speech"
    """How the system answers: thinking_speech, thinking_text, direct_speech, direct_text."""
    variant: str = "full"
    """Ablation of the chain of thought."""
    conduct: ConductConfig = field(default_factory=ConductConfig)
    """How long the judge is asked."""

    def __post_init__(self) -> None:
        applicable_scores(self.mode, self.variant)  # type: ignore[arg-type]


class DialogueSuite:
    """Asks a judge about recorded outputs; items are those of `expand_calls(items, CALLS)`."""

    name = "dialogue"

    def __init__(self, judge: Judge, *, config: DialogueConfig | None = None) -> None:
        self.judge = judge
        self.config = config or DialogueConfig()
        self._applicable = applicable_scores(self.config.mode, self.config.variant)  # type: ignore[arg-type]

    def parameters(self) -> Mapping[str, Any]:
        """The config, the judge, the prompts, and which scores apply with whose talker."""
        talkers: dict[str, Any] = dict(self._applicable)
        return {
            **self.config.to_dict(),
            "judge": self.judge.name,
            "prompts": prompt_parameters(CALLS),
            "talker": talkers,
        }

    def fingerprints(self) -> Mapping[str, str]:
        """The judge has none."""
        return {}

    def measure(self, item: Item, folder: Path) -> Record:
        """One judge call about one recorded output."""
        call = str(item.row[CALL])
        names = [wanted.score for wanted in JUDGE_CALLS[call].fields]
        applicable = [name for name in names if name in self._applicable]
        if not applicable:
            return not_applicable(item, names, "mode_or_variant")
        found = call_inputs(item, call)
        if isinstance(found, Skip):
            return not_applicable(item, names, found.reason)
        fields, media = found
        verdict = ask(self.judge, prompt(call), fields, media, parse_scores(call), self.config.conduct)
        record = judged_record(item, self.judge, prompt(call), verdict, names)
        gone = [name for name in names if name not in applicable]
        values = record.values | dict.fromkeys(gone) | {f"{n}_skipped": "not_applicable" for n in gone}  # type: ignore[operator]
        return Record(id=item.id, values=values, seconds=record.seconds)

    def summarise(self, items: Sequence[Item], records: Sequence[Record]) -> Summary:
        """The six scores, per data set, never averaged across them."""
        sets = sorted({str(item.row.get("dataset") or "all") for item in items}) or ["all"]
        results = [result for name in sets for result in self._scores(name, len(sets) == 1, items, records)]
        names = {result.metric: result.metric.partition("@")[0] for result in results}
        return Summary(results=results, plots=[score_plot(results, "Scores, 0 to 2")], item_metrics=names)

    def _scores(
        self, dataset: str, alone: bool, items: Sequence[Item], records: Sequence[Record]
    ) -> list[MetricResult]:
        results = []
        for name in EMOOMNI_SCORES:
            call = next(key for key in CALLS if name in {wanted.score for wanted in JUDGE_CALLS[key].fields})
            own = [
                (item, record)
                for item, record in zip(items, records, strict=True)
                if item.row[CALL] == call and str(item.row.get("dataset") or "all") == dataset
            ]
            params: dict[str, Any] = {
                "judge": self.judge.name,
                "prompt": prompt(call).id,
                "prompt_sha256": prompt(call).sha256,
            }
            params |= {"dataset": dataset, "talker": self._applicable.get(name)}
            clusters = [str(item.row.get("dialogue_id") or item.row.get("id")) for item, _ in own]
            outcomes = score_outcomes([record for _, record in own], name)
            results.append(
                judge_result(name if alone else f"{name}@{dataset}", outcomes, params=params, clusters=clusters)
            )
        return results

    def clips(self, item: Item, folder: Path) -> Sequence[Clip]:
        """The spoken reply."""
        audio = output_of(item).get("audio")
        return [Clip(title="reply", path=item.folder / str(audio))] if audio and item.row[CALL] == "VS" else []


def output_of(item: Item) -> Mapping[str, Any]:
    """The system's recorded output; empty when there is none.

    A text is read as the thinker reads it, in any of its formats; where no response is marked, the whole text is the
    response and there is no chain (metrics.md 3.3).
    """
    output = item.row.get("output")
    if not isinstance(output, str):
        return output if isinstance(output, Mapping) else {}
    parsed = parse_thoughts(output)
    if parsed.thoughts is None or "missing:response" in parsed.problems:
        return {"response": output.strip()}
    thoughts = parsed.thoughts
    return {"ecot": {name: getattr(thoughts, name) for name in ECOT_FIELDS}, "response": thoughts.response}


def call_inputs(item: Item, call: str) -> tuple[dict[str, str], list[str]] | Skip:
    """Fields and media of one call, or which input is missing."""
    output = output_of(item)
    video, audio = item.row.get("video"), output.get("audio")
    response = str(output.get("response") or "")
    if call != "IF" and not video:
        return Skip("no_video")
    watched = [str(item.folder / str(video))] if call != "IF" else []
    if call in ("VS", "IF"):
        if not audio:
            return Skip("no_audio")
        watched.append(str(item.folder / str(audio)))
    if call == "VS":
        return {}, watched
    if call == "IF":
        instruction = str(output.get("instruction") or "").strip()
        return ({"instruction": instruction}, watched) if instruction else Skip("no_instruction")
    if not response.strip():
        return Skip("no_response")
    if call == "VT_RC":
        return {"response": response}, watched
    chain = {name: value for name, value in (output.get("ecot") or {}).items() if value}
    if not chain:
        return Skip("no_ecot")
    return {"output": serialize_ecot(check_ecot({**chain, "response": response}))}, watched
