"""Default voices: named style vectors kept beside the decoder that they belong to.

Two files in the decoder's model folder: `voices.safetensors` (name -> style vector) and `voices.json` (where each comes
from, and the fingerprint of the decoder whose style encoder made them).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from speechkit.errors import CheckpointError, StyleError

VECTORS = "voices.safetensors"
RECORD = "voices.json"
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One recording that a voice was made from."""

    name: str
    """File name, without folders."""
    sha256: str
    """Of the file's bytes."""
    seconds: float
    """Length of the recording."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Voice:
    """A named style vector and its provenance.

    Attributes:
        style: float32 [D], L2 norm 1.
        clips: what it was averaged over.
        note: who speaks and under which licence, in words.
    """

    style: Tensor
    clips: tuple[Clip, ...] = ()
    note: str = ""


def average_style(styles: Sequence[Tensor]) -> Tensor:
    """Mean direction of style vectors.

    Args:
        styles: float32 [D] each, L2 norm 1.
    Returns:
        float32 [D], L2 norm 1.
    Raises:
        StyleError: no vectors, or vectors that cancel out.

    >>> average_style([torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])])
    tensor([0.7071, 0.7071])
    """
    if not styles:
        raise StyleError("a voice is averaged over at least one style vector, got none.")
    mean = torch.stack(list(styles)).double().mean(dim=0)
    norm = float(mean.norm())
    if norm < 1e-6:
        raise StyleError("these style vectors cancel out; average clips of one speaker.")
    return (mean / norm).float()


def write_voices(folder: str | Path, voices: Mapping[str, Voice], *, decoder: str) -> None:
    """Write the voices of a decoder into its model folder, replacing those that are there.

    Args:
        folder: the decoder's model folder.
        voices: by name.
        decoder: fingerprint of the decoder whose style encoder made the vectors.
    """
    target = Path(folder)
    record = {
        "format": FORMAT,
        "decoder": decoder,
        "voices": {name: {"note": voice.note, "clips": [asdict(clip) for clip in voice.clips]} for name, voice in voices.items()},
    }
    vectors = {name: voice.style.detach().cpu().float().contiguous().clone() for name, voice in voices.items()}
    save_file(vectors, target / f".{VECTORS}.partial")
    (target / f".{RECORD}.partial").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for name in (VECTORS, RECORD):
        (target / f".{name}.partial").replace(target / name)


def read_voices(folder: str | Path, *, decoder: str) -> dict[str, Voice]:
    """Voices of a decoder's model folder; none where the folder has no voices.

    Args:
        folder: the decoder's model folder.
        decoder: fingerprint of the decoder that will speak with them.
    Raises:
        CheckpointError: the files are damaged, or belong to another decoder.
    """
    source = Path(folder)
    if not (source / RECORD).is_file():
        return {}
    try:
        record = json.loads((source / RECORD).read_text(encoding="utf-8"))
        vectors = load_file(source / VECTORS)
        voices = {name: _voice(vectors[name], entry) for name, entry in record["voices"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise CheckpointError(f"the voices in {source} are damaged: {error}; fetch or build them again.") from error
    if record.get("decoder") != decoder:
        raise CheckpointError(
            f"the voices in {source} belong to decoder {record.get('decoder')}, this one is {decoder}; "
            f"build them again: python -m recipes.voices build {source} --voice NAME=CLIP"
        )
    return voices


def _voice(style: Tensor, entry: dict[str, Any]) -> Voice:
    return Voice(style=style, clips=tuple(Clip(**clip) for clip in entry["clips"]), note=entry["note"])
