"""U2S: units and a style vector to speech. The decoder of the toolkit, without anything that only training needs."""

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from speechkit.checkpoint import load_tensors, read_model_folder, save_model_folder
from speechkit.errors import SampleRateError, ShapeError, UnitsError, WaveformError
from u2s.config import U2SConfig
from u2s.excitation import phase_of, sample_f0
from u2s.flow import Flow
from u2s.generator import breathe, build_generator, excite
from u2s.noise import LATENT, SOURCE, gaussian
from u2s.pace import Pace
from u2s.prior import STEPS_PER_UNIT, Prior
from u2s.prosody import CHANNELS, FRAME_RATE, FRAMES_PER_UNIT, Controls, ProsodyPredictor
from u2s.prosody_target import active_level
from u2s.streaming import Block, blocks, check_ids
from u2s.style_encoder import StyleEncoder
from u2s.tilt import tilt
from u2s.unit_encoder import UnitEncoder

M = TypeVar("M", bound="U2S")

REFERENCE_LEVEL = 0.09
"""Root mean square to which a style reference is brought, the level of the training data."""

MIN_REFERENCE_SECONDS = 0.3


class U2S(nn.Module):
    """Unit decoder: conditional VAE at inference (unit encoder, prosody, prior, flow inverse, generator).

    Source: Kim et al. 2021, VITS, arXiv:2106.06103, as a unit decoder in EMOVA, arXiv:2409.18042, section 3.2.
    """

    def __init__(self, config: U2SConfig = U2SConfig()) -> None:
        super().__init__()
        self.config = config
        self.fingerprint = ""
        self.unit_encoder = UnitEncoder(config)
        self.style_encoder = StyleEncoder(config)
        self.prosody = ProsodyPredictor(config) if config.prosody == "explicit" else None
        self.prior = Prior(config)
        self.flow = Flow(config)
        self.generator = build_generator(config)

    @classmethod
    def load(cls: type[M], folder: str | Path) -> M:
        """Read a model folder written by `save`; ready to decode.

        Raises:
            CheckpointError: the folder is incomplete or holds another kind of model.
        """
        stored = read_model_folder(folder, kind="u2s")
        model = cls(U2SConfig.from_dict(stored.config))
        load_tensors(model, stored.tensors)
        model.fingerprint = stored.fingerprint
        return model.eval()

    def save(self, folder: str | Path, *, card: str = "", half: bool = False) -> None:
        """Write config, weights and card; `half` stores the weights as float16."""
        save_model_folder(folder, kind="u2s", config=self.config, tensors=self.state_dict(), card=card, half=half)

    @property
    def codec(self) -> str:
        """Fingerprint of the S2U whose units it was trained on; empty means any."""
        return self.config.codec

    @property
    def sample_rate(self) -> int:
        """Hz of what `decode` returns."""
        return self.config.sample_rate

    @property
    def unit_rate(self) -> float:
        """Hz, units per second."""
        return self.config.unit_rate

    @torch.inference_mode()
    def style_of(self, waveform: Tensor | NDArray[np.float32], sample_rate: int) -> Tensor:
        """Style vector of a reference clip; the clip's loudness does not matter.

        Args:
            waveform: float32 [T] in [-1, 1], mono, at least 0.3 s.
            sample_rate: Hz; must be the model's.
        Returns:
            float32 [style_dim], L2 norm 1.
        Raises:
            SampleRateError: another sample rate.
            WaveformError: too short, silent, not mono, or not finite.
        """
        if sample_rate != self.sample_rate:
            raise SampleRateError(
                f"U2S expects {self.sample_rate} Hz, got {sample_rate} Hz; "
                f"call speechkit.resample(waveform, {sample_rate}, {self.sample_rate})."
            )
        samples = torch.as_tensor(waveform, dtype=torch.float32).cpu().numpy()
        minimum = int(MIN_REFERENCE_SECONDS * self.sample_rate)
        if samples.ndim != 1 or len(samples) < minimum or not np.isfinite(samples).all():
            raise WaveformError(f"a style reference must be finite, mono [T], T >= {minimum}; got shape {samples.shape}.")
        level = active_level(samples)
        if level < 1e-5:
            raise WaveformError(f"a style reference must hold speech; this one is silent (level {level:.1e}).")
        step = self.config.samples_per_step
        whole = torch.from_numpy(samples[: len(samples) // step * step] * np.float32(REFERENCE_LEVEL / level))
        return self.style_encoder(whole[None].to(self._device()))[0]

    def decode(self, ids: object, style: Tensor, *, seed: int = 0, controls: Controls = Controls()) -> Tensor:
        """Speak.

        Args:
            ids: int [N], units in [0, num_units).
            style: float32 [style_dim], from `style_of` or a prototype.
            seed: of the noise; the same seed gives the same samples.
            controls: pitch, range, energy, speed.
        Returns:
            float32 [ceil(2N / speed) * samples_per_unit / 2] in [-1, 1]; the concatenation of `decode_stream`.
        Raises:
            UnitsError: no integers, or out of range.
            ShapeError: the style has another size.
        """
        whole = check_ids(ids.cpu().numpy() if isinstance(ids, Tensor) else ids, self.config.num_units)
        pieces = list(self.decode_stream(whole, style, seed=seed, controls=controls))
        return torch.cat(pieces) if pieces else torch.zeros(0)

    def decode_whole(self, ids: object, style: Tensor, *, seed: int = 0, controls: Controls = Controls()) -> Tensor:
        """As `decode`, up to rounding, in one window: about three times as fast on a short utterance, memory grows with its length.

        Raises:
            UnitsError, ShapeError: as `decode`.
        """
        whole = check_ids(ids.cpu().numpy() if isinstance(ids, Tensor) else ids, self.config.num_units)
        if style.shape != (self.config.style_dim,):
            raise ShapeError(f"style must be [{self.config.style_dim}], got {list(style.shape)}.")
        if not len(whole):
            return torch.zeros(0)
        block = Block(ids=whole, first=0, core=(0, len(whole)))
        return self.speak(block, style.float().to(self._device()), seed, controls, 0.0)[0]

    def decode_stream(
        self, ids_or_chunks: object, style: Tensor, *, seed: int = 0, controls: Controls = Controls()
    ) -> Iterator[Tensor]:
        """Speak piece by piece, as units arrive.

        Args:
            ids_or_chunks: int [N] whole, or an iterator of int arrays of any sizes.
            style, seed, controls: as for `decode`.
        Yields:
            float32 [T]; together they are exactly what `decode` returns for the concatenated units.
        Raises:
            UnitsError, ShapeError: as `decode`, at once for the style, at the chunk for its units.
        """
        if style.shape != (self.config.style_dim,):
            raise ShapeError(f"style must be [{self.config.style_dim}], got {list(style.shape)}.")
        if seed < 0:
            raise ShapeError(f"seed must be 0 or larger, got {seed}.")
        return self._pieces(self._chunks(ids_or_chunks), style.float().to(self._device()), seed, controls)

    def _chunks(self, ids_or_chunks: object) -> Iterator[NDArray[np.int64]]:
        if isinstance(ids_or_chunks, Tensor):
            ids_or_chunks = ids_or_chunks.cpu().numpy()
        whole = isinstance(ids_or_chunks, np.ndarray | list | tuple) and np.ndim(ids_or_chunks) < 2  # type: ignore[arg-type]
        if not whole and not isinstance(ids_or_chunks, Iterable):
            raise UnitsError(f"units must be an integer array or an iterator of them, got {type(ids_or_chunks).__name__}.")
        for chunk in [ids_or_chunks] if whole else ids_or_chunks:  # type: ignore[union-attr, attr-defined]
            yield check_ids(np.atleast_1d(np.asarray(chunk)), self.config.num_units) if len(chunk) else np.zeros(0, np.int64)  # type: ignore[arg-type]

    def _pieces(
        self, chunks: Iterator[NDArray[np.int64]], style: Tensor, seed: int, controls: Controls
    ) -> Iterator[Tensor]:
        phase = 0.0
        for block in blocks(chunks, self.config.context_units_at(controls.speed)):
            piece, phase = self.speak(block, style, seed, controls, phase)
            yield piece

    @torch.inference_mode()
    def speak(self, block: Block, style: Tensor, seed: int, controls: Controls, phase: float) -> tuple[Tensor, float]:
        """Decode one block.

        Args:
            phase: cycles of F0 at the start of the core.
        Returns:
            (samples of the core, float32 on the CPU; phase at its end).
        """
        config, pace = self.config, Pace.of(controls.speed)
        hidden = self.unit_encoder(torch.from_numpy(block.ids)[None].to(self._device()))
        prosody = self._prosody_track(hidden, style, controls, block.first)
        condition = self.prior.condition(hidden, prosody, style[None])
        scale = config.noise_scale if controls.noise_scale is None else controls.noise_scale
        first = block.first * STEPS_PER_UNIT
        noise = self._noise(seed, LATENT, first, len(block.ids) * STEPS_PER_UNIT, config.latent_dim)
        latents = self.flow.inverse(self.prior(condition).sample(scale * noise), condition)
        latents, prosody = pace.stretch(latents, prosody, first)
        start, *core = (pace.spoken_before(first + edge * STEPS_PER_UNIT) for edge in (0, *block.core))
        begin, end = ((step - start) * config.samples_per_step for step in core)
        cycles, phase = self._carry_phase(prosody, begin, end, phase)
        source = self._noise(seed, SOURCE, start, latents.shape[1], config.samples_per_step).reshape(1, -1)
        source = breathe(source, prosody[..., 1], controls.breath_db)
        waveform = self.generator(latents, prosody, style[None], excite(prosody, source, config, cycles))
        waveform = tilt(waveform, controls.tilt_db, config.sample_rate, controls.effort_db)
        gain = 10 ** (controls.energy_db / 20)
        return (waveform[0, begin:end] * gain).clamp(-1.0, 1.0).cpu(), phase

    def _prosody_track(self, hidden: Tensor, style: Tensor, controls: Controls, first: int) -> Tensor:
        frames = hidden.shape[1] * FRAMES_PER_UNIT
        if self.prosody is None:
            return hidden.new_zeros(1, frames, CHANNELS)
        seconds = (first * FRAMES_PER_UNIT + torch.arange(frames, device=hidden.device)).double() / FRAME_RATE / controls.speed
        return self.prosody(hidden, style[None]).track(controls, seconds)

    def _noise(self, seed: int, stream: int, first: int, count: int, width: int) -> Tensor:
        return gaussian(seed, stream, first, count, width)[None].to(self._device())

    def _carry_phase(self, prosody: Tensor, begin: int, end: int, phase: float) -> tuple[Tensor, float]:
        """Phase per sample of the window such that the core starts at `phase`; and the phase where the core ends."""
        f0 = sample_f0(prosody[..., 0], self.config.generator.hop_length)
        cycles = phase_of(f0, self.config.sample_rate)
        cycles = cycles - cycles[:, begin : begin + 1] + phase
        after = float(cycles[0, end - 1] + f0[0, end - 1] / self.config.sample_rate)
        return cycles, after % 1.0

    def _device(self) -> torch.device:
        return next(self.parameters()).device

    def with_codec(self: M, codec: str) -> M:
        """The same model, marked as trained on the units of the S2U with fingerprint `codec`."""
        self.config = dataclasses.replace(self.config, codec=codec)
        return self
