"""From a short text such as `endpoint:http://127.0.0.1:8000/v1` to a thinker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from speechkit.errors import ConfigError
from speechkit.protocols import EmotionScorer, StrategyToInstruction, Thinker, Transcriber
from speechkit.thinker.cascade import CascadeConfig, CascadeThinker
from speechkit.thinker.chat_client import ChatConfig
from speechkit.thinker.endpoint import EndpointConfig, EndpointThinker
from speechkit.thinker.replay import ReplayThinker
from speechkit.thinker.text_endpoint import EndpointTextModel
from speechkit.thinker.text_model import TextModel
from speechkit.thinker.text_template import TemplateTextModel


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a thinker may be given from outside; other stages' models come in here."""

    transcriber: Transcriber | None = None
    """For the cascade."""
    scorer: EmotionScorer | None = None
    """For the cascade."""
    director: StrategyToInstruction | None = None
    """Strategy to instruction; templates by default."""
    model: str = ""
    """Name of the model on an endpoint."""
    adapter: str | None = None
    """LoRA folder for qwen-omni."""
    device_map: str | None = None
    """For qwen-omni."""
    cascade: CascadeConfig | None = None
    """For the cascade."""


def text_model(place: str, model: str = "") -> TextModel:
    """The cascade's language model: "smol", "template", an http address, a local folder, a .gguf file or a hub id.

    Nothing means "smol".

    Raises:
        DependencyError, CheckpointError: as `load_text_model`.
    """
    if place == "template":
        return TemplateTextModel()
    if place.startswith(("http://", "https://")):
        return EndpointTextModel(ChatConfig(base_url=place, model=model, max_new_tokens=256))
    from speechkit.thinker.text_transformers import load_text_model, quick_dtype

    return load_text_model("smol", dtype=quick_dtype()) if place in ("", "smol") else load_text_model(place)


def _cascade(place: str, parts: Parts) -> Thinker:
    return CascadeThinker(
        text_model(place, parts.model),
        transcriber=parts.transcriber,
        scorer=parts.scorer,
        director=parts.director,
        config=parts.cascade,
    )


def _endpoint(place: str, parts: Parts) -> Thinker:
    return EndpointThinker(EndpointConfig(chat=ChatConfig(base_url=place, model=parts.model)), director=parts.director)


def _qwen_omni(place: str, parts: Parts) -> Thinker:
    from speechkit.thinker.qwen_omni import load_qwen_omni

    return load_qwen_omni(
        place or "Qwen/Qwen2.5-Omni-7B", adapter=parts.adapter, device_map=parts.device_map, director=parts.director
    )


THINKERS: dict[str, Callable[[str, Parts], Thinker]] = {
    "cascade": _cascade,
    "endpoint": _endpoint,
    "qwen-omni": _qwen_omni,
    "replay": lambda place, parts: ReplayThinker(place),
}
"""Thinkers by name; what stands after the colon is an address, a folder, a file or a hub id."""


def thinker(spec: str, parts: Parts | None = None) -> Thinker:
    """Make a thinker.

    Args:
        spec: `name:place`; see `THINKERS`.
        parts: models of other stages, and further choices.
    Raises:
        ConfigError: an unknown name, or a place that its backend cannot use.
        DependencyError, CheckpointError, ThoughtsError: as the backend.
    """
    name, _, place = spec.partition(":")
    if name not in THINKERS:
        raise ConfigError(f"there is no thinker {name!r}; there are {', '.join(sorted(THINKERS))}.")
    return THINKERS[name](place, parts or Parts())
