"""Turn a training checkpoint into a model folder: python -m recipes.export s2u CHECKPOINT.ckpt -o FOLDER --card CARD.md"""

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from s2u import S2U, S2UConfig
from speechkit.errors import CheckpointError


def checkpoint_state(path: Path, prefix: str) -> dict[str, torch.Tensor]:
    """Tensors of a Lightning checkpoint below `prefix`, read without unpickling code.

    Raises:
        CheckpointError: the file is no checkpoint, or holds nothing below the prefix.
    """
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    except (OSError, KeyError, RuntimeError) as error:
        raise CheckpointError(f"{path} is not a readable training checkpoint: {error}.") from error
    state = {name.removeprefix(prefix): tensor for name, tensor in stored.items() if name.startswith(prefix)}
    if not state:
        raise CheckpointError(f"{path} holds no weights below {prefix!r}: is it of another recipe?")
    return state


def s2u_from_checkpoint(path: Path) -> S2U:
    """The S2U of a checkpoint of `recipes.s2u`, its config read from the checkpoint's hyperparameters."""
    stored = torch.load(path, map_location="cpu", weights_only=True)
    model = S2U(S2UConfig.from_dict(dict(stored["hyper_parameters"].get("model") or {})))
    model.load_state_dict(checkpoint_state(path, "model."))
    return model.eval()


def export_s2u(checkpoint: Path, output: Path, card: str, half: bool = True, codebook: str = "") -> None:
    """Write the S2U of a checkpoint as a model folder, float16 by default; `codebook` names what its units are marked with."""
    model = s2u_from_checkpoint(checkpoint)
    model.config = replace(model.config, codebook=codebook or model.config.codebook)
    model.save(output, card=card, half=half)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["s2u"], help="what the checkpoint holds (recipes.u2s exports by itself)")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help="model folder, made or replaced")
    parser.add_argument("--card", type=Path, required=True, help="Markdown model card to put beside the weights")
    parser.add_argument("--float32", action="store_true", help="store full precision (twice the size)")
    parser.add_argument("--codebook", default="", help="codec of the S2U that was trained further, if its codebook was kept")
    options = parser.parse_args()
    card = options.card.read_text(encoding="utf-8")
    export_s2u(options.checkpoint, options.output, card, not options.float32, options.codebook)


if __name__ == "__main__":
    main()
