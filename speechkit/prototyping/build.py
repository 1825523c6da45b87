"""Score every clip, keep the best of each style, say what the vectors are about."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from prototypes.bank import EMOTION, NEUTRAL, Prototype, StyleBank
from prototypes.leakage import leakage_report
from prototypes.ranking import MIN_CANDIDATES, Candidate, Chosen, choose
from prototypes.targets import AXES
from speechkit.errors import StyleError
from speechkit.metrics.emotion_control import restrict_scores
from speechkit.protocols import EmotionScorer
from speechkit.prototyping.carry import style_fingerprint
from speechkit.prototyping.clips import LabelledClip
from speechkit.waveform import load, resample
from u2s import U2S


def candidates_of(
    clips: Sequence[LabelledClip],
    decoder: U2S,
    scorer: EmotionScorer | None,
    progress: Callable[[], None] = lambda: None,
) -> list[Candidate]:
    """Style vector and score of every clip; without a scorer every clip scores 1.

    Raises:
        AudioFileError, WaveformError: a clip that cannot be used.
        StyleError: a label's emotion is none that the scorer knows.
    """
    found, emotions = [], sorted({clip.labels.get(EMOTION, NEUTRAL) for clip in clips})
    for clip in clips:
        waveform, sample_rate = load(clip.path)
        samples = resample(waveform, sample_rate, decoder.sample_rate)
        scores = {} if scorer is None else dict(scorer.score(samples, decoder.sample_rate))
        record = {**clip.record, "sha256": hashlib.sha256(clip.path.read_bytes()).hexdigest()}
        style = decoder.style_of(samples, decoder.sample_rate)
        score = 1.0 if scorer is None else _confidence(scores, emotions, clip, scorer.name)
        found.append(Candidate(labels=clip.labels, style=style, score=score, scores=scores, source=record))
        progress()
    return found


def _confidence(scores: Mapping[str, float], emotions: Sequence[str], clip: LabelledClip, name: str) -> float:
    """Share of the wanted emotion among those that the clips are of."""
    kept = restrict_scores(scores, emotions)
    if kept is None:
        raise StyleError(
            f"{name} knows {', '.join(scores)}; it cannot rank clips that are to be {', '.join(emotions)}."
        )
    return round(kept[clip.labels.get(EMOTION, NEUTRAL)], 6)


def plain_bank(chosen: Sequence[Chosen], axes: Mapping[str, Sequence[str]], *, decoder: str, scorer: str) -> StyleBank:
    """A bank whose styles act by their vectors alone."""
    return StyleBank(axes, [_prototype(item) for item in chosen], decoder=decoder, scorer=scorer)


def _prototype(item: Chosen) -> Prototype:
    clips = [{**clip.source, "score": clip.score, "scores": dict(clip.scores)} for clip in item.best]
    return Prototype(
        labels=item.labels,
        style=item.style,
        score=item.best[0].score,
        candidates=item.candidates,
        record={"clips": clips},
    )


def report_of(candidates: Sequence[Candidate]) -> dict[str, object]:
    """What the candidates' vectors are about: variance shares of every axis and, where known, the speaker."""
    labels = [
        {**item.labels, **({"speaker": str(item.source["speaker"])} if "speaker" in item.source else {})}
        for item in candidates
    ]
    vectors = np.stack([item.style.numpy() for item in candidates])
    mean = {
        axis: [item.score for item in candidates if item.labels.get(EMOTION) == axis]
        for axis in {i.labels.get(EMOTION, "") for i in candidates}
    }
    return {
        "candidates": len(candidates),
        "variance_share": leakage_report(vectors, labels),
        "mean_score": {name: round(float(np.mean(scores)), 4) for name, scores in sorted(mean.items()) if scores},
    }


def build(
    clips: Sequence[LabelledClip],
    decoder: U2S,
    scorer: EmotionScorer | None,
    *,
    axes: Mapping[str, Sequence[str]] = AXES,
    best: int = 1,
    min_candidates: int = MIN_CANDIDATES,
    progress: Callable[[], None] = lambda: None,
) -> tuple[StyleBank, dict[str, object]]:
    """Score, choose, report.

    Returns:
        The bank, acting by its vectors alone (see `calibrate`), and the report on its candidates.
    Raises:
        StyleError: a style with too few candidates.
    """
    found = candidates_of(clips, decoder, scorer, progress)
    chosen = choose(found, axes, best=best, min_candidates=min_candidates)
    bank = plain_bank(chosen, axes, decoder=decoder.fingerprint, scorer="" if scorer is None else scorer.name)
    bank = bank.having(list(bank), style_encoder=style_fingerprint(decoder))
    return bank, report_of(found)


def card_of(bank: StyleBank, report: Mapping[str, object]) -> str:
    """Model card of a bank, Markdown."""
    parts = [f"{axis}: {', '.join(values)}" for axis, values in bank.axes.items()]
    lines = [
        "# Style prototypes",
        "",
        f"{len(bank)} styles over {'; '.join(parts)}. Each is the",
        "style vector of the clip that an emotion scorer was surest of, and an explicit prosody that the decoder obeys.",
        "",
        f"Decoder `{bank.decoder}`, scorer `{bank.scorer or 'none'}`, {report.get('candidates')} candidates.",
        f"Share of the vectors' variance by label: {json.dumps(report.get('variance_share'))}.",
        f"Mean confidence of the candidates: {json.dumps(report.get('mean_score'))}.",
        "",
        "| style | score | of | level in Hz |",
        "|---|---|---|---|",
    ]
    for item in bank:
        level = "–" if item.pitch_hz is None else f"{item.pitch_hz:.1f}"
        lines.append(f"| {item.name} | {item.score:.3f} | {item.candidates} | {level} |")
    return "\n".join([*lines, *_tuned_lines(bank)]) + "\n"


def _tuned_lines(bank: StyleBank) -> list[str]:
    """A table of what `speechkit prototypes tune` found; nothing where it did not look."""
    found: dict[str, Any] = {}
    for item in bank:
        if "tuning" in item.record:
            found.setdefault("-".join(v for a, v in item.labels.items() if a != "pitch"), item.record["tuning"])
    if not found:
        return []
    names = list(next(iter(found.values())))
    head = [
        "",
        "Tuned (`speechkit prototypes tune`; asked of the decoder; before, after: the judges' log probability):",
    ]
    table = [f"| style | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    return [*head, "", *table, *(f"| {key} | {' | '.join(str(row[n]) for n in names)} |" for key, row in found.items())]
