"""A bank on disk: a model folder of kind "prototypes"; vectors in safetensors, everything else in JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from prototypes.bank import Prototype, StyleBank
from prototypes.prosody import StyleProsody
from speechkit.checkpoint import read_model_folder, save_model_folder
from speechkit.config import Config
from speechkit.errors import CheckpointError

KIND = "prototypes"


@dataclass(frozen=True, kw_only=True)
class BankConfig(Config):
    """What a bank is over."""

    axes: tuple[str, ...]
    """Names of the axes."""
    values: tuple[tuple[str, ...], ...]
    """Values of each."""
    decoder: str = ""
    """Fingerprint of the decoder whose style encoder made the vectors."""
    scorer: str = ""
    """What ranked the clips."""
    style_encoder: str = ""
    """Fingerprint of that decoder's style encoder; empty where it was not kept."""


def save_bank(folder: str | Path, bank: StyleBank, *, card: str, report: Mapping[str, Any] = {}) -> None:
    """Write a bank.

    Args:
        card: Markdown.
        report: JSON about the candidates, such as what their vectors leak; kept beside the prototypes.
    """
    config = BankConfig(
        axes=tuple(bank.axes),
        values=tuple(bank.axes.values()),
        decoder=bank.decoder,
        scorer=bank.scorer,
        style_encoder=bank.style_encoder,
    )
    extra: dict[str, Any] = {"prototypes": [_record(item) for item in bank], "report": dict(report)}
    vectors = {"styles": torch.stack([item.style for item in bank])}
    save_model_folder(folder, kind=KIND, config=config, tensors=vectors, card=card, extra=extra)


def load_bank(folder: str | Path, *, decoder: str = "") -> StyleBank:
    """Read a bank.

    Args:
        decoder: fingerprint of the decoder that will speak with it; empty does not ask.
    Raises:
        CheckpointError: the folder is damaged, no bank, or belongs to another decoder.
    """
    stored = read_model_folder(folder, kind=KIND)
    config = BankConfig.from_dict(stored.config)
    if decoder and config.decoder and config.decoder != decoder:
        raise CheckpointError(
            f"the prototypes in {folder} belong to decoder {config.decoder}, this one is {decoder}; "
            "carry them over (speechkit prototypes carry), or build them again (speechkit prototypes build CLIPS -o BANK)"
        )
    try:
        records, vectors = stored.extra["prototypes"], stored.tensors["styles"]
        items = [_prototype(record, vector) for record, vector in zip(records, vectors, strict=True)]  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"the prototypes in {folder} are damaged: {error}; build them again.") from error
    axes = dict(zip(config.axes, config.values, strict=True))
    return StyleBank(axes, items, decoder=config.decoder, scorer=config.scorer, style_encoder=config.style_encoder)


def bank_report(folder: str | Path) -> dict[str, Any]:
    """The report that was kept beside a bank."""
    return dict(read_model_folder(folder, kind=KIND).extra.get("report", {}))  # type: ignore[arg-type]


def _record(item: Prototype) -> dict[str, Any]:
    return {
        "labels": dict(item.labels),
        "prosody": asdict(item.prosody),
        "pitch_hz": item.pitch_hz,
        "score": item.score,
        "candidates": item.candidates,
        "record": dict(item.record),
    }


def _prototype(record: dict[str, Any], vector: torch.Tensor) -> Prototype:
    return Prototype(**{**record, "prosody": StyleProsody(**record["prosody"])}, style=vector)
