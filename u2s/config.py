"""Configs of the decoder: what U2S and its waveform generator are made of. Rates and reach are derived, never stored."""

from dataclasses import dataclass, field
from math import ceil, prod

from speechkit.config import Config
from speechkit.errors import ConfigError
from speechkit.lengths import ceil_div


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig(Config):
    """The waveform generator: "istft" (source-filter, ConvNeXt backbone) or "hifigan" (HiFi-GAN v1)."""

    kind: str = "istft"
    """"istft" or "hifigan"."""
    width: int = 320
    """Channels of the istft backbone, or of HiFi-GAN before its first upsampling."""
    layers: int = 7
    """ConvNeXt blocks of the istft backbone."""
    expansion: int = 3
    """Hidden over outer channels in a ConvNeXt block."""
    kernel_size: int = 7
    """Taps of the depthwise convolutions; odd."""
    n_fft: int = 960
    """Samples in a filter frame; four hops, so that a squared Hann window overlaps to a constant."""
    hop_length: int = 240
    """Samples between filter frames; 100 Hz at 24 kHz, the rate of the prosody track."""
    upsample_rates: tuple[int, ...] = (8, 6, 5, 2)
    """HiFi-GAN: factors whose product is the samples of a 50 Hz step (480)."""
    resblock_kernels: tuple[int, ...] = (3, 7, 11)
    """HiFi-GAN: taps of the parallel residual blocks."""
    resblock_dilations: tuple[int, ...] = (1, 3, 5)
    """HiFi-GAN: dilations inside a residual block."""

    def __post_init__(self) -> None:
        if self.kind not in ("istft", "hifigan"):
            raise ConfigError(f'GeneratorConfig.kind must be "istft" or "hifigan", got "{self.kind}".')
        if self.n_fft != 4 * self.hop_length:
            raise ConfigError(f"n_fft must be 4 hops ({4 * self.hop_length}), got {self.n_fft}.")
        if self.kernel_size % 2 == 0:
            raise ConfigError(f"kernel_size must be odd, got {self.kernel_size}.")

    @property
    def reach_steps(self) -> int:
        """How many 50 Hz steps beyond its own a sample can see, on either side."""
        if self.kind == "istft":
            return (self.layers + 1) * (self.kernel_size // 2) + 2
        samples, rate = 0.0, 1
        for factor in self.upsample_rates:
            rate *= factor
            half = max(self.resblock_kernels) // 2
            samples += (sum(self.resblock_dilations) + len(self.resblock_dilations)) * half / rate + 1 / rate * factor
        return 3 + 1 + int(samples + 3 / rate) + 1


@dataclass(frozen=True, kw_only=True)
class U2SConfig(Config):
    """Units and a style vector to a waveform. The defaults are the model that ships; about 11 M parameters."""

    sample_rate: int = 24000
    """Hz of the waveform."""
    samples_per_unit: int = 960
    """Samples a unit covers: 960 at 24 kHz is 25 units per second."""
    levels: tuple[int, ...] = (8, 8, 8, 8)
    """FSQ levels of the units; their product is the number of units."""
    codec: str = ""
    """Fingerprint of the S2U whose units the model was trained on; empty means any."""
    embedding_dim: int = 128
    """Width of the learned table of units, projected to `unit_width`."""
    unit_width: int = 256
    """Channels of the unit encoder."""
    unit_layers: int = 4
    """ConvNeXt blocks of the unit encoder, at the unit rate."""
    unit_kernel_size: int = 5
    """Taps of the unit encoder, the prior and the flow; odd."""
    prosody: str = "explicit"
    """"explicit": log-F0, voicing and energy are predicted and can be controlled; "implicit": the style vector alone."""
    prosody_width: int = 192
    """Channels of the prosody predictor."""
    prosody_layers: int = 3
    """ConvNeXt blocks of the prosody predictor."""
    prosody_kernel_size: int = 7
    """Taps of the prosody predictor; odd."""
    latent_dim: int = 64
    """Size of the latent z, 50 a second; even."""
    prior_layers: int = 1
    """ConvNeXt blocks of the prior, at 50 Hz."""
    flow_layers: int = 4
    """Residual couplings of the flow."""
    flow_width: int = 160
    """Channels inside a coupling."""
    flow_depth: int = 2
    """ConvNeXt blocks inside a coupling."""
    posterior_width: int = 256
    """Channels of the posterior encoder (training only)."""
    posterior_layers: int = 5
    """ConvNeXt blocks of the posterior encoder."""
    style_dim: int = 256
    """Size of the style vector."""
    style_width: int = 192
    """Channels of the style encoder."""
    style_mels: int = 80
    """Mel bands that the style encoder reads."""
    noise_scale: float = 0.333
    """Standard deviation of the prior's noise at inference, over that of training."""
    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    """The waveform generator."""

    def __post_init__(self) -> None:
        if self.samples_per_unit % 4 or self.generator.hop_length * 4 != self.samples_per_unit:
            raise ConfigError(
                f"samples_per_unit must be 4 hops of the generator ({4 * self.generator.hop_length}), got {self.samples_per_unit}."
            )
        if self.latent_dim % 2:
            raise ConfigError(f"latent_dim must be even, got {self.latent_dim}.")
        if self.prosody not in ("explicit", "implicit"):
            raise ConfigError(f'prosody must be "explicit" or "implicit", got "{self.prosody}".')
        if self.prosody == "implicit" and self.generator.kind == "istft":
            raise ConfigError('the "istft" generator is driven by F0, so it needs prosody="explicit".')
        if self.generator.kind == "hifigan" and prod(self.generator.upsample_rates) != self.samples_per_step:
            raise ConfigError(f"upsample_rates must multiply to {self.samples_per_step}, got {self.generator.upsample_rates}.")
        if not 0 <= self.noise_scale <= 2:
            raise ConfigError(f"noise_scale must lie in [0, 2], got {self.noise_scale}.")

    @property
    def unit_rate(self) -> float:
        """Hz, units per second."""
        return self.sample_rate / self.samples_per_unit

    @property
    def num_units(self) -> int:
        """Size of the codebook."""
        return prod(self.levels)

    @property
    def samples_per_step(self) -> int:
        """Samples of one latent step; two steps a unit."""
        return self.samples_per_unit // 2

    @property
    def context_units(self) -> int:
        """Units on either side of a unit that its samples depend on: the receptive field of the whole decoder."""
        return self.context_units_at(1.0)

    def context_units_at(self, speed: float) -> int:
        """As `context_units`, where the generator sees `speed` times as many steps; see `u2s.pace`."""
        at_units = self.unit_layers * (self.unit_kernel_size // 2)
        if self.prosody == "explicit":
            at_units += self.prosody_layers * (self.prosody_kernel_size // 2)
        blocks = self.prior_layers + self.flow_layers * self.flow_depth
        seen = blocks * (self.unit_kernel_size // 2) + ceil(self.generator.reach_steps * speed) + (speed != 1.0)
        return at_units + ceil_div(seen, 2) + 1
