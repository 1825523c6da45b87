"""Where the parts of a thinker come from that its spec does not name: the kit hears, the bundled scorer feels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from speechkit.asr import transcriber as make_transcriber
from speechkit.protocols import EmotionScorer, Thinker, Transcriber
from speechkit.thinker.cascade import CascadeConfig
from speechkit.thinker.instruction import TemplateInstruction
from speechkit.thinker.registry import Parts, thinker
from speechkit.thinker.regulated import RegulatedInstruction
from speechkit.thinker.regulation import RegulationPolicy

if TYPE_CHECKING:
    from speechkit.pipeline import Speechkit


def build_thinker(
    spec: str,
    kit: Speechkit | None,
    parts: Parts,
    *,
    language: str = "en",
    transcriber: str = "embedded",
    scorer: str = "embedded",
    regulation: RegulationPolicy | None = None,
) -> Thinker:
    """A thinker by its spec, its missing parts filled in.

    Args:
        spec: see `speechkit.thinker.thinker`.
        kit: hears for the transcriber `embedded`; without one there has to be another, or there is only text.
        parts: what is there already.
        language: of sound whose language is not stated.
        transcriber: of the cascade, see `speechkit.asr.transcriber`.
        scorer: of the cascade, see `speechkit.emotion.scorer`; "none" guesses the emotion from the words.
        regulation: into the cascade's choice of strategy, and into the direction of any other thinker.
    Raises:
        ConfigError, DependencyError, CheckpointError, ThoughtsError: as `speechkit.thinker.thinker`.
    """
    if spec.partition(":")[0] == "cascade":
        config = parts.cascade or CascadeConfig(language="zh" if language == "zh" else "en")
        parts = replace(
            parts,
            transcriber=parts.transcriber or _transcriber(transcriber, kit),
            scorer=parts.scorer or make_scorer(scorer),
            cascade=replace(config, regulation=regulation or config.regulation),
        )
    elif regulation is not None:
        parts = replace(parts, director=RegulatedInstruction(regulation, parts.director or TemplateInstruction()))
    return thinker(spec, parts)


def _transcriber(spec: str, kit: Speechkit | None) -> Transcriber | None:
    if spec == "embedded" and kit is None:
        return None
    return make_transcriber(spec, posteriors=kit.phone_posteriors if kit else None)


def make_scorer(spec: str) -> EmotionScorer | None:
    """An emotion scorer by its spec; none for "none".

    Raises:
        ConfigError, DependencyError, CheckpointError: as `speechkit.emotion.scorer`.
    """
    if spec == "none":
        return None
    from speechkit.emotion import scorer

    return scorer(spec)
