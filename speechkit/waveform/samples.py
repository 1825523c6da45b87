"""Arrays of samples: checked, resampled, and turned to 16-bit integers."""

from typing import Any

import numpy as np
import soxr
from numpy.typing import ArrayLike, NDArray

from speechkit.errors import SampleRateError, ShapeError, StreamingError, WaveformError
from speechkit.protocols import Waveform

QUALITY = "HQ"  # soxr: 20-bit, linear phase, pass band to 91 % of the lower Nyquist frequency
INT16_SCALE = 32768.0
LOUDEST_FLOAT = 64.0  # 36 dB over full scale: beyond it a float array holds integers, not a waveform


def to_int16(waveform: Waveform) -> NDArray[np.int16]:
    """Full scale 1.0 to 32768, rounded and saturated, so that int16 -> float -> int16 is exact.

    Args:
        waveform: float32 [T].
    Raises:
        WaveformError: NaN or infinity.

    >>> to_int16(np.array([0.0, -1.0, 0.5, 7.0], np.float32)).tolist()
    [0, -32768, 16384, 32767]
    """
    _refuse_non_finite(np.asarray(waveform))
    return np.clip(np.rint(np.multiply(waveform, INT16_SCALE)), -32768, 32767).astype(np.int16)


def check(
    waveform: ArrayLike,
    sample_rate: int,
    *,
    expected_rate: int | None = None,
    min_seconds: float | None = None,
) -> Waveform:
    """Check a waveform at the public edge, once.

    Args:
        waveform: [T] floats, nominally in [-1, 1]: NumPy or torch, any float type; int16 is scaled by 1/32768.
        sample_rate: Hz, a positive integer.
        expected_rate: the only rate accepted, if any.
        min_seconds: the shortest length accepted, if any; one sample always has to be there.
    Returns:
        float32 [T], contiguous; the same memory where nothing had to change.
    Raises:
        SampleRateError: not a positive integer, or not `expected_rate`.
        ShapeError: not one-dimensional, or neither float nor int16.
        WaveformError: empty, too short, NaN or infinity, or integers held in floats.
    """
    _check_rate(sample_rate, expected_rate)
    samples = _as_float32(waveform)
    if not samples.size:
        raise WaveformError("the waveform is empty; at least one sample is needed.")
    if min_seconds is not None and len(samples) < min_seconds * sample_rate:
        raise WaveformError(
            f"the waveform lasts {len(samples) / sample_rate:.3f} s; at least {min_seconds} s are needed."
        )
    _refuse_non_finite(samples)
    if (peak := float(np.abs(samples).max())) > LOUDEST_FLOAT:
        raise WaveformError(
            f"the waveform peaks at {peak:.0f}, full scale is 1.0; divide integer samples by their full scale."
        )
    return samples


def resample(waveform: ArrayLike, sample_rate: int, target_rate: int) -> Waveform:
    """Change the sample rate with soxr's HQ filter (linear phase, no delay).

    Args:
        waveform: as in `check()`.
        sample_rate: Hz, of `waveform`.
        target_rate: Hz, wanted.
    Returns:
        float32 [round(T x target_rate / sample_rate)]; the input itself where the rates are equal.
    Raises:
        SampleRateError, ShapeError, WaveformError: as `check()`.

    >>> resample(np.zeros(441, np.float32), 44100, 16000).shape
    (160,)
    """
    samples = check(waveform, sample_rate)
    _check_rate(target_rate, None)
    if sample_rate == target_rate:
        return samples
    return np.asarray(soxr.resample(samples, sample_rate, target_rate, quality=QUALITY), np.float32)


class StreamResampler:
    """`resample()` for pieces: whatever the sizes of the pieces, the outputs joined equal `resample()` of the whole.

    >>> resampler = StreamResampler(16000, 24000)
    >>> first = resampler.push(np.zeros(500, np.float32))
    >>> len(first) + len(resampler.finish())
    750
    """

    def __init__(self, sample_rate: int, target_rate: int) -> None:
        _check_rate(sample_rate, None)
        _check_rate(target_rate, None)
        self.sample_rate = sample_rate
        self.target_rate = target_rate
        self._stream = soxr.ResampleStream(sample_rate, target_rate, 1, dtype="float32", quality=QUALITY)
        self._ended = False

    def push(self, block: ArrayLike) -> Waveform:
        """Take the next piece, [T] of any length, also none; give what is ready, float32 [T'], possibly nothing."""
        return self._process(_as_float32(block), last=False)

    def finish(self) -> Waveform:
        """End the stream and give the rest, float32 [T']."""
        rest = self._process(np.zeros(0, np.float32), last=True)
        self._ended = True
        return rest

    def _process(self, block: Waveform, last: bool) -> Waveform:
        if self._ended:
            raise StreamingError("this resampler has finished; make a new one for the next waveform.")
        _refuse_non_finite(block)
        if self.sample_rate == self.target_rate:
            return block
        return np.asarray(self._stream.resample_chunk(block, last=last), np.float32)


def _check_rate(sample_rate: int, expected_rate: int | None) -> None:
    if isinstance(sample_rate, bool) or not isinstance(sample_rate, (int, np.integer)) or sample_rate <= 0:
        raise SampleRateError(f"a sample rate is a positive integer in Hz, got {sample_rate!r}.")
    if expected_rate is not None and sample_rate != expected_rate:
        raise SampleRateError(
            f"expected a waveform at {expected_rate} Hz, got {sample_rate} Hz; "
            f"call speechkit.resample(waveform, {sample_rate}, {expected_rate})."
        )


def _as_float32(waveform: Any) -> Waveform:
    if hasattr(waveform, "detach"):  # torch, which this module does not import
        waveform = (waveform.float() if waveform.is_floating_point() else waveform).detach().cpu().numpy()
    try:
        array = np.asarray(waveform)
    except ValueError as error:
        raise ShapeError(f"a waveform is a one-dimensional array: {error}.") from error
    if array.ndim != 1:
        raise ShapeError(
            f"a waveform is mono, shape [T]; got {list(array.shape)}. Take one channel or their mean first."
        )
    if array.dtype == np.int16:
        return np.divide(array, INT16_SCALE, dtype=np.float32)
    if array.size and array.dtype.kind != "f":
        raise ShapeError(f"a waveform is float in [-1, 1] or int16; got {array.dtype}, whose full scale is unknown.")
    return np.ascontiguousarray(array, np.float32)


def _refuse_non_finite(samples: NDArray[Any]) -> None:
    finite = np.isfinite(samples)
    if not finite.all():
        first = int(np.argmin(finite))
        raise WaveformError(
            f"the waveform holds NaN or infinity, first at sample {first}; repair it before speechkit reads it."
        )
