"""Model folders: config.json + model.safetensors (or shards) + README.md. Strict, atomic, never pickle, never a class path."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from torch import Tensor, nn

from speechkit.checkpoint.weights import (
    INDEX,
    WEIGHTS,
    fingerprint,
    load_weights,
    read_json,
    stored,
    weight_files,
    write_weights,
)
from speechkit.config import Config
from speechkit.errors import CheckpointError

JSON: TypeAlias = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]
"""What config.json may hold."""

FORMAT = 1
"""Version of the folder layout; a folder with a higher one was written by a newer speechkit."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelFolder:
    """What a model folder holds.

    Attributes:
        config: fields of the model's config, for `Config.from_dict`.
        tensors: the state dict; floating tensors are float32 whatever they were stored as, others keep their dtype.
        extra: JSON that the model's module stored beside the config, for instance the codec a decoder was trained with.
        fingerprint: 16 hex digits over config and tensors; equal fingerprints mean the same model.
        card: the model card, Markdown.
    """

    config: dict[str, Any]
    tensors: dict[str, Tensor]
    extra: dict[str, Any]
    fingerprint: str
    card: str


def save_model_folder(
    folder: str | Path,
    *,
    kind: str,
    config: Config,
    tensors: Mapping[str, Tensor],
    card: str,
    extra: Mapping[str, JSON] = {},
    half: bool = False,
) -> None:
    """Write a model folder at once: readers see the old folder or the whole new one, never a half-written one.

    Args:
        folder: where to; a model folder that is there is replaced, and files in it that are not the model's are kept.
        kind: what the model is, for instance "s2u"; `read_model_folder` refuses another kind.
        config: the model's config.
        tensors: the state dict, any dtypes and devices.
        card: the model card, Markdown.
        extra: further JSON to keep with the config.
        half: store float32 and float64 tensors as float16; they are read back as float32.
    Raises:
        CheckpointError: `folder` holds something else than a model, a weight does not fit float16, or `extra` is no JSON.
    """
    target = Path(folder)
    kept = {name: stored(name, tensor, half) for name, tensor in tensors.items()}
    document = {"kind": kind, "format": FORMAT, "config": config.to_dict(), "extra": dict(extra)}
    document["fingerprint"] = fingerprint(config, kept)
    try:
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"config and extra of {target} must be JSON: {error}.") from error
    _refuse_foreign(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        work.chmod(0o755)
        _keep_other_files(target, work)
        write_weights(work, kept)
        for path in work.glob("*.safetensors"):
            path.chmod(0o644)  # safetensors leaves files that only their writer can read
        (work / "README.md").write_text(card, encoding="utf-8")
        (work / "config.json").write_text(text, encoding="utf-8")
        _swap(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def read_model_folder(folder: str | Path, *, kind: str) -> ModelFolder:
    """Read a model folder written by `save_model_folder`.

    Args:
        folder: the model folder.
        kind: the kind that the caller can use.
    Raises:
        CheckpointError: the folder, its config.json or a weight file is missing, damaged, of another kind or too new.
    """
    source = Path(folder)
    document = _read_document(source, kind)
    tensors: dict[str, Tensor] = {}
    for path, names in weight_files(source).items():
        loaded = load_weights(path)
        if names is not None and sorted(loaded) != sorted(names):
            raise CheckpointError(f"{path} does not hold the tensors that {INDEX} lists; fetch the folder again.")
        tensors.update(loaded)
    found = fingerprint(document["config"], tensors)
    if document.get("fingerprint", found) != found:
        raise CheckpointError(
            f"{source} is damaged or was edited: its config and weights have fingerprint {found}, "
            f"config.json says {document['fingerprint']}; fetch or export it again."
        )
    card = source / "README.md"
    return ModelFolder(
        config=document["config"],
        tensors=tensors,
        extra=document["extra"],
        fingerprint=found,
        card=card.read_text(encoding="utf-8") if card.is_file() else "",
    )


def load_tensors(module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Copy `tensors` into the parameters and buffers of `module`, in place and strictly.

    Raises:
        CheckpointError: names are missing or unexpected, or shapes differ; the message lists them, nothing is loaded.
    """
    wanted = module.state_dict()
    problems = {
        "missing": sorted(set(wanted) - set(tensors)),
        "unexpected": sorted(set(tensors) - set(wanted)),
        "mis-shaped": [
            f"{name} {list(tensors[name].shape)} instead of {list(wanted[name].shape)}"
            for name in sorted(set(wanted) & set(tensors))
            if tensors[name].shape != wanted[name].shape
        ],
    }
    if any(problems.values()):
        listed = "; ".join(f"{what}: {_shorten(names)}" for what, names in problems.items() if names)
        raise CheckpointError(
            f"the weights do not fit {type(module).__name__}: {listed}. Was it built from their config?"
        )
    module.load_state_dict(dict(tensors), strict=True)


def _shorten(names: list[str], limit: int = 8) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def _is_ours(name: str) -> bool:
    return name in {"config.json", "README.md", INDEX} or WEIGHTS.fullmatch(name) is not None


def _refuse_foreign(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise CheckpointError(f"{target} is a file; a model needs a folder.")
    if target.is_dir() and any(target.iterdir()) and not (target / "config.json").is_file():
        raise CheckpointError(f"{target} is neither empty nor a model folder (no config.json); choose another place.")


def _keep_other_files(target: Path, work: Path) -> None:
    for path in target.iterdir() if target.is_dir() else ():
        if path.is_dir():
            shutil.copytree(path, work / path.name)
        elif not _is_ours(path.name):
            shutil.copy2(path, work / path.name)


def _swap(work: Path, target: Path) -> None:
    """Put `work` in the place of `target`; should the second rename fail, the old folder is put back."""
    if not target.exists():
        work.rename(target)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    old = target.rename(aside / "old")
    try:
        work.rename(target)
    except OSError:
        old.rename(target)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _read_document(folder: Path, kind: str) -> dict[str, Any]:
    if not folder.is_dir():
        raise CheckpointError(f"{folder} is not a folder; a model is a folder with config.json and model.safetensors.")
    document = read_json(folder / "config.json")
    if document.get("kind") != kind:
        raise CheckpointError(
            f"{folder} holds a model of kind {document.get('kind')!r}; a {kind!r} model is needed here."
        )
    if not isinstance(document.get("format"), int) or document["format"] > FORMAT:
        raise CheckpointError(
            f"{folder} has format {document.get('format')!r}; this speechkit reads formats up to {FORMAT}. Upgrade speechkit."
        )
    for key in ("config", "extra"):
        if not isinstance(document.get(key), dict):
            raise CheckpointError(f"{folder / 'config.json'} has no object {key!r}; export the model again.")
    return document


