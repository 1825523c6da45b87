"""Where S2U training begins: a Whisper encoder's layers (MIT licence; it has heard both languages) or an earlier run."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from s2u.encoder import Encoder
from speechkit.checkpoint import read_model_folder
from speechkit.errors import CheckpointError


def whisper_state(encoder: Encoder, folder: Path) -> dict[str, Tensor]:
    """State dict of `encoder` with the convolutions and layers of a transformers WhisperEncoder put in.

    The first stage takes Whisper's two convolutions; layers are taken in order across the stages; a later stage's
    subsampling convolution begins as the average of neighbouring frames.

    Raises:
        CheckpointError: the folder has no such weights, or the widths differ.
    """
    path = folder / "model.safetensors"
    if not path.exists():
        raise CheckpointError(f"{folder} holds no model.safetensors of a WhisperEncoder.")
    theirs, state = load_file(path), encoder.state_dict()
    found = {"stages.0.convolutions.0": "conv1", "stages.0.convolutions.1": "conv2"}
    ours = {f"{to}.{kind}": theirs[f"{source}.{kind}"] for to, source in found.items() for kind in ("weight", "bias")}
    number = 0
    for index, stage in enumerate(encoder.stages):
        if index:
            ours |= averaging(f"stages.{index}.convolutions.0", state)
        for layer in range(len(stage.layers)):  # type: ignore[arg-type]
            ours |= layer_state(f"stages.{index}.layers.{layer}", f"layers.{number}", theirs)
            number += 1
        if stage.config.norm and f"layers.{number}.fc1.weight" not in theirs:
            ours |= {f"stages.{index}.norm.{kind}": theirs[f"layer_norm.{kind}"] for kind in ("weight", "bias")}
    wrong = [name for name, tensor in ours.items() if name not in state or state[name].shape != tensor.shape]
    if wrong:
        raise CheckpointError(f"the Whisper encoder does not fit this S2U config: {', '.join(wrong[:3])} differ.")
    return state | ours


def start_config(path: Path | None) -> dict[str, Any]:
    """The S2U config of a model folder; nothing for a checkpoint, or for none."""
    return dict(read_model_folder(path, kind="s2u").config) if path is not None and path.is_dir() else {}


def stored_weights(path: Path) -> dict[str, Tensor]:
    """Weights of a training checkpoint, or of a model folder under the names that they have in training."""
    if not path.is_dir():
        return dict(torch.load(path, map_location="cpu", weights_only=True)["state_dict"])
    return {f"model.{name}": tensor.float() for name, tensor in read_model_folder(path, kind="s2u").tensors.items()}


def load_fitting(module: nn.Module, path: Path) -> list[str]:
    """Take a checkpoint's or model folder's weights where name and shape agree; the names of ours that stay as they were.

    Raises:
        CheckpointError: nothing in the file fits.
    """
    ours, theirs = module.state_dict(), stored_weights(path)
    fitting = {name: theirs[name] for name, tensor in ours.items() if name in theirs and theirs[name].shape == tensor.shape}
    if not fitting:
        raise CheckpointError(f"{path} holds no weight that fits this model.")
    module.load_state_dict(ours | fitting)
    return [name for name in ours if name not in fitting]


def freeze(encoder: Encoder, layers: int) -> None:
    """Stop training of the first stage's convolutions and first `layers` transformer layers (0: of nothing)."""
    first = encoder.stages[0]
    for part in (first.convolutions, *list(first.layers)[:layers]) if layers else ():  # type: ignore[arg-type]
        part.requires_grad_(False)


def averaging(name: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A kernel-3, stride-2 convolution that averages frames 2n and 2n + 1."""
    weight = torch.zeros_like(state[f"{name}.weight"])
    weight[...] = torch.eye(weight.shape[0], weight.shape[1])[..., None] * torch.tensor([0.0, 0.5, 0.5])
    return {f"{name}.weight": weight, f"{name}.bias": torch.zeros(weight.shape[0])}


def layer_state(to: str, source: str, theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    """One transformer layer; Whisper's keys have no bias, ours are packed with the queries and values."""
    get = lambda part: theirs[f"{source}.{part}"]  # noqa: E731
    attention = [get(f"self_attn.{part}_proj.weight") for part in "qkv"]
    query, value = get("self_attn.q_proj.bias"), get("self_attn.v_proj.bias")
    state = {f"{to}.query_key_value.weight": torch.cat(attention),
             f"{to}.query_key_value.bias": torch.cat([query, torch.zeros_like(query), value])}  # fmt: skip
    names = {"attention_out": "self_attn.out_proj", "feed_in": "fc1", "feed_out": "fc2",
             "attention_norm": "self_attn_layer_norm", "feed_norm": "final_layer_norm"}  # fmt: skip
    return state | {f"{to}.{mine}.{kind}": get(f"{name}.{kind}") for mine, name in names.items() for kind in ("weight", "bias")}
