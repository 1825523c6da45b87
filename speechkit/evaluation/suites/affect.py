"""The `affect` suite: how an agent's emotion moves with the user's, from tracks of valence and arousal in the manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speechkit.errors import ManifestError
from speechkit.evaluation.manifest import Item
from speechkit.evaluation.plots import bars
from speechkit.evaluation.records import Record
from speechkit.evaluation.suite import Clip, Plot, Summary
from speechkit.evaluation.suites.tokenizer_results import with_skips
from speechkit.metrics.affect import AffectConfig, single_turn_metrics, turn_affect
from speechkit.metrics.affect_dialogue import cross_turn_metrics
from speechkit.metrics.appropriateness import appropriateness
from speechkit.metrics.concordance import concordance
from speechkit.metrics.modality_conflict import ConflictTurn, conflict_rates, understanding
from speechkit.metrics.result import MetricResult, Skip

CONDITIONS = ("AV", "A", "V")


class AffectSuite:
    """Each row is a dialogue, a recording with labels, or an understood turn; see docs/evaluation.md.

    {"id", "turns": [{"user": [[v, a], ...], "agent": [[v, a], ...], "user_emotion", "agent_emotion"}, ...]}
    {"id", "label": [[v, a], ...], "prediction": [[v, a], ...]}
    {"id", "gold", "predicted": {"AV": label, "A": label, "V": label}, "dialogue_id"}
    {"id", "audio_label", "visual_label", "predicted": label}
    """

    name = "affect"

    def __init__(self, *, config: AffectConfig | None = None) -> None:
        self.config = config or AffectConfig()

    def parameters(self) -> Mapping[str, Any]:
        """Scale, DTW, mode, K."""
        return self.config.to_dict()

    def fingerprints(self) -> Mapping[str, str]:
        """No model runs here."""
        return {}

    def measure(self, item: Item, folder: Path) -> Record:
        """Check one row and keep what the figures need."""
        row = item.row
        if isinstance(row.get("turns"), list):
            turns = [_turn(turn, f"item {item.id}, turn {n}") for n, turn in enumerate(row["turns"], 1)]
            scored = [turn_affect(_nan(t["user"]), _nan(t["agent"]), self.config) for t in turns]
            known = [turn.ecs for turn in scored if not isinstance(turn, Skip)]
            return Record(id=item.id, values={"turns": turns, "ECS": sum(known) / len(known) if known else None})
        if "label" in row and "prediction" in row:
            return Record(id=item.id, values={name: _track(row[name], item.id) for name in ("label", "prediction")})
        if "gold" in row and isinstance(row.get("predicted"), Mapping):
            kept = {"gold": row["gold"], "predicted": dict(row["predicted"]), "dialogue": row.get("dialogue_id")}
            return Record(id=item.id, values=kept)
        if "audio_label" in row and "visual_label" in row:
            names = ("audio_label", "visual_label", "predicted")
            return Record(id=item.id, values={name: row.get(name) for name in names})
        raise ManifestError(f"item {item.id} has neither turns, nor label and prediction, nor gold and predicted.")

    def summarise(self, items: Sequence[Item], records: Sequence[Record]) -> Summary:
        """Every figure that the rows allow."""
        rows = [(record.id, record.values) for record in records if record.skipped is None]
        lost = [record.skipped for record in records if record.skipped is not None]
        dialogues = [(name, values["turns"]) for name, values in rows if "turns" in values]
        results: list[MetricResult] = []
        if dialogues or not rows:
            results += self._dynamics(dialogues)
        results += _concordance([values for _, values in rows if "label" in values])
        results += _understanding([values for _, values in rows if "gold" in values])
        conflicts = [values for _, values in rows if "audio_label" in values]
        if conflicts:
            turns = [
                ConflictTurn(audio_label=v["audio_label"], visual_label=v["visual_label"], predicted=v["predicted"])
                for v in conflicts
            ]
            results += conflict_rates(turns).values()
        if lost and results:
            results = [with_skips(result, lost) for result in results]
        values = {result.metric: result.value for result in results}
        plots = [Plot(title="Affect", svg=bars(values, {result.metric: result.ci95 for result in results}))]
        return Summary(results=results, plots=plots, item_metrics={"ECS": "ECS"})

    def _dynamics(self, dialogues: Sequence[tuple[str, Any]]) -> list[MetricResult]:
        owners = [name for name, turns in dialogues for _ in turns]
        users = [_nan(turn["user"]) for _, turns in dialogues for turn in turns]
        agents = [_nan(turn["agent"]) for _, turns in dialogues for turn in turns]
        results = list(single_turn_metrics(users, agents, config=self.config, clusters=owners).values())
        pairs = [[(_nan(turn["user"]), _nan(turn["agent"])) for turn in turns] for _, turns in dialogues]
        results += cross_turn_metrics(pairs, config=self.config).values()
        named = [t for _, turns in dialogues for t in turns if t["user_emotion"] and t["agent_emotion"]]
        if named:
            results += appropriateness([t["user_emotion"] for t in named], [t["agent_emotion"] for t in named]).values()
        return results

    def clips(self, item: Item, folder: Path) -> Sequence[Clip]:
        """Nothing to hear."""
        return []


def _turn(turn: Any, where: str) -> dict[str, Any]:
    if not isinstance(turn, Mapping) or "user" not in turn or "agent" not in turn:
        raise ManifestError(f"{where} needs the tracks 'user' and 'agent'.")
    tracks = {side: _track(turn[side], where) for side in ("user", "agent")}
    return {**tracks, "user_emotion": turn.get("user_emotion"), "agent_emotion": turn.get("agent_emotion")}


def _track(values: Any, where: str) -> list[list[float | None]]:
    """A track as JSON: rows of numbers, None for NaN."""
    try:
        rows = [[None if x is None or x != x else float(x) for x in row] for row in values]
    except (TypeError, ValueError) as error:
        raise ManifestError(f"{where}: a track is a list of [valence, arousal] rows: {error}.") from error
    if len({len(row) for row in rows}) > 1 or (rows and len(rows[0]) not in (2, 3)):
        raise ManifestError(f"{where}: every row of a track needs the same 2 or 3 numbers.")
    return rows


def _nan(track: list[list[float | None]]) -> NDArray[np.float64]:
    """A track back from JSON: float64 [T, D] with NaN for None; [0, 2] without frames."""
    return np.array(track, float) if track else np.zeros((0, 2))


def _concordance(rows: Sequence[Mapping[str, Any]]) -> list[MetricResult]:
    if not rows:
        return []
    names = (
        ("valence", "arousal", "dominance")[: len(rows[0]["label"][0])] if rows[0]["label"] else ("valence", "arousal")
    )
    predictions, labels = [_nan(row["prediction"]) for row in rows], [_nan(row["label"]) for row in rows]
    return list(concordance(predictions, labels, dimensions=names).values())


def _understanding(rows: Sequence[Mapping[str, Any]]) -> list[MetricResult]:
    results: list[MetricResult] = []
    for condition in CONDITIONS:
        kept = [row for row in rows if condition in row["predicted"]]
        if kept:
            gold, answers = [row["gold"] for row in kept], [row["predicted"][condition] for row in kept]
            clusters = [str(row["dialogue"] or number) for number, row in enumerate(kept)]
            results += understanding(gold, answers, condition=condition, clusters=clusters).values()
    return results
