"""The `emotion` suite: emotion recognition from speech by a scorer, or from recorded answers and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speechkit.config import Config
from speechkit.errors import ConfigError, ManifestError
from speechkit.evaluation.audio import item_waveform
from speechkit.evaluation.manifest import Item
from speechkit.evaluation.plots import bars, matrix
from speechkit.evaluation.records import Record
from speechkit.evaluation.suite import Clip, Plot, Summary
from speechkit.evaluation.suites.tokenizer_results import with_skips
from speechkit.metrics.answers import LABEL_SETS, canonical_emotion, parse_answer
from speechkit.metrics.classification import classification
from speechkit.metrics.confusion import confusion
from speechkit.metrics.emotion_control import plain_label
from speechkit.metrics.missing_values import best_label
from speechkit.metrics.open_vocabulary import EmotionMaps, hit_rate, open_vocabulary
from speechkit.protocols import EmotionScorer

RATE = 16000


@dataclass(frozen=True, kw_only=True)
class EmotionConfig(Config):
    """Decisions of the `emotion` suite."""

    labels: tuple[str, ...] = LABEL_SETS["ravdess"]
    """Classes in the order that breaks ties, as `canonical_emotion` writes them."""
    answer_mode: str = "strict"
    """How answers without a tag are read: strict or lenient."""

    def __post_init__(self) -> None:
        if self.answer_mode not in ("strict", "lenient") or not self.labels:
            raise ConfigError(f"EmotionConfig needs labels, and answer_mode strict or lenient: {self}.")


class EmotionSuite:
    """Rows hold the gold `emotion` and audio, or an `answer` (text), or `scores` (emotion to probability).

    Open vocabulary: rows with `gold_words` and `predicted_words` (lists), and maps.
    """

    name = "emotion"

    def __init__(
        self,
        scorer: EmotionScorer | None = None,
        *,
        config: EmotionConfig | None = None,
        maps: EmotionMaps | None = None,
    ) -> None:
        """Prepare.

        Args:
            scorer: hears the audio of rows that hold neither answer nor scores.
            config: decisions.
            maps: emotion wheels for open-vocabulary scores.
        """
        self.scorer, self.maps = scorer, maps
        self.config = config or EmotionConfig()

    def parameters(self) -> Mapping[str, Any]:
        """The config and who recognises."""
        wheels = None if self.maps is None else sorted(self.maps.wheels)
        return {**self.config.to_dict(), "scorer": None if self.scorer is None else self.scorer.name, "wheels": wheels}

    def fingerprints(self) -> Mapping[str, str]:
        """Of a scorer that has one."""
        own = str(getattr(self.scorer, "fingerprint", ""))
        return {self.scorer.name: own} if self.scorer is not None and own else {}

    def measure(self, item: Item, folder: Path) -> Record:
        """Recognise one clip."""
        words = {name: item.row.get(name) for name in ("gold_words", "predicted_words")}
        gold = item.row.get("emotion")
        if gold is None and words["gold_words"] is None:
            raise ManifestError(f"item {item.id} has neither 'emotion' nor 'gold_words'.")
        values: dict[str, Any] = {**words, "speaker": item.speaker, "gold": None, "scores": None, "predicted": None}
        if gold is not None:
            label = canonical_emotion(str(gold))
            if label not in self.config.labels:
                return Record(id=item.id, skipped="unlisted_emotion", values={"message": label})
            values["gold"] = label
            scores = self._scores(item)
            values["scores"] = scores
            values["predicted"] = self._prediction(item, scores)
            values["correct"] = float(values["predicted"] == label)
        return Record(id=item.id, values=values)

    def _scores(self, item: Item) -> dict[str, float | None] | None:
        """Scores by canonical label, added where two labels fold into one; None in place of NaN."""
        recorded = item.row.get("scores")
        if isinstance(recorded, Mapping):
            scores: Mapping[str, Any] = recorded
        elif item.row.get("answer") is not None:
            return None
        elif self.scorer is None:
            raise ManifestError(f"item {item.id} has neither 'answer' nor 'scores', and no emotion scorer was given.")
        else:
            scores = self.scorer.score(item_waveform(item, RATE), RATE)
        folded: dict[str, float | None] = {}
        for key, value in scores.items():
            label = canonical_emotion(plain_label(str(key)))
            number = None if value is None or value != value else float(value)
            before = folded.get(label, 0.0)
            folded[label] = None if number is None or before is None else before + number
        return folded

    def _prediction(self, item: Item, scores: Mapping[str, float | None] | None) -> str:
        if scores is None:
            mode: Any = self.config.answer_mode
            return parse_answer(str(item.row["answer"]), self.config.labels, mode=mode)
        known = {label: score for label, score in scores.items() if label in self.config.labels}
        if any(score is None for score in known.values()) or not known:
            return "<none>"
        labels = [label for label in self.config.labels if label in known]
        return best_label({label: float(score) for label, score in known.items() if score is not None}, labels)

    def summarise(self, items: Sequence[Item], records: Sequence[Record]) -> Summary:
        """Recalls, F1s, confusion; open vocabulary where there are words and maps."""
        lost = [record.skipped for record in records if record.skipped is not None]
        usable = [record for record in records if record.skipped is None]
        single = [record for record in usable if record.values["gold"] is not None]
        gold, answers = [r.values["gold"] for r in single], [r.values["predicted"] for r in single]
        speakers = [str(r.values.get("speaker") or r.id) for r in single]
        found = classification(gold, answers, self.config.labels, clusters=speakers)
        results = [with_skips(result, lost) for result in found.values()]
        plots = [Plot(title="Scores", svg=bars({result.metric: result.value for result in results}))]
        if single:
            table = confusion(gold, answers, self.config.labels)
            svg = matrix(table.counts.tolist(), self.config.labels, table.columns())
            plots.append(Plot(title="Gold (rows) and recognised emotion", svg=svg))
        spoken = [r for r in usable if r.values.get("gold_words") and r.values.get("predicted_words") is not None]
        if self.maps is not None:
            words = [(r.values["gold_words"], r.values["predicted_words"]) for r in spoken]
            found = open_vocabulary([g for g, _ in words], [p for _, p in words], self.maps)
            missing = [*lost, *["no_words"] * (len(usable) - len(spoken))]
            results += [with_skips(result, missing) for result in found.values()]
            hits = [(g[0], p) for g, p in words if len(g) == 1]
            found = hit_rate([g for g, _ in hits], [p for _, p in hits], self.maps)
            missing += ["several_gold_words"] * (len(words) - len(hits))
            results += [with_skips(result, missing) for result in found.values()]
        return Summary(results=results, plots=plots, item_metrics={"WAR": "correct"})

    def clips(self, item: Item, folder: Path) -> Sequence[Clip]:
        """The recording."""
        return [Clip(title=str(item.row.get("emotion")), path=item.path())] if item.row.get("audio") else []
