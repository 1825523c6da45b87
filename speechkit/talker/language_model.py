"""Any causal language model of transformers as a talker: units are tokens, texts are spelled by its own tokenizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from speechkit.errors import CheckpointError, DependencyError
from speechkit.talker.header import ATTRIBUTES
from speechkit.talker.sequence import (
    END_UNITS,
    added_symbols,
    after_header,
    before_header,
    style_symbol,
    unit_symbol,
)
from speechkit.text import normalise, reading
from speechkit.types import NUM_UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence

RECORD = "talker.json"
"""Beside the files that transformers writes: what makes the language model a talker."""

FORMAT = 1


def extend(model: Any, tokenizer: Any, num_units: int = NUM_UNITS) -> dict[str, int]:
    """Teach a language model the symbols of `speechkit.talker.sequence`, in their order.

    New embeddings begin at the mean of the old ones. Symbols that are there already are kept.

    Args:
        model, tokenizer: of transformers; changed in place.
    Returns:
        Token id of each symbol, asked of the tokenizer: ids are its business, and need not follow each other.
    """
    symbols = added_symbols(num_units)
    known = tokenizer.get_vocab()
    fresh = [symbol for symbol in symbols if symbol not in known]
    tokenizer.add_tokens(fresh, special_tokens=True)
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    ids = dict(zip(symbols, tokenizer.convert_tokens_to_ids(list(symbols)), strict=True))
    places = torch.tensor([ids[symbol] for symbol in fresh])
    for table in {id(part): part for part in (model.get_input_embeddings(), model.get_output_embeddings())}.values():
        if len(fresh):
            _begin_at_mean(table.weight, places)
    return ids


@torch.no_grad()
def _begin_at_mean(weight: Tensor, places: Tensor) -> None:
    old = torch.ones(len(weight), dtype=torch.bool, device=weight.device)
    old[places] = False
    noise = torch.randn(len(places), weight.shape[1], generator=torch.Generator().manual_seed(0))
    scale = weight[old].float().std(0).cpu()
    weight[places] = (weight[old].float().mean(0).cpu() + 0.1 * scale * noise).to(weight)


class LanguageModelBackbone:
    """See `speechkit.talker.decoding.Backbone`. Texts are normalised and then spelled by the model's own tokenizer."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        codec: str = "",
        num_units: int = NUM_UNITS,
        unit_rate: float = 25.0,
        silent_units: Sequence[int] = (),
        name: str = "lm",
    ) -> None:
        """Take a loaded model; `load` reads a folder.

        Args:
            model: causal language model in evaluation mode; extended by what it lacks.
            tokenizer: of the model; extended as well.
            codec: fingerprint of the S2U whose units it was trained on; empty means any.
            silent_units: units that stand for silence, for the watch.
            name: for records.
        """
        self.model, self.tokenizer, self.name = model, tokenizer, name
        self.codec, self.num_units, self.unit_rate = codec, num_units, unit_rate
        self.silent_units = frozenset(silent_units)
        self.ids = extend(model, tokenizer, num_units)
        order = [*(unit_symbol(unit) for unit in range(num_units)), END_UNITS]
        self.unit_ids = torch.tensor([self.ids[symbol] for symbol in order], device=model.device)

    @classmethod
    def load(cls, folder: str | Path) -> LanguageModelBackbone:
        """Read a folder that `save` wrote.

        Raises:
            CheckpointError: incomplete, or written by a newer speechkit. DependencyError: transformers is not installed.
        """
        try:
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as error:
            raise DependencyError("this talker needs transformers: pip install 'speechkit[thinker]'.") from error
        source = Path(folder)
        try:
            record = json.loads((source / RECORD).read_text(encoding="utf-8"))
            if record.pop("format") > FORMAT:
                raise CheckpointError(f"{source} was written by a newer speechkit; upgrade.")
            tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=True)
            model = AutoModelForCausalLM.from_pretrained(source, local_files_only=True, dtype="float32").eval()
            return cls(model, tokenizer, name=f"talker:{source.name}", **record)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"{source} holds no talker that transformers can load: {error}.") from error

    def save(self, folder: str | Path) -> None:
        """Write model, tokenizer and record; adapters of peft are merged first."""
        target = Path(folder)
        merged = self.model.merge_and_unload() if hasattr(self.model, "merge_and_unload") else self.model
        merged.save_pretrained(target)
        self.tokenizer.save_pretrained(target)
        record = {
            "format": FORMAT, "codec": self.codec, "num_units": self.num_units, "unit_rate": self.unit_rate,
            "silent_units": sorted(self.silent_units),
        }  # fmt: skip
        (target / RECORD).write_text(json.dumps(record) + "\n", encoding="utf-8")

    def instruction_ids(self, instruction: str) -> list[int]:
        """Tokens of an instruction."""
        return self._spelled(instruction.strip())

    def text_ids(self, text: str, language: str) -> list[int]:
        """Tokens of a text, normalised; empty where nothing is to be said."""
        return self._spelled(normalise(text, language)) if reading(text, language) else []

    def _spelled(self, text: str) -> list[int]:
        """Control symbols that a user types are spelled as text: they must not end the part that they stand in."""
        ids = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return list(ids)

    def utterance(self, instruction: str) -> LanguageModelUtterance:
        """Begin a sequence: the instruction, up to the header."""
        return LanguageModelUtterance(self, instruction)


class LanguageModelUtterance:
    """See `speechkit.talker.decoding.Utterance`."""

    guided = False
    ended = False

    def __init__(self, backbone: LanguageModelBackbone, instruction: str) -> None:
        self.backbone = backbone
        self.cache: Any = None
        self.length = 0
        self.scores = self._read(before_header(backbone.instruction_ids(instruction), backbone.ids))

    def style_scores(self, attribute: str) -> Tensor:
        """Logits of an attribute's values, float [values]."""
        return self.scores[[self.backbone.ids[style_symbol(attribute, value)] for value in ATTRIBUTES[attribute]]]

    def write_style(self, attribute: str, value: str) -> None:
        """Write a header value."""
        self.scores = self._read([self.backbone.ids[style_symbol(attribute, value)]])

    def read_text(self, text: str, language: str, patience: float) -> int:
        """Close the header and read the text; returns the number of its phones and marks, 0 for nothing to say."""
        ids = self.backbone.text_ids(text, language)
        if not ids:
            return 0
        self.scores = self._read(after_header(ids, self.backbone.ids))
        return len(reading(text, language))

    def unit_scores(self) -> Tensor:
        """Logits of the units and of the end, float [num_units + 1]."""
        return self.scores[self.backbone.unit_ids]

    def write_unit(self, unit: int, patience: float) -> None:
        """Write a unit."""
        self.scores = self._read([int(self.backbone.unit_ids[unit])])

    def mark(self) -> tuple[int, Tensor]:
        """For `rewind`."""
        return self.length, self.scores

    def rewind(self, mark: tuple[int, Tensor]) -> None:
        """Go back to where `mark` was called."""
        too_many = self.length - mark[0]
        self.length, self.scores = mark
        if too_many:
            self.cache.crop(-too_many)

    @torch.inference_mode()
    def _read(self, tokens: list[int]) -> Tensor:
        """Logits float [V] behind these tokens."""
        ids = torch.tensor([tokens], device=self.backbone.model.device)
        output = self.backbone.model(input_ids=ids, past_key_values=self.cache, use_cache=True)
        self.cache = output.past_key_values
        self.length += len(tokens)
        return output.logits[0, -1].float()
