"""Config of the talker's own model."""

from __future__ import annotations

from dataclasses import dataclass

from speechkit.config import Config
from speechkit.errors import ConfigError
from speechkit.types import NUM_UNITS


@dataclass(frozen=True, kw_only=True)
class TalkerConfig(Config):
    """A small decoder-only transformer; the default is the model inside the package."""

    width: int = 256
    """Features of a position."""
    layers: int = 4
    """Transformer layers."""
    heads: int = 4
    """Attention heads."""
    feed_forward: int = 640
    """Inner width of the gated feed-forward layers."""
    rope_base: float = 10_000.0
    """Base of the rotary position embedding."""
    window: int = 2
    """Text symbols on either side of the one that is spoken which a unit is told of directly."""
    longest_hold: int = 24
    """Units that one symbol of the text may take at most."""
    num_merges: int = 0
    """Merges of the byte pairs that instructions are spelled with."""
    num_units: int = NUM_UNITS
    """Size of the codebook."""
    unit_rate: float = 25.0
    """Hz, units per second."""
    codec: str = ""
    """Fingerprint of the S2U whose units it was trained on; empty means any."""

    def __post_init__(self) -> None:
        sizes = ("width", "layers", "heads", "feed_forward", "longest_hold", "num_units")
        if small := [name for name in sizes if getattr(self, name) < 1]:
            raise ConfigError(f"TalkerConfig: {', '.join(small)} must be at least 1.")
        if self.width % (2 * self.heads):
            raise ConfigError(f"TalkerConfig: width {self.width} must be a multiple of twice the {self.heads} heads.")
        if self.window < 1 or self.num_merges < 0:
            raise ConfigError("TalkerConfig: window must be at least 1, num_merges at least 0.")
