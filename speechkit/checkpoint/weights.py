"""The weights of a model folder: one safetensors file, or shards with an index; and the fingerprint of what they hold."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from speechkit.config import Config
from speechkit.errors import CheckpointError

SHARD_BYTES = 15 * 2**20
"""Every weight file stays below this size, so that a folder can be kept in a git repository."""

INDEX = "model.safetensors.index.json"
WEIGHTS = re.compile(r"model(-\d{5}-of-\d{5})?\.safetensors")
HEADER_BYTES_PER_TENSOR = 512


def fingerprint(config: Config | Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    """16 hex digits of SHA-256 over the canonical JSON of the config and every tensor's name, dtype, shape and bytes.

    Floating tensors count as float32, as `read_model_folder` gives them. Rounding to float16 changes the fingerprint once.
    """
    fields = config.to_dict() if isinstance(config, Config) else dict(config)
    digest = hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode())
    for name in sorted(tensors):
        array = restored(tensors[name]).detach().cpu().contiguous().numpy()
        digest.update(f"\n{name} {array.dtype.name} {list(array.shape)}\n".encode())
        digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    return digest.hexdigest()[:16]


def stored(name: str, tensor: Tensor, half: bool) -> Tensor:
    """A private contiguous CPU copy (safetensors refuses shared memory), float16 where asked."""
    copy = tensor.detach().cpu().contiguous().clone()
    if not (half and copy.dtype in (torch.float32, torch.float64)):
        return copy
    small = copy.half()
    if bool((small.isinf() & ~copy.isinf()).any()):
        raise CheckpointError(
            f"{name} holds values beyond float16 (largest {copy.abs().max():.3g}); save with half=False."
        )
    return small


def restored(tensor: Tensor) -> Tensor:
    """A floating tensor as float32, any other as it is."""
    return tensor.float() if tensor.is_floating_point() else tensor


def _shards(tensors: Mapping[str, Tensor]) -> list[dict[str, Tensor]]:
    """Split in order so that each file stays below SHARD_BYTES; a tensor larger than that gets a file of its own."""
    shards: list[dict[str, Tensor]] = [{}]
    filled = 0
    for name, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size() + HEADER_BYTES_PER_TENSOR
        if shards[-1] and filled + size > SHARD_BYTES:
            shards.append({})
            filled = 0
        shards[-1][name] = tensor
        filled += size
    return shards


def write_weights(folder: Path, tensors: Mapping[str, Tensor]) -> None:
    """One file, or shards and their index."""
    shards = _shards(tensors)
    if len(shards) == 1:
        save_file(shards[0], folder / "model.safetensors", metadata={"format": "pt"})
        return
    weight_map = {}
    for number, shard in enumerate(shards, start=1):
        name = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        save_file(shard, folder / name, metadata={"format": "pt"})
        weight_map.update(dict.fromkeys(shard, name))
    total = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


def weight_files(folder: Path) -> dict[Path, list[str] | None]:
    """Weight files and the tensors the index promises in each; None for the single file, which has no index."""
    if not (folder / INDEX).is_file():
        return {folder / "model.safetensors": None}
    weight_map = read_json(folder / INDEX).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise CheckpointError(f"{folder / INDEX} has no weight_map.")
    files: dict[Path, list[str]] = {}
    for name, file in weight_map.items():
        if not isinstance(file, str) or not WEIGHTS.fullmatch(file):
            raise CheckpointError(
                f"{folder / INDEX} names {file!r}; weight files are called model-00001-of-00002.safetensors."
            )
        files.setdefault(folder / file, []).append(name)
    return dict(files)


def load_weights(path: Path) -> dict[str, Tensor]:
    """Tensors of one file, floating ones as float32.

    Raises:
        CheckpointError: missing, truncated, or no safetensors file.
    """
    if not path.is_file():
        raise CheckpointError(f"{path.parent} is incomplete: {path.name} is missing; fetch the folder again.")
    try:
        return {name: restored(tensor) for name, tensor in load_file(path).items()}
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path} is truncated or not a safetensors file: {error}; fetch it again.") from error


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises:
        CheckpointError: missing, unreadable, or not an object.
    """
    if not path.is_file():
        raise CheckpointError(f"{path.parent} is not a model folder: it has no {path.name}.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} is not readable JSON: {error}.") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} must hold a JSON object, got {type(content).__name__}.")
    return content
