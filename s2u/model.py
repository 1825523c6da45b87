"""S2U: a waveform in, discrete units out; whole, in batches or as a stream, always the same units."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from s2u.config import S2UConfig
from s2u.encoder import Encoder
from s2u.fsq import Quantized, Quantizer
from s2u.phone_decoder import PhoneDecoder, greedy_phones
from s2u.phone_search import PhoneSearch
from s2u.windows import Window, plan, ready_windows, window_at
from speechkit.checkpoint import load_tensors, read_model_folder, save_model_folder
from speechkit.errors import SampleRateError, ShapeError, StreamingError, WaveformError
from speechkit.features import LogMel
from speechkit.lengths import num_units as units_for
from speechkit.types import Units

KIND = "s2u"
Samples = NDArray[Any] | Tensor


class S2U(nn.Module):
    """Speech-to-unit tokenizer: log-mel -> encoder -> FSQ; a phone decoder beside it (EMOVA section 3.2, appendix A.1).

    Changed against the paper: windowed attention and fixed feature statistics, so that units do not depend on the rest
    of the recording and can be streamed (`paper_config()` keeps the paper's).
    """

    def __init__(self, config: S2UConfig) -> None:
        super().__init__()
        self.config = config
        self.fingerprint = ""
        self.logmel = LogMel(config.mel)
        self.encoder = Encoder(config)
        self.quantizer = Quantizer(config.levels)
        self.phone_decoder = PhoneDecoder(config)
        self.search = None if config.search is None else PhoneSearch(config.search, config.num_units)

    @property
    def codec(self) -> str:
        """What units are marked with: the codebook's name, or where it has none the fingerprint of the weights."""
        return self.config.codebook or self.fingerprint

    @classmethod
    def load(cls, folder: str | Path) -> "S2U":
        """Read a model folder, ready to encode.

        Raises:
            CheckpointError: the folder is incomplete, of another kind, or its weights do not fit its config.
        """
        stored = read_model_folder(folder, kind=KIND)
        model = cls(S2UConfig.from_dict(stored.config))
        load_tensors(model, stored.tensors)
        model.fingerprint = stored.fingerprint
        return model.eval()

    def save(self, folder: str | Path, *, card: str, half: bool = False) -> None:
        """Write a model folder; `half` stores float16 (see `save_model_folder`)."""
        save_model_folder(folder, kind=KIND, config=self.config, tensors=self.state_dict(), card=card, half=half)

    def forward(self, mel: Tensor, lengths: Tensor) -> Quantized:
        """Training path: a padded batch, whole utterances, each unit's best code alone.

        Args:
            mel: float [B, F, M] natural-log mel; lengths: int64 [B] valid frames, multiples of frames_per_unit.
        Returns:
            Quantized of [B, F / frames_per_unit]; values beyond an utterance's own length are meaningless.
        """
        return self.quantizer(self.encoder(mel, lengths))

    def encode(self, waveform: Samples, sample_rate: int, *, margins: bool = False) -> Units:
        """Units of one utterance of any length; memory does not grow with it when the model is streamable.

        Args:
            waveform: float32 [T] in [-1, 1], mono; T = 0 gives no units.
            sample_rate: Hz; must be the model's (16000).
            margins: also report each unit's distance to the nearest FSQ boundary.
        Raises:
            SampleRateError: another rate. WaveformError: NaN or infinite samples. ShapeError: not one-dimensional.
        """
        samples = self._checked(waveform, sample_rate)
        windows = plan(units_for(len(samples), self.config.samples_per_unit), self.config.window)
        return self._units([self._window(samples, window, 0) for window in windows], len(samples), margins)

    def encode_batch(self, waveforms: Iterable[Samples], sample_rate: int, *, margins: bool = False) -> list[Units]:
        """`encode` of each; the units are those that each would get alone."""
        return [self.encode(waveform, sample_rate, margins=margins) for waveform in waveforms]

    def encode_stream(self, chunks: Iterable[Samples], sample_rate: int, *, margins: bool = False) -> Iterator[Units]:
        """Units as the samples come: parts whose concatenation is `encode` of the whole, whatever the chunks' sizes.

        Args:
            chunks: float32 [T_i] pieces of one recording.
        Raises:
            StreamingError: the config has no window. Otherwise as `encode`.
        """
        stream = _Stream(self)
        for chunk in chunks:
            for quantized in stream.feed(self._checked(chunk, sample_rate)):
                yield self._units([quantized], 0, margins)
        for quantized, samples in stream.finish():
            yield self._units([quantized], samples, margins)

    @torch.inference_mode()
    def phones(self, units: Units) -> list[int]:
        """Phone ids (`emova240`) that the phone decoder reads out of units, CTC greedy."""
        ids = torch.from_numpy(units.ids)
        return greedy_phones(self.phone_decoder, self.quantizer.codes_of(ids)[None])[0] if len(ids) else []

    @torch.inference_mode()
    def phone_posteriors(self, units: Units) -> NDArray[np.float32]:
        """What the phone decoder reads out of units: float32 [N, P + 1], natural log probabilities, the blank last."""
        if not len(units):
            return np.zeros((0, self.config.num_phones + 1), np.float32)
        codes = self.quantizer.codes_of(torch.from_numpy(units.ids))
        return self.phone_decoder(codes[None])[0].log_softmax(-1).numpy()

    @torch.inference_mode()
    def latents(self, waveform: Samples, sample_rate: int) -> Tensor:
        """Encoder output before the projection to FSQ, for probes: float32 [N, D], whole utterance at once."""
        return self.encoder.hidden(*self._mel(waveform, sample_rate))[0]

    @torch.inference_mode()
    def scores(self, waveform: Samples, sample_rate: int) -> Tensor:
        """Logits of the codes, for alignments: float32 [N, K], whole utterance at once."""
        return self.encoder.scores(*self._mel(waveform, sample_rate))[0]

    def _mel(self, waveform: Samples, sample_rate: int) -> tuple[Tensor, Tensor]:
        """Frames float32 [1, F, M] of a whole utterance, and their number int64 [1]."""
        samples = torch.from_numpy(self._checked(waveform, sample_rate))
        mel = self.logmel.whole(samples[None], self.config.samples_per_unit).mT
        return mel, torch.tensor([mel.shape[1]])

    def _checked(self, waveform: Samples, sample_rate: int) -> NDArray[np.float32]:
        if sample_rate != self.config.sample_rate:
            want = self.config.sample_rate
            raise SampleRateError(
                f"S2U expects {want} Hz, got {sample_rate} Hz; call speechkit.resample(waveform, {sample_rate}, {want})."
            )
        samples = waveform.detach().cpu().numpy() if isinstance(waveform, Tensor) else np.asarray(waveform)
        if samples.ndim != 1:
            raise ShapeError(f"S2U.encode takes one mono waveform [T], got shape {samples.shape}; average or pick a channel.")
        if samples.dtype.kind != "f":
            raise WaveformError(f"S2U.encode takes floats in [-1, 1], got {samples.dtype}; divide integers by their full scale.")
        if not np.isfinite(samples).all():
            raise WaveformError("the waveform holds NaN or infinite samples; repair or drop the recording.")
        return samples.astype(np.float32)

    @torch.inference_mode()
    def _window(self, samples: NDArray[np.float32], window: Window, offset: int) -> Quantized:
        """Compute one window; `samples` begins at sample `offset` of the utterance and reaches past the window's needs."""
        hop, reach = self.config.samples_per_unit, self.config.mel.reach
        first = window.start * hop - reach - offset
        last = window.stop * hop + reach - self.config.mel.hop_length - offset
        piece = samples[max(first, 0) : max(last, 0)]
        padded = np.pad(piece, (max(-first, 0), max(last - max(first, 0) - len(piece), 0)))
        padded = padded[: last - first]
        mel = self.logmel(torch.from_numpy(padded)[None]).mT.contiguous()
        scores = self.encoder.scores(mel, torch.tensor([mel.shape[1]]))
        codes = None if self.search is None else self.search(scores[0], begins=window.start == 0)[None]
        latents = self.encoder.project.latents(scores, codes)
        inside = slice(window.core_start - window.start, window.core_stop - window.start)
        return self.quantizer(latents[:, inside].contiguous())

    def _units(self, parts: list[Quantized], num_samples: int, margins: bool) -> Units:
        ids = torch.cat([part.units[0] for part in parts]) if parts else torch.zeros(0, dtype=torch.int64)
        kept = torch.cat([part.margins[0] for part in parts]).numpy() if parts and margins else None
        return Units(
            ids=ids.numpy(), unit_rate=self.config.unit_rate, num_samples=num_samples, sample_rate=self.config.sample_rate,
            num_units=self.config.num_units, codec=self.codec, margins=kept,
        )  # fmt: skip


class _Stream:
    """Samples in, final windows out. Keeps only the samples that later windows still need."""

    def __init__(self, model: S2U) -> None:
        if model.config.window is None:
            raise StreamingError(
                "this S2U hears whole utterances (config.window is null): it cannot stream; use encode()."
            )
        self.model, self.window = model, model.config.window
        self.hop = model.config.samples_per_unit
        self.samples = np.zeros(0, np.float32)
        self.offset, self.done = 0, 0

    def feed(self, chunk: NDArray[np.float32]) -> Iterator[Quantized]:
        """Take a chunk; yield the windows that no later sample can change."""
        self.samples = np.concatenate([self.samples, chunk])
        whole = (self.offset + len(self.samples)) // self.hop
        while self.done < ready_windows(whole, self.window):
            yield self._next(whole)

    def finish(self) -> Iterator[tuple[Quantized, int]]:
        """Yield the windows that the end of the recording completes, each with the recording's number of samples."""
        total = self.offset + len(self.samples)
        units = units_for(total, self.hop)
        while self.done * self.window.core < units:
            yield self._next(units), total

    def _next(self, num_units: int) -> Quantized:
        config = self.model.config
        window = window_at(self.done, self.window, num_units)
        quantized = self.model._window(self.samples, window, self.offset)
        self.done += 1
        following = window_at(self.done, self.window, 1 << 62)
        needless = max(0, following.start * self.hop - config.mel.reach - self.offset)
        self.samples, self.offset = self.samples[needless:].copy(), self.offset + min(needless, len(self.samples))
        return quantized
