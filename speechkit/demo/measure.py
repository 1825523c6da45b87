"""Speak a clip again in every voice, and measure what it cost and how much survived."""

import math
import time
from dataclasses import dataclass
from typing import Any

from speechkit.demo.clips import DemoClip
from speechkit.metrics.edit_distance import edit_distance
from speechkit.pipeline import Speechkit
from speechkit.types import Speech, Units
from speechkit.waveform import resample


@dataclass(frozen=True, kw_only=True, eq=False)
class Rendition:
    """A clip spoken again.

    Attributes:
        voice: its name.
        speech: what was decoded.
        again: units of what was decoded.
        decode_seconds: wall time of decoding.
        unit_error_rate: edit distance from the clip's units to `again`, over their number.
    """

    voice: str
    speech: Speech
    again: Units
    decode_seconds: float
    unit_error_rate: float


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipResult:
    """A clip, its units, and its renditions.

    Attributes:
        clip: the recording.
        units: of the recording.
        encode_seconds: wall time of encoding.
        renditions: one a voice.
    """

    clip: DemoClip
    units: Units
    encode_seconds: float
    renditions: tuple[Rendition, ...]

    @property
    def seconds(self) -> float:
        """Length of the recording."""
        return self.units.duration_seconds

    @property
    def bits_per_second(self) -> float:
        """Bit rate of the units, ceil(log2(num_units)) bits each."""
        return len(self.units) * math.ceil(math.log2(self.units.num_units)) / self.seconds

    def figures(self) -> dict[str, Any]:
        """Everything measured, JSON-ready."""
        spoken = {
            rendition.voice: {
                "decode_real_time_factor": round(rendition.decode_seconds / rendition.speech.duration_seconds, 4),
                "unit_error_rate": round(rendition.unit_error_rate, 4),
            }
            for rendition in self.renditions
        }
        return {
            "clip": self.clip.name,
            "text": self.clip.text,
            "origin": self.clip.origin,
            "seconds": round(self.seconds, 3),
            "units": len(self.units),
            "distinct_units": len(set(self.units)),
            "bits_per_second": round(self.bits_per_second, 1),
            "encode_real_time_factor": round(self.encode_seconds / self.seconds, 4),
            "voices": spoken,
        }


def respeak(kit: Speechkit, clip: DemoClip, *, seed: int = 0) -> ClipResult:
    """Encode a clip and decode it in every voice of the kit.

    Raises:
        SpeechkitError: the clip holds NaN or infinity.
    """
    rate = kit.encoder.config.sample_rate
    samples = resample(clip.samples, clip.sample_rate, rate)
    start = time.perf_counter()
    units = kit.encode(samples, rate)
    encode_seconds = time.perf_counter() - start
    renditions = tuple(_rendition(kit, units, voice, seed) for voice in kit.voices)
    return ClipResult(clip=clip, units=units, encode_seconds=encode_seconds, renditions=renditions)


def totals(results: list[ClipResult]) -> dict[str, float | int]:
    """Figures over all clips: sums over sums, so that long clips weigh more."""
    spoken = [(result, rendition) for result in results for rendition in result.renditions]
    seconds = sum(result.seconds for result in results)
    units = sum(len(result.units) for result in results)
    spoken_units = sum(len(result.units) for result, _ in spoken)
    return {
        "clips": len(results),
        "seconds": round(seconds, 3),
        "units": units,
        "bits_per_second": round(sum(result.bits_per_second * result.seconds for result in results) / seconds, 1),
        "encode_real_time_factor": round(sum(result.encode_seconds for result in results) / seconds, 4),
        "decode_real_time_factor": round(
            sum(rendition.decode_seconds for _, rendition in spoken)
            / sum(rendition.speech.duration_seconds for _, rendition in spoken),
            4,
        ),
        "unit_error_rate": round(
            sum(rendition.unit_error_rate * len(result.units) for result, rendition in spoken) / spoken_units, 4
        ),
    }


def _rendition(kit: Speechkit, units: Units, voice: str, seed: int) -> Rendition:
    start = time.perf_counter()
    speech = kit.decode(units, voice, seed=seed)
    decode_seconds = time.perf_counter() - start
    rate = kit.encoder.config.sample_rate
    again = kit.encode(resample(speech.samples, speech.sample_rate, rate), rate)
    distance = edit_distance(units.ids.tolist(), again.ids.tolist())
    return Rendition(
        voice=voice,
        speech=speech,
        again=again,
        decode_seconds=decode_seconds,
        unit_error_rate=distance / len(units),
    )
