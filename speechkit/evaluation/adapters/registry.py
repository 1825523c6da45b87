"""From short texts such as `dnsmos` or `utmos22:/models/utmos.pt` to judges."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from speechkit.errors import ConfigError
from speechkit.evaluation.adapters.dnsmos import DnsmosJudge
from speechkit.evaluation.adapters.fakes import FakeEmotionScorer, FakeQualityJudge, FakeSpeakerEmbedder
from speechkit.evaluation.adapters.resemblyzer import ResemblyzerEmbedder
from speechkit.evaluation.adapters.utmos import UtmosJudge
from speechkit.protocols import EmotionScorer, QualityJudge, SpeakerEmbedder

QUALITY: dict[str, Callable[[str, int], QualityJudge]] = {
    "dnsmos": lambda model, threads: DnsmosJudge(model, threads=threads),
    "utmos22": lambda model, threads: UtmosJudge(model, scale="utmos22"),
    "utmosv2": lambda model, threads: UtmosJudge(model, scale="utmosv2"),
    "fake": lambda model, threads: FakeQualityJudge(),
}
"""Quality judges by name."""

SPEAKERS: dict[str, Callable[[str, int], SpeakerEmbedder]] = {
    "resemblyzer": lambda model, threads: ResemblyzerEmbedder(model),
    "fake": lambda model, threads: FakeSpeakerEmbedder(),
}
"""Speaker embedders by name."""


def quality_judge(spec: str, *, threads: int = 2) -> QualityJudge:
    """Make a quality judge from `name` or `name:model`.

    Raises:
        ConfigError: an unknown name. DependencyError, CheckpointError: from the judge.
    """
    name, _, model = spec.partition(":")
    if name not in QUALITY:
        raise ConfigError(f"there is no quality judge {name!r}; there are {', '.join(sorted(QUALITY))}.")
    return QUALITY[name](model, threads)


def speaker_embedder(spec: str, *, threads: int = 2) -> SpeakerEmbedder:
    """Make a speaker embedder from `name` or `name:model`.

    Raises:
        ConfigError: an unknown name. DependencyError, CheckpointError: from the embedder.
    """
    name, _, model = spec.partition(":")
    if name not in SPEAKERS:
        raise ConfigError(f"there is no speaker embedder {name!r}; there are {', '.join(sorted(SPEAKERS))}.")
    return SPEAKERS[name](model, threads)


def emotion_scorer(spec: str) -> EmotionScorer:
    """Make a recogniser of emotions: `fake`, or what `speechkit.emotion.scorer(spec)` knows.

    Raises:
        ConfigError: an unknown name, or this version has no recognisers of its own.
    """
    if spec == "fake":
        return FakeEmotionScorer()
    try:
        emotion = importlib.import_module("speechkit.emotion")
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"there is no recogniser of emotions {spec!r} in this version; give rows 'scores' or 'answer' instead."
        ) from error
    return emotion.scorer(spec)
