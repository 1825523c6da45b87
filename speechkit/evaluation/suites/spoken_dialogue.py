"""EMOVA's spoken dialogue scores: what the model said, as text and as heard, and the style it chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from speechkit.config import Config
from speechkit.evaluation.audio import item_waveform
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
from speechkit.metrics.result import Skip
from speechkit.metrics.spoken_dialogue import (
    StyleVerdict,
    dialogue_score,
    fold_emotion,
    json_parse_rate,
    parse_dialogue_output,
    parse_style_verdict,
    style_accuracy,
    style_exact,
)  # fmt: skip
from speechkit.protocols import Judge, Transcriber

CALLS = ("end_to_end", "unit_in_text_out", "text_in_text_out", "style")
"""Judge calls; `text_in_text_out` needs the field `text_output`, `end_to_end` the field `heard` or audio."""

PROMPTS = {
    "end_to_end": "dialogue_speech", "unit_in_text_out": "dialogue_text", "text_in_text_out": "dialogue_text",
    "style": "style",
}  # fmt: skip
HEARD_RATE = 16000


@dataclass(frozen=True, kw_only=True)
class SpokenDialogueConfig(Config):
    """Decisions of the EMOVA dialogue scores."""

    conduct: ConductConfig = field(default_factory=ConductConfig)
    """How long the judge is asked."""


class SpokenDialogueSuite:
    """Asks a judge about recorded outputs; items are those of `expand_calls(items, CALLS)`."""

    name = "spoken_dialogue"

    def __init__(
        self, judge: Judge, *, transcriber: Transcriber | None = None, config: SpokenDialogueConfig | None = None
    ) -> None:
        """Prepare.

        Args:
            judge: who rates.
            transcriber: hears the spoken replies; not needed where rows hold `heard`.
            config: decisions.
        """
        self.judge, self.transcriber = judge, transcriber
        self.config = config or SpokenDialogueConfig()

    def parameters(self) -> Mapping[str, Any]:
        """The config, judge, recogniser and prompts."""
        heard = None if self.transcriber is None else self.transcriber.name
        prompts = prompt_parameters(list(PROMPTS.values()))
        return {**self.config.to_dict(), "judge": self.judge.name, "recogniser": heard, "prompts": prompts}

    def fingerprints(self) -> Mapping[str, str]:
        """Of the recogniser."""
        return (
            {}
            if self.transcriber is None
            else {self.transcriber.name: str(getattr(self.transcriber, "fingerprint", ""))}
        )

    def measure(self, item: Item, folder: Path) -> Record:
        """One judge call about one recorded output."""
        call = str(item.row[CALL])
        output = parse_dialogue_output(str(item.row.get("output") or ""))
        names = ["emotion", "pitch"] if call == "style" else [call]
        if call == "text_in_text_out":
            if not item.row.get("text_output"):
                return not_applicable(item, names, "no_text_output")
        elif isinstance(output, Skip):
            values = {"item": item.row.get("id"), "call": call, "status": "unscored"}
            return Record(id=item.id, values=values | {f"{name}_skipped": output.reason for name in names})
        template = prompt(PROMPTS[call])
        fields = self._fields(item, call, output)
        if isinstance(fields, Skip):
            return not_applicable(item, names, fields.reason)
        parse: Any = _style if call == "style" else _score(call)
        verdict = ask(self.judge, template, fields, (), parse, self.config.conduct)
        return judged_record(item, self.judge, template, verdict, names)

    def _fields(self, item: Item, call: str, output: Any) -> dict[str, str] | Skip:
        if call == "style":
            return {
                "predicted_question": output["user question text"],
                "predicted_response": output["assistant response text"],
                "predicted_emotion": fold_emotion(output["assistant response emotion"]),
                "predicted_pitch": output["assistant response pitch"],
            }
        predicted = self._predicted(item, call, output)
        if predicted is None:
            return Skip("no_audio")
        question, answer = item.row.get("question"), item.row.get("answer")
        if not question or not answer:
            return Skip("no_reference")
        return {"question": str(question), "answer": str(answer), "predicted": predicted}

    def _predicted(self, item: Item, call: str, output: Any) -> str | None:
        if call == "text_in_text_out":
            return str(item.row["text_output"])
        if call == "unit_in_text_out":
            return str(output["assistant response text"])
        if item.row.get("heard") is not None:
            return str(item.row["heard"])
        if self.transcriber is None or not item.row.get("audio"):
            return None
        return self.transcriber.transcribe(item_waveform(item, HEARD_RATE), HEARD_RATE, item.language)

    def summarise(self, items: Sequence[Item], records: Sequence[Record]) -> Summary:
        """Dialogue scores, style accuracy by the judge and by exact match, and the share of readable outputs."""
        by_call = {call: [(i, r) for i, r in zip(items, records, strict=True) if i.row[CALL] == call] for call in CALLS}
        params = {"judge": self.judge.name, "prompts": prompt_parameters(list(PROMPTS.values()))}
        results = [
            dialogue_score(score_outcomes([record for _, record in by_call[call]], call), name=call, params=params)
            for call in CALLS[:3]
        ]
        verdicts = [_verdict(record) for _, record in by_call["style"]]
        results += style_accuracy(verdicts, params=params).values()
        rows = [item.row for item, _ in by_call["style"]]
        outputs = [str(row.get("output") or "") for row in rows]
        results.append(json_parse_rate(outputs))
        for axis in ("emotion", "pitch"):
            kept = [(str(row[axis]), text) for row, text in zip(rows, outputs, strict=True) if row.get(axis)]
            predicted = [_label(text, axis) for _, text in kept]
            results += style_exact([gold for gold, _ in kept], predicted, axis=axis).values()
        names = {call: call for call in CALLS[:3]}
        return Summary(results=results, plots=[score_plot(results[:3], "Scores, 0 to 10")], item_metrics=names)

    def clips(self, item: Item, folder: Path) -> Sequence[Clip]:
        """The spoken reply."""
        return [Clip(title="reply", path=item.path())] if item.row.get("audio") and item.row[CALL] == CALLS[0] else []


def _score(name: str) -> Any:
    parse = parse_scores("dialogue")

    def read(raw: str) -> Any:
        scores = parse(raw)
        return scores if isinstance(scores, Skip) else {name: scores["dialogue"]}

    return read


def _style(raw: str) -> Any:
    verdict = parse_style_verdict(raw)
    return verdict if isinstance(verdict, Skip) else {"emotion": verdict.emotion, "pitch": verdict.pitch}


def _verdict(record: Record) -> StyleVerdict | Skip:
    emotion, pitch = record.outcome("emotion"), record.outcome("pitch")
    if isinstance(emotion, Skip) or isinstance(pitch, Skip):
        return emotion if isinstance(emotion, Skip) else Skip("no_value")
    return StyleVerdict(emotion=int(emotion), pitch=int(pitch))


def _label(text: str, axis: str) -> str | None:
    output = parse_dialogue_output(text)
    return None if isinstance(output, Skip) else output[f"assistant response {axis}"]
