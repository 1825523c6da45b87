"""The layers of the talker's own model: a Llama-style decoder (RMSNorm, rotary positions, gated feed-forward)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from speechkit.talker.config import TalkerConfig


class Cache:
    """Keys and values of the positions so far, of every layer; grows by doubling.

    Attributes:
        length: positions held.
    """

    def __init__(self, config: TalkerConfig, like: Tensor, room: int = 512) -> None:
        self.length = 0
        self._shape = (config.layers, 2, 1, config.heads, room, config.width // config.heads)
        self._store = like.new_zeros(self._shape)

    def append(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Keep keys and values float [1, H, S, D] of one layer; returns those of all positions."""
        end = self.length + keys.shape[2]
        if end > self._store.shape[4]:
            grown = self._store.new_zeros((*self._shape[:4], 2 * end, self._shape[5]))
            grown[:, :, :, :, : self.length] = self._store[:, :, :, :, : self.length]
            self._store = grown
        held = self._store[layer]
        held[0, :, :, self.length : end] = keys
        held[1, :, :, self.length : end] = values
        return held[0, :, :, :end], held[1, :, :, :end]


class Attention(nn.Module):
    """Causal self-attention with rotary positions."""

    def __init__(self, config: TalkerConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.inner = nn.Linear(config.width, 3 * config.width, bias=False)
        self.output = nn.Linear(config.width, config.width, bias=False)

    def forward(self, hidden: Tensor, rotation: Tensor, cache: Cache | None, layer: int) -> Tensor:
        """float [B, S, D] -> float [B, S, D]; see `Decoder.forward`."""
        batch, steps, width = hidden.shape
        parts = self.inner(hidden).view(batch, steps, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        queries, keys, values = rotate(parts[0], rotation), rotate(parts[1], rotation), parts[2]
        if cache is not None:
            keys, values = cache.append(layer, keys, values)
        mask = _mask(steps, keys.shape[2], hidden) if cache is not None else None
        mixed = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, is_causal=cache is None)
        return self.output(mixed.transpose(1, 2).reshape(batch, steps, width))


class Block(nn.Module):
    """Attention and gated feed-forward, each behind a norm and around a residual."""

    def __init__(self, config: TalkerConfig) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(config.width, eps=1e-6)
        self.attention = Attention(config)
        self.gate_norm = nn.RMSNorm(config.width, eps=1e-6)
        self.gate = nn.Linear(config.width, 2 * config.feed_forward, bias=False)
        self.down = nn.Linear(config.feed_forward, config.width, bias=False)

    def forward(self, hidden: Tensor, rotation: Tensor, cache: Cache | None, layer: int) -> Tensor:
        """float [B, S, D] -> float [B, S, D]; see `Decoder.forward`."""
        hidden = hidden + self.attention(self.attention_norm(hidden), rotation, cache, layer)
        gate, value = self.gate(self.gate_norm(hidden)).chunk(2, dim=-1)
        return hidden + self.down(F.silu(gate) * value)


class Decoder(nn.Module):
    """A stack of blocks with a norm at its end.

    Source: Touvron et al. 2023, arXiv:2302.13971, section 2.2.
    """

    frequencies: Tensor

    def __init__(self, config: TalkerConfig) -> None:
        super().__init__()
        self.config = config
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.width, eps=1e-6)
        half = config.width // config.heads // 2
        self.register_buffer("frequencies", config.rope_base ** (-torch.arange(half) / half), persistent=False)

    def forward(self, hidden: Tensor, cache: Cache | None = None) -> Tensor:
        """Hidden states.

        Args:
            hidden: float [B, S, D], embedded positions; padding stands behind the sequences, where no position looks.
            cache: positions that came before; extended by these. Only for B = 1.
        Returns:
            float [B, S, D].
        """
        first = cache.length if cache is not None else 0
        angles = torch.arange(first, first + hidden.shape[1], device=hidden.device)[:, None] * self.frequencies
        rotation = torch.stack([angles.cos(), angles.sin()]).to(hidden.dtype)
        for layer, block in enumerate(self.blocks):
            hidden = block(hidden, rotation, cache, layer)
        if cache is not None:
            cache.length += hidden.shape[1]
        return self.norm(hidden)


def rotate(states: Tensor, rotation: Tensor) -> Tensor:
    """Rotary position embedding of states float [B, H, S, D] by cosines and sines float [2, S, D / 2].

    Source: Su et al. 2021, arXiv:2104.09864, equation 34; halves instead of pairs.
    """
    left, right = states.chunk(2, dim=-1)
    cosine, sine = rotation[0], rotation[1]
    return torch.cat([left * cosine - right * sine, right * cosine + left * sine], dim=-1)


def _mask(queries: int, keys: int, like: Tensor) -> Tensor | None:
    """Which keys a query may look at, bool [Q, K]; None where it is all of them."""
    if queries == 1:
        return None
    return torch.ones(queries, keys, dtype=torch.bool, device=like.device).tril(keys - queries)
