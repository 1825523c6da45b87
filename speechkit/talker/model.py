"""The talker's own model: a small decoder-only transformer that is told which symbol of the text it speaks.

It reads and writes the sequence of `speechkit.talker.sequence`. Beside the sequence runs a pointer into the text that can
stay, step to the next symbol, or step over a mark that gets no pause: nothing is skipped or said twice. A unit position is
told the symbols around the pointer and for how long it has stood there; from the hidden state come the unit and the
pointer's next move. Units end when the pointer leaves the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from speechkit.checkpoint import load_tensors, read_model_folder, save_model_folder
from speechkit.errors import ConfigError
from speechkit.talker.config import TalkerConfig
from speechkit.talker.layers import Cache, Decoder
from speechkit.talker.sequence import STYLE_SYMBOLS, unit_symbol
from speechkit.talker.vocabulary import TEXT_SYMBOLS, Vocabulary

KIND = "talker"
STAY, STEP, LEAP = 0, 1, 2
"""Moves of the pointer: to the same symbol, to the next, over a mark."""

M = TypeVar("M", bound="Talker")


@dataclass(frozen=True, kw_only=True, eq=False)
class Sequences:
    """A padded batch for training.

    Attributes:
        tokens: int64 [B, S], inputs.
        texts: int64 [B, M], the text of each sequence once more, for the pointer; padded with -1.
        places: int64 [B, S], where the pointer stands; -1 where there is none.
        held: int64 [B, S], for how many units it has stood there.
    """

    tokens: Tensor
    texts: Tensor
    places: Tensor
    held: Tensor


class Talker(nn.Module):
    """Instruction and text to style header and units."""

    merges: Tensor

    def __init__(self, config: TalkerConfig = TalkerConfig()) -> None:
        super().__init__()
        self.config = config
        self.fingerprint = ""
        self.register_buffer("merges", torch.zeros(config.num_merges, 2, dtype=torch.int64))
        size = len(Vocabulary(num_units=config.num_units)) + config.num_merges
        self.embedding = nn.Embedding(size, config.width)
        self.decoder = Decoder(config)
        self.around = nn.Linear((2 * config.window + 1) * config.width, config.width)
        self.held = nn.Embedding(config.longest_hold + 1, config.width)
        self.moves = nn.Linear(config.width, 3)
        for weight in (self.embedding.weight, self.held.weight):
            nn.init.normal_(weight, std=config.width**-0.5)
        self.set_merges(())

    @classmethod
    def load(cls: type[M], folder: str | Path) -> M:
        """Read a model folder written by `save`; ready to speak.

        Raises:
            CheckpointError: the folder is incomplete or holds another kind of model.
        """
        stored = read_model_folder(folder, kind=KIND)
        model = cls(TalkerConfig.from_dict(stored.config))
        load_tensors(model, stored.tensors)
        model.set_merges([(left, right) for left, right in model.merges.tolist()])
        model.fingerprint = stored.fingerprint
        return model.eval()

    def save(self, folder: str | Path, *, card: str = "", half: bool = False) -> None:
        """Write config, weights and card; `half` stores the weights as float16."""
        save_model_folder(folder, kind=KIND, config=self.config, tensors=self.state_dict(), card=card, half=half)

    def set_merges(self, merges: list[tuple[int, int]] | tuple[()]) -> None:
        """Spell instructions with these byte pairs.

        Raises:
            ConfigError: there are not as many as the config says.
        """
        if merges and len(merges) != self.config.num_merges:
            raise ConfigError(f"this talker spells with {self.config.num_merges} merges, got {len(merges)}.")
        if merges:
            self.merges.copy_(torch.tensor(merges))
        self.vocabulary = Vocabulary(merges, self.config.num_units)
        self.first_unit = self.vocabulary.ids[unit_symbol(0)]
        self.first_style = self.vocabulary.ids[STYLE_SYMBOLS[0]]
        self.first_text = self.vocabulary.ids[TEXT_SYMBOLS[0]]

    def forward(self, batch: Sequences) -> Tensor:
        """Hidden states float [B, S, D]; those of padding are meaningless."""
        hidden = self.embedding(batch.tokens)
        pointed = batch.places >= 0
        around = self.surroundings(batch.texts)
        index = batch.places.clamp(min=0)[..., None].expand(-1, -1, around.shape[2])
        aid = around.gather(1, index) + self.held(batch.held.clamp(max=self.config.longest_hold))
        return self.decoder(hidden + aid * pointed[..., None])

    def surroundings(self, texts: Tensor) -> Tensor:
        """What a unit is told of the symbols around each symbol.

        Args:
            texts: int64 [B, M], padded with -1.
        Returns:
            float [B, M, D].
        """
        symbols = self.embedding(texts.clamp(min=0)) * (texts >= 0)[..., None]
        reach = self.config.window
        padded = F.pad(symbols, (0, 0, reach, reach))
        windows = [padded[:, offset : offset + texts.shape[1]] for offset in range(2 * reach + 1)]
        return self.around(torch.cat(windows, dim=-1))

    def unit_logits(self, hidden: Tensor) -> Tensor:
        """float [..., D] -> float [..., num_units]."""
        return F.linear(hidden, self.embedding.weight[self.first_unit : self.first_unit + self.config.num_units])

    def style_logits(self, hidden: Tensor) -> Tensor:
        """float [..., D] -> float [..., header values], in the order of `STYLE_SYMBOLS`."""
        return F.linear(hidden, self.embedding.weight[self.first_style : self.first_style + len(STYLE_SYMBOLS)])

    def text_logits(self, hidden: Tensor) -> Tensor:
        """float [..., D] -> float [..., text symbols], in the order of `TEXT_SYMBOLS`."""
        return F.linear(hidden, self.embedding.weight[self.first_text : self.first_text + len(TEXT_SYMBOLS)])

    def cache(self) -> Cache:
        """An empty cache for one sequence."""
        return Cache(self.config, self.embedding.weight)

    @torch.inference_mode()
    def extend(self, tokens: list[int], cache: Cache, aid: Tensor | None = None) -> Tensor:
        """Read further tokens of one sequence.

        Args:
            tokens: ids, at least one.
            cache: of what came before; extended.
            aid: float [D], told to the last token.
        Returns:
            float [D], hidden state of the last token.
        """
        hidden = self.embedding(torch.tensor([tokens], device=self.embedding.weight.device))
        if aid is not None:
            hidden[0, -1] += aid
        return self.decoder(hidden, cache)[0, -1]
