"""The S2U's config: one code path for the default model and for the paper's size."""

from dataclasses import dataclass, field
from math import prod

from speechkit.config import Config
from speechkit.errors import ConfigError
from speechkit.features import LogMelConfig


@dataclass(frozen=True, kw_only=True)
class StageConfig(Config):
    """A convolutional subsampler followed by transformer layers of one width."""

    channels: tuple[int, ...]
    """Output channels of each convolution; the last is the width of the stage."""
    kernels: tuple[int, ...]
    """Kernel size of each convolution, odd."""
    strides: tuple[int, ...]
    """Stride of each convolution, 1 or 2."""
    layers: int = 2
    """Transformer layers after the convolutions."""
    heads: int = 8
    """Attention heads."""
    norm: bool = False
    """Layer norm after the stage."""
    expansion: int = 4
    """Feed-forward width as a multiple of the stage's width."""
    conv_norm: bool = False
    """Layer norm after each convolution (SPIRAL) or none (Whisper)."""
    activation: str = "gelu"
    """After each convolution: "gelu" (Whisper), "relu" (SPIRAL) or "none" (a linear pooling, which keeps a residual stream)."""
    positions: str = "none"
    """Added before the layers: "none", "sinusoidal" (Whisper), or "convolution" (SPIRAL: kernel 128, 16 groups)."""

    def __post_init__(self) -> None:
        if not len(self.channels) == len(self.kernels) == len(self.strides) > 0:
            raise ConfigError("StageConfig: channels, kernels and strides need the same number of entries, at least one.")
        if any(kernel % 2 == 0 for kernel in self.kernels) or any(stride not in (1, 2) for stride in self.strides):
            raise ConfigError("StageConfig: kernels must be odd and strides 1 or 2.")
        if self.width % self.heads:
            raise ConfigError(f"StageConfig: width {self.width} is not a multiple of {self.heads} heads.")
        if self.activation not in ("gelu", "relu", "none"):
            raise ConfigError(f"StageConfig: activation {self.activation!r} is not gelu, relu or none.")
        if self.positions not in ("none", "sinusoidal", "convolution"):
            raise ConfigError(f"StageConfig: positions {self.positions!r} is not none, sinusoidal or convolution.")

    @property
    def width(self) -> int:
        """Features of the stage's output."""
        return self.channels[-1]

    @property
    def stride(self) -> int:
        """How many input frames one output frame stands for."""
        return prod(self.strides)


@dataclass(frozen=True, kw_only=True)
class WindowConfig(Config):
    """How an utterance is cut for the encoder, in units: each window gives `core` units and sees `left` and `right` more."""

    left: int = 50
    """Units of context before the core (2 s at 25 Hz)."""
    core: int = 100
    """Units that a window contributes (4 s at 25 Hz)."""
    right: int = 25
    """Units of context after the core (1 s at 25 Hz): the latency of streaming is core + right."""

    def __post_init__(self) -> None:
        if min(self.left, self.right) < 0 or self.core < 1:
            raise ConfigError("WindowConfig: left and right must be >= 0 and core >= 1.")


@dataclass(frozen=True, kw_only=True)
class SearchConfig(Config):
    """The search, and the sizes of its tables."""

    votes: int
    """Rows of the code table."""
    grams: tuple[int, ...]
    """Rows of the phone n-gram, orders 1 to n."""
    language_weight: float = 0.3
    """Of the n-gram's log probability, for every phone; a unit's own counts 1."""
    entry: float = 1.5
    """Natural log units for entering a phone, which makes up for what every phone costs."""
    beam: int = 24
    """Hypotheses kept after every unit, at most."""
    margin: float = 10.0
    """How far below the best, in natural log units, a hypothesis or a phone that begins may lie."""
    candidates: int = 6
    """Phones that a unit may begin: its most probable ones."""

    spelled: tuple[str, ...] = ("en_",)
    """Beginnings of the labels of phones that are spelled by the code table: steadier units, where its votes are many."""

    def __post_init__(self) -> None:
        if min(self.beam, self.candidates, self.votes, *self.grams, len(self.grams)) < 1:
            raise ConfigError("SearchConfig: beam, candidates, votes and grams must be at least 1.")


def _default_stages() -> tuple[StageConfig, ...]:
    return (
        StageConfig(channels=(512, 512), kernels=(3, 3), strides=(1, 2), layers=6, positions="sinusoidal", norm=True),
        StageConfig(channels=(512,), kernels=(3,), strides=(2,), layers=0, activation="none"),
    )


@dataclass(frozen=True, kw_only=True)
class S2UConfig(Config):
    """Everything that shapes an S2U; `S2UConfig()` is the default model."""

    mel: LogMelConfig = field(default_factory=LogMelConfig)
    """Log-mel front end."""
    statistics: str = "fixed"
    """Mel normalisation: "fixed" (mean and scale a bin, stored in the checkpoint) or "utterance" (EMOVA; not streamable)."""
    stages: tuple[StageConfig, ...] = field(default_factory=_default_stages)
    """Subsampling and transformer stages; their strides multiply to samples_per_unit / hop_length."""
    bottleneck_width: int = 512
    """Channels of two convolutions of kernel 3 between the encoder and the latents; 0: one linear map (EMOVA)."""
    projection: str = "posterior"
    """To the latents: "posterior" (the place of the most probable code) or "straight" (a linear map, EMOVA)."""
    dropout: float = 0.0
    """In the transformer layers, training only."""
    levels: tuple[int, ...] = (8, 8, 8, 8)
    """FSQ levels; their product is the codebook size."""
    window: WindowConfig | None = field(default_factory=WindowConfig)
    """Windowed encoding; None: the whole utterance at once (EMOVA), which cannot stream."""
    search: SearchConfig | None = None
    """Weigh what is heard against what phones usually follow, `s2u.phone_search`; None: each unit's best code alone (EMOVA)."""
    num_phones: int = 240
    """Labels of the CTC head; the blank comes after them."""
    phone_width: int = 384
    """Channels of the phone decoder."""
    codebook: str = ""
    """Name of the codebook that units carry; empty: the weights' own fingerprint. A model that is trained further under the
    same name gives units with the same meaning, so that decoders, talkers and units files of its predecessor stay good."""

    def __post_init__(self) -> None:
        if self.statistics not in ("fixed", "utterance"):
            raise ConfigError(f"S2UConfig: statistics {self.statistics!r} is neither fixed nor utterance.")
        if self.statistics == "utterance" and self.window is not None:
            raise ConfigError("S2UConfig: utterance statistics need window=None; windows would each get their own.")
        if self.projection not in ("posterior", "straight"):
            raise ConfigError(f"S2UConfig: projection {self.projection!r} is neither posterior nor straight.")
        if self.search is not None and self.projection != "posterior":
            raise ConfigError("S2UConfig: a search needs the scores of projection \"posterior\".")

    @property
    def sample_rate(self) -> int:
        """Hz of the waveforms that the model takes."""
        return self.mel.sample_rate

    @property
    def samples_per_unit(self) -> int:
        """Samples that one unit stands for."""
        return self.mel.hop_length * self.frames_per_unit

    @property
    def frames_per_unit(self) -> int:
        """Mel frames that one unit stands for."""
        return prod(stage.stride for stage in self.stages)

    @property
    def unit_rate(self) -> float:
        """Hz, units per second."""
        return self.sample_rate / self.samples_per_unit

    @property
    def num_units(self) -> int:
        """Size of the codebook."""
        return prod(self.levels)

    @property
    def streamable(self) -> bool:
        """Whether units come out before the utterance has ended."""
        return self.window is not None


def paper_config() -> S2UConfig:
    """EMOVA's S2U: SPIRAL base, 90.6 M parameters, utterance statistics (EMOVA appendix A.1; SPIRAL, arXiv:2201.10207)."""
    first = StageConfig(
        channels=(384, 512, 512), kernels=(5, 5, 1), strides=(2, 2, 1), layers=2, heads=8, conv_norm=True,
        activation="relu", positions="convolution",
    )  # fmt: skip
    second = StageConfig(
        channels=(1536, 768), kernels=(5, 1), strides=(1, 1), layers=10, heads=12, conv_norm=True, norm=True,
        activation="relu", positions="convolution",
    )  # fmt: skip
    return S2UConfig(
        mel=LogMelConfig(num_mels=128, n_fft=512, floor=2.0**-24), statistics="utterance", stages=(first, second),
        bottleneck_width=0, projection="straight", dropout=0.1, window=None, phone_width=512,
    )  # fmt: skip
