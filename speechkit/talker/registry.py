"""From a model folder to a talker, whatever its backbone."""

from __future__ import annotations

from pathlib import Path

from speechkit.errors import CheckpointError
from speechkit.talker.decoding import Backbone
from speechkit.talker.guided import GuidedBackbone
from speechkit.talker.language_model import RECORD, LanguageModelBackbone
from speechkit.talker.model import Talker


def load_backbone(folder: str | Path) -> Backbone:
    """Load a talker: the toolkit's own model, or a language model of transformers saved by `recipes.talker_llm`.

    Raises:
        CheckpointError: the folder is missing, incomplete, or holds no talker.
        DependencyError: a language model's packages are not installed.
    """
    source = Path(folder)
    if not source.is_dir():
        raise CheckpointError(f"{source} is not a folder; a talker is a model folder.")
    if (source / RECORD).is_file():
        return LanguageModelBackbone.load(source)
    return GuidedBackbone(Talker.load(source))
