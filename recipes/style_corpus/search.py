"""Search the size of an emotion's prosody: which numbers make neutral clips sound like it to a scorer.

    python -m recipes.style_corpus.search sad --clips kokoro_en/manifest.jsonl --count 6 --rounds 2

One figure after another is stepped up and down, and what raises the scorer's mean confidence is kept. Directions that the
literature rules out are not taken: see `ALLOWED`. The result is printed, to be judged by ear and written into
`prototypes/targets.py`; nothing is changed by itself.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from prototypes.prosody import FACTORS, LIMITS, StyleProsody
from prototypes.targets import EMOTION_PROSODY
from recipes.corpora.texts import read_manifest
from recipes.style_corpus.styles import rendering
from recipes.style_corpus.world import Analysis, analyse, render
from speechkit.emotion import scorer as make_scorer
from speechkit.metrics.emotion_control import CONTROL_LABELS, restrict_scores
from speechkit.protocols import EmotionScorer
from speechkit.waveform import load

STEPS: Mapping[str, tuple[float, ...]] = {
    "pitch_semitones": (-1.0, 1.0),
    "pitch_range": (0.8, 1.25),
    "pitch_slope": (-0.6, 0.6),
    "speed": (0.94, 1.06),
    "tilt_db": (-0.7, 0.7),
    "breath_db": (-4.0, 4.0),
}
"""What is added to a shift, or multiplied onto a factor."""

ALLOWED: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "happy": {"pitch_semitones": (1, 6), "pitch_range": (1.2, 2.2), "speed": (1.0, 1.2), "tilt_db": (0, 2)},
    "sad": {"pitch_semitones": (-4, -0.5), "pitch_range": (0.3, 0.9), "speed": (0.75, 1.0), "tilt_db": (-5, 0)},
    "angry": {"pitch_semitones": (0.5, 5), "pitch_range": (1.0, 2.0), "speed": (1.0, 1.25), "tilt_db": (0, 5)},
}
"""Bounds on the side of neutral that Juslin and Laukka 2003, table 7, name, no wider than synthesis studies went."""


def confidence(clips: Sequence[Analysis], emotion: str, prosody: StyleProsody, scorer: EmotionScorer) -> float:
    """Mean share of the emotion among the four that the scorer hears in renditions of the clips."""
    style = replace(rendering(emotion, "normal"), prosody=prosody)
    shares = []
    for number, clip in enumerate(clips):
        scores = scorer.score(render(clip, style, number), clip.sample_rate)
        shares.append((restrict_scores(scores, CONTROL_LABELS) or {}).get(emotion, 0.0))
    return float(np.mean(shares))


def neighbours(emotion: str, prosody: StyleProsody) -> Iterator[StyleProsody]:
    """Settings one step away, inside the bounds."""
    for name, steps in STEPS.items():
        low, high = ALLOWED[emotion].get(name, LIMITS[name])
        for step in steps:
            now = getattr(prosody, name)
            value = round(min(max(now * step if name in FACTORS else now + step, low), high), 3)
            if value != now:
                yield replace(prosody, **{name: value})


def search(
    clips: Sequence[Analysis], emotion: str, scorer: EmotionScorer, rounds: int
) -> Iterator[tuple[StyleProsody, float]]:
    """Climb: every step that raises the confidence by half a percent is taken at once; yields what was taken."""
    best = EMOTION_PROSODY[emotion]
    value = confidence(clips, emotion, best, scorer)
    yield best, value
    for _ in range(rounds):
        for name in STEPS:
            for trial in [item for item in neighbours(emotion, best) if getattr(item, name) != getattr(best, name)]:
                found = confidence(clips, emotion, trial, scorer)
                if found > value + 0.005:
                    best, value = trial, found
                    yield best, value


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m recipes.style_corpus.search", description=__doc__)
    parser.add_argument("emotion", choices=sorted(ALLOWED))
    parser.add_argument("--clips", type=Path, nargs="+", required=True, help="manifests of neutral clips")
    parser.add_argument("--count", type=int, default=3, help="clips of each manifest")
    parser.add_argument("--scorer", default="embedded", help="embedded, emotion2vec:FOLDER")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args(arguments)
    rows = [(path.parent, row) for path in options.clips for row in read_manifest(path)[: options.count]]
    clips = [analyse(*load(folder / str(row["audio"]))) for folder, row in rows]
    for prosody, value in search(clips, options.emotion, make_scorer(options.scorer), options.rounds):
        print(f"{value:.3f}", asdict(prosody), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
