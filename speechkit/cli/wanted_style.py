"""Who speaks and how, as a command line says it: a style of the bank, a mix, a voice, or a reference clip."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from speechkit.errors import SpeechkitError
from speechkit.waveform import load, resample

if TYPE_CHECKING:
    from torch import Tensor

    from speechkit.direction import AnyStyle
    from speechkit.pipeline import Speechkit


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The options; None where the user said nothing."""

    voice: str | None = None
    reference: Path | None = None
    gender: str | None = None
    emotion: str | None = None
    pitch: str | None = None
    mix: str | None = None
    intensity: float = 1.0

    def of(self, kit: "Speechkit") -> "AnyStyle":
        """What the pipeline takes for it; the voice "female" where nothing was said.

        Raises:
            BadParameter: options that exclude each other.
            StyleError: a value that the bank has not, or no bank; AudioFileError, WaveformError: an unusable reference.
        """
        self._check()
        if self.reference is not None:
            return reference_style(kit, self.reference)
        labels = {axis: value for axis, value in self._labels().items() if value is not None}
        if self.mix is not None:
            from prototypes.bank import parse_mix

            return kit.styles.mix(parse_mix(self.mix), self.intensity, **labels)
        if labels or self.intensity != 1.0:
            return kit.styles.setting(labels, self.intensity)
        return kit.voice(self.voice or "female")

    def _labels(self) -> dict[str, str | None]:
        return {"gender": self.gender, "emotion": self.emotion, "pitch": self.pitch}

    def _check(self) -> None:
        styled = self.mix is not None or self.intensity != 1.0 or any(self._labels().values())
        if (self.voice is not None) + (self.reference is not None) + styled > 1:
            raise typer.BadParameter(
                "give --voice, --reference, or a style (--gender, --emotion, --pitch, --style, --intensity), not both."
            )


def reference_style(kit: "Speechkit", reference: Path) -> "Tensor":
    """Style vector of a clip, resampled to the decoder's rate; errors name the clip."""
    waveform, sample_rate = load(reference)
    try:
        return kit.style_of(resample(waveform, sample_rate, kit.decoder.sample_rate), kit.decoder.sample_rate)
    except SpeechkitError as error:
        raise type(error)(f"the reference {reference}: {error}") from error
