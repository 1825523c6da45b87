"""Export a decoder checkpoint as a model folder: averaged weights, nothing that only training needs.

    python -m recipes.export_u2s CHECKPOINT -o FOLDER [--codec FINGERPRINT] [--card CARD.md] [--full]
"""

import argparse
from pathlib import Path

import torch

from speechkit.checkpoint import load_tensors
from speechkit.errors import CheckpointError
from u2s.config import U2SConfig
from u2s.model import U2S

PREFIX = "average.decoder."


def read_decoder(checkpoint: str | Path) -> U2S:
    """The averaged decoder of a `recipes.u2s` checkpoint.

    Raises:
        CheckpointError: no such checkpoint, or not one of `recipes.u2s`.
    """
    try:
        stored = torch.load(checkpoint, map_location="cpu", weights_only=True)
        config = U2SConfig.from_dict(stored["u2s_config"])
    except (OSError, KeyError) as error:
        raise CheckpointError(f"{checkpoint} is not a checkpoint of recipes.u2s: {error}.") from error
    model = U2S(config)
    weights = {name[len(PREFIX) :]: value for name, value in stored["state_dict"].items() if name.startswith(PREFIX)}
    load_tensors(model, weights)
    return model.eval()


def export(checkpoint: str | Path, folder: str | Path, *, codec: str = "", card: str = "", half: bool = True) -> None:
    """Write the model folder; float16 storage unless `half` is false, and `codec` noted in its config."""
    read_decoder(checkpoint).with_codec(codec).save(folder, card=card, half=half)


def main(arguments: list[str] | None = None) -> None:
    """Command line; see the head of this file."""
    parser = argparse.ArgumentParser(prog="python -m recipes.export_u2s")
    parser.add_argument("checkpoint", type=Path, help=".ckpt of recipes.u2s")
    parser.add_argument("-o", "--output", type=Path, required=True, help="model folder to write")
    parser.add_argument("--codec", default="", help="fingerprint of the S2U whose units it was trained on")
    parser.add_argument("--card", type=Path, help="Markdown file to keep as the model card")
    parser.add_argument("--full", action="store_true", help="store float32 instead of float16")
    options = parser.parse_args(arguments)
    card = options.card.read_text(encoding="utf-8") if options.card else ""
    export(options.checkpoint, options.output, codec=options.codec, card=card, half=not options.full)


if __name__ == "__main__":
    main()
