"""The whole toolkit on one page: a waveform becomes units, units and a style become speech. One line per arrow.

waveform [T] 16 kHz --S2U--> Units 25 Hz --U2S + style--> Speech 24 kHz
text, instruction --talker--> header, Units                style: a label of the bank of prototypes, a voice's name,
                                                                  or a vector read off a reference clip
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from prototypes.bank import Setting, StyleBank
from prototypes.store import load_bank
from prototypes.voices import read_voices
from s2u import S2U
from speechkit.direction import DECIBELS, PLAIN, SEMITONES, TEMPO, AnyStyle, controls_of
from speechkit.errors import CheckpointError, StyleError, UnitsError
from speechkit.talker import (
    Backbone,
    GuidedBackbone,
    Sampling,
    Saying,
    SpeechStream,
    Spoken,
    StyleHeader,
    load_backbone,
)
from speechkit.types import Speech, Style, Units
from speechkit.units_file import check_codec
from speechkit.waveform import check
from u2s import U2S, Controls
from u2s.model import MIN_REFERENCE_SECONDS

BUNDLED = Path(__file__).parent / "bundled"
"""Where the default models live inside the package."""

def load(folder: str | Path | None = None) -> "Speechkit":
    """Load the two models.

    Args:
        folder: holds the model folders `s2u` and `u2s`, `prototypes` for styles, and `talker` for `say`; None takes the
            default models inside the package.
    Raises:
        CheckpointError: a model folder is missing, incomplete, or of another kind.
    """
    root = BUNDLED if folder is None else Path(folder)
    for name in ("s2u", "u2s"):
        if not (root / name).is_dir():
            raise CheckpointError(f"{root} has no model folder {name}/; name a folder that holds s2u/ and u2s/.")
    encoder, decoder = S2U.load(root / "s2u"), U2S.load(root / "u2s")
    voices = read_voices(root / "u2s", decoder=decoder.fingerprint)
    bank = load_bank(root / "prototypes", decoder=decoder.fingerprint) if (root / "prototypes").is_dir() else None
    named = {name: voice.style for name, voice in voices.items()}
    return Speechkit(encoder, decoder, named, styles=bank, talker=root / "talker")


class Speechkit:
    """Speech to units and back.

    Attributes:
        encoder: the S2U.
        decoder: the U2S.
        voices: style vector float32 [D] by name; the default models have "female" and "male".
    """

    def __init__(
        self,
        encoder: S2U,
        decoder: U2S,
        voices: dict[str, Tensor],
        *,
        styles: StyleBank | None = None,
        talker: Backbone | Path | None = None,
    ) -> None:
        self.encoder = encoder
        self.decoder = decoder
        self.voices = dict(voices)
        self._styles = styles
        self._talker = talker

    @property
    def styles(self) -> StyleBank:
        """The bank of prototypes.

        Raises:
            StyleError: these models have none.
        """
        if self._styles is None:
            raise StyleError(
                "these models have no style bank; build one: speechkit prototypes build CLIPS -o MODELS/prototypes"
            )
        return self._styles

    def encode(self, waveform: ArrayLike | Tensor, sample_rate: int, *, margins: bool = False) -> Units:
        """Units of a recording.

        Args:
            waveform: float32 [T] in [-1, 1], mono; int16 is scaled.
            sample_rate: Hz; must be the encoder's (16000).
            margins: also give each unit's distance to the nearest boundary of its code.
        Returns:
            ceil(T / 640) units; memory does not grow with T beyond the waveform itself.
        Raises:
            SampleRateError: another rate. ShapeError: not mono. WaveformError: empty, NaN or infinity.
        """
        samples = check(waveform, sample_rate, expected_rate=self.encoder.config.sample_rate)  # type: ignore[arg-type]
        return self.encoder.encode(samples, sample_rate, margins=margins)

    def encode_stream(
        self, chunks: Iterable[NDArray[np.float32]], sample_rate: int, *, margins: bool = False
    ) -> Iterator[Units]:
        """Units while the samples come; the parts, joined, are `encode` of the whole, whatever the chunks' sizes.

        Args:
            chunks: float32 [T_i] in [-1, 1], pieces of one recording.
            sample_rate, margins: as for `encode`.
        Yields:
            Units; the last parts carry `num_samples` of the whole recording.
        Raises:
            StreamingError: this encoder hears whole recordings only. Otherwise as `encode`.
        """
        return self.encoder.encode_stream(chunks, sample_rate, margins=margins)

    def encode_blocks(self, chunks: Iterable[NDArray[np.float32]], sample_rate: int, *, margins: bool = False) -> Units:
        """`encode` of a recording that is read piece by piece, so that an hour of it needs no more memory than a minute.

        Raises:
            As `encode`. An encoder that cannot stream gets the pieces joined.
        """
        if not self.encoder.config.streamable:
            return self.encode(np.concatenate([np.zeros(0, np.float32), *chunks]), sample_rate, margins=margins)
        return self._joined(list(self.encode_stream(chunks, sample_rate, margins=margins)))

    def decode(
        self,
        units: Units,
        style: AnyStyle = "female",
        *,
        intensity: float = 1.0,
        seed: int = 0,
        controls: Controls = PLAIN,
        strict_codec: bool = True,
    ) -> Speech:
        """Speak units.

        Args:
            units: from `encode`, a units file, or typed by hand (then `codec` is empty).
            style: a `Style` of the bank, a setting of `kit.styles` (a mix), a voice's name, or a vector from `style_of`.
            intensity: of a `Style`'s emotion, from 0 (neutral) over 1 to 2.
            seed: of the noise, 0 or larger; the same seed gives the same samples.
            controls: pitch, pitch range, energy, speed and more, on top of the style's own.
            strict_codec: refuse units that another codec made; False speaks them as if they were ours.
        Returns:
            Speech of 960 samples a unit at 24 kHz (divided by the speed).
        Raises:
            CodecMismatchError: units of another codec. UnitsError: out of range, or of another rate.
            StyleError: an unknown voice or style. ShapeError: a style vector of another size.
        """
        pieces = self.decode_stream(
            units, style, intensity=intensity, seed=seed, controls=controls, strict_codec=strict_codec
        )
        samples = [np.zeros(0, np.float32), *(piece.samples for piece in pieces)]
        return Speech(samples=np.concatenate(samples), sample_rate=self.decoder.sample_rate)

    def decode_stream(
        self,
        units: Units | Iterable[Units],
        style: AnyStyle = "female",
        *,
        intensity: float = 1.0,
        seed: int = 0,
        controls: Controls = PLAIN,
        strict_codec: bool = True,
    ) -> Iterator[Speech]:
        """Speak piece by piece: the pieces, joined, are `decode` of the whole, sample for sample.

        Args:
            units: all units, or parts of one utterance as they come, for instance from `encode_stream`.
            style, intensity, seed, controls, strict_codec: as for `decode`.
        Yields:
            Speech; the first piece is short, so that sound starts early.
        Raises:
            As `decode`: at once for the style and for units that are there, at the part for parts.
        """
        vector, controls = self._resolve(style, intensity, controls)
        parts = [units] if isinstance(units, Units) else units
        if isinstance(units, Units):
            self._accept(units, strict_codec)
        ids = (self._accept(part, strict_codec) for part in parts)
        pieces = self.decoder.decode_stream(ids, vector, seed=seed, controls=controls)
        return (Speech(samples=piece.numpy(), sample_rate=self.decoder.sample_rate) for piece in pieces)

    def convert(
        self,
        waveform: ArrayLike | Tensor,
        sample_rate: int,
        style: AnyStyle = "female",
        *,
        seed: int = 0,
        controls: Controls = PLAIN,
    ) -> Speech:
        """Say a recording again in another voice: `encode`, then `decode`.

        Raises:
            As `encode` and `decode`.
        """
        return self.decode(self.encode(waveform, sample_rate), style, seed=seed, controls=controls)

    def phone_posteriors(self, waveform: ArrayLike | Tensor, sample_rate: int) -> NDArray[np.float32]:
        """What phones are heard in a recording, unit by unit; a `speechkit.protocols.PhonePosteriors`.

        Args:
            waveform, sample_rate: as for `encode`.
        Returns:
            float32 [N, P + 1]: natural log probabilities over the encoder's phones (240, `emova240`) and, last, the CTC blank.
        Raises:
            As `encode`.
        """
        return self.encoder.phone_posteriors(self.encode(waveform, sample_rate))

    @property
    def talker(self) -> Backbone:
        """Writes units from text; a model folder is loaded when it is first used, and spells with the encoder's code table.

        Raises:
            CheckpointError: these models have no talker. CodecMismatchError: it writes the units of another codec.
        """
        if self._talker is None:
            raise CheckpointError("these models have no talker; load a folder that holds talker/ beside s2u/ and u2s/.")
        if isinstance(self._talker, Path):
            self._talker = load_backbone(self._talker)
            same = self._talker.codec == self.encoder.codec
            if isinstance(self._talker, GuidedBackbone) and self.encoder.search is not None and same:
                self._talker.speller = self.encoder.search.table
        return self._talker

    def say(
        self,
        text: str,
        *,
        instruction: str = "",
        style: StyleHeader = StyleHeader(),
        voice: AnyStyle | None = None,
        language: str | None = None,
        seed: int = 0,
        sampling: Sampling = Sampling(),
    ) -> Spoken:
        """Speak a text.

        Args:
            text: of any length, English, Mandarin or both; it is said sentence by sentence in one voice.
            instruction: how to say it, in free words; never spoken.
            style: header values that are given, for instance `StyleHeader(emotion="happy")`; the others are inferred.
            voice: who speaks, as for `decode`; None takes the header's.
            language: "en" or "zh", for numbers and signs; None looks at the script of each sentence.
            seed: the same seed gives the same samples.
            sampling: how units are drawn.
        Returns:
            Spoken: samples, sample_rate, header, units, finish_reason. A text without anything to say gives no samples
            and the reason "empty".
        Raises:
            CheckpointError: no talker. TextError: another language. StyleError: an unknown voice.
        """
        return self.say_stream(
            text, instruction=instruction, style=style, voice=voice, language=language, seed=seed, sampling=sampling
        ).gather()

    def say_stream(
        self,
        text: str,
        *,
        instruction: str = "",
        style: StyleHeader = StyleHeader(),
        voice: AnyStyle | None = None,
        language: str | None = None,
        seed: int = 0,
        sampling: Sampling = Sampling(),
    ) -> SpeechStream:
        """As `say`, piece by piece: an iterator of Speech that also knows header, units and finish_reason.

        Raises:
            As `say`, at once.
        """
        saying = Saying(
            self.talker, text, language=language, instruction=instruction, style=style, seed=seed, sampling=sampling
        )
        who: AnyStyle
        who, controls = self.directed(saying.header)
        if voice is not None:  # another voice keeps its own level
            who, controls = voice, replace(controls, pitch_hz=None)
        pieces = self.decode_stream(saying, who, seed=seed, controls=controls)
        return SpeechStream(saying, pieces, self.decoder.sample_rate)

    def directed(self, header: StyleHeader) -> tuple[Tensor, Controls]:
        """Style vector and controls for a style header whose gender is set; its speed is in the units already, so TEMPO is all.

        Raises:
            StyleError: these models have no voice of that gender.
        """
        gender, pitch = header.gender or "female", header.pitch or "normal"
        plain = Controls(energy_db=DECIBELS[header.energy or "normal"], speed=TEMPO)
        if self._styles is None:
            return self.voice(gender), replace(plain, pitch_semitones=SEMITONES[pitch])
        setting = self.styles.setting(Style(gender=gender, emotion=header.emotion or "neutral", pitch=pitch))
        return setting.style, replace(controls_of(setting, plain), speed=TEMPO)

    def style_of(self, reference: ArrayLike | Tensor, sample_rate: int) -> Tensor:
        """Style vector of a reference clip: who speaks, and how.

        Args:
            reference: float32 [T] in [-1, 1], mono, at least 0.3 s; 3 to 10 s are better.
            sample_rate: Hz; must be the decoder's (24000).
        Returns:
            float32 [D], L2 norm 1.
        Raises:
            SampleRateError: another rate. WaveformError: too short, silent, NaN or infinity. ShapeError: not mono.
        """
        rate = self.decoder.sample_rate
        samples = check(reference, sample_rate, expected_rate=rate, min_seconds=MIN_REFERENCE_SECONDS)  # type: ignore[arg-type]
        return self.decoder.style_of(samples, rate)

    def voice(self, name: str) -> Tensor:
        """Style vector float32 [D] of a named voice.

        Raises:
            StyleError: there is none of that name; the message lists those that are.
        """
        if name not in self.voices:
            known = ", ".join(sorted(self.voices)) or "none"
            raise StyleError(
                f"there is no voice {name!r}; this model has {known}. A reference clip gives any other voice."
            )
        return self.voices[name]

    def _resolve(self, style: AnyStyle, intensity: float, controls: Controls) -> tuple[Tensor, Controls]:
        if isinstance(style, Style):
            style = self.styles.setting(style, intensity)
        elif intensity != 1.0:
            raise StyleError("intensity scales a style of the bank; voices, vectors and settings have none.")
        if isinstance(style, Setting):
            return style.style, controls_of(style, controls)
        return (self.voice(style) if isinstance(style, str) else torch.as_tensor(style)), controls

    def _accept(self, units: Units, strict_codec: bool) -> NDArray[np.int64]:
        if strict_codec and self.decoder.codec:
            check_codec(units, self.decoder.codec)
        if units.unit_rate != self.decoder.unit_rate:
            raise UnitsError(
                f"these units come {units.unit_rate:g} times a second, this decoder speaks {self.decoder.unit_rate:g} a second."
            )
        if len(units) and int(units.ids.max()) >= (limit := self.decoder.config.num_units):
            raise UnitsError(f"unit {int(units.ids.max())} is out of range: this decoder speaks units in [0, {limit}).")
        return units.ids

    def _joined(self, parts: list[Units]) -> Units:
        if not parts:
            return self.encode(np.zeros(0, np.float32), self.encoder.config.sample_rate)  # raises: empty
        margins = [part.margins for part in parts if part.margins is not None]
        return replace(
            parts[-1],
            ids=np.concatenate([part.ids for part in parts]),
            margins=np.concatenate(margins) if margins else None,
        )
