"""Audio of manifest items, and the F0 track that suites measure with."""

from __future__ import annotations

import warnings
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from speechkit.errors import ConfigError, DependencyError
from speechkit.evaluation.manifest import Item
from speechkit.pitch import FRAME_RATE, RATE, f0_of
from speechkit.protocols import Waveform
from speechkit.waveform import check, load, resample

F0_FLOOR, F0_CEILING = 60.0, 600.0
F0_RATE = 16000
F0Method = Literal["yin", "harvest", "dio"]


@lru_cache(maxsize=4)
def _decoded(path: Path, modified: int) -> tuple[Waveform, int]:
    return load(path)


def item_waveform(item: Item, sample_rate: int, field: str = "audio") -> Waveform:
    """Audio of an item at a wanted rate; a file that several measurements of one item need is decoded once.

    Args:
        item: its row names the file.
        sample_rate: Hz.
        field: of the row.
    Returns:
        float32 [T].
    Raises:
        ManifestError: no such field. AudioFileError: not readable. WaveformError: empty or NaN.
    """
    path = item.path(field)
    modified = path.stat().st_mtime_ns if path.is_file() else 0
    samples, rate = _decoded(path, modified)
    return resample(check(samples, rate), rate, sample_rate)


def track_f0(waveform: Waveform, sample_rate: int, *, method: F0Method = "yin") -> NDArray[np.float64]:
    """F0 track.

    Args:
        waveform: float32 [T].
        sample_rate: Hz.
        method: "yin", ours, needs nothing; or WORLD's "harvest" (finds more voiced frames, a hundred times slower) and
            "dio" with StoneMask, which need pyworld.
    Returns:
        float64 [F], Hz, 0.0 where unvoiced, 60 to 600 Hz, every 10 ms.
    Raises:
        ConfigError: another method.
        DependencyError: pyworld is not installed.
    Source: `speechkit.pitch`; Morise 2017 (Harvest); Morise et al. 2009 (DIO).
    """
    if method == "yin":
        return f0_of(resample(waveform, sample_rate, RATE), RATE)
    if method not in ("harvest", "dio"):
        raise ConfigError(f"F0 is tracked by 'yin', 'harvest' or 'dio', got {method!r}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pkg_resources, which pyworld imports
            import pyworld
    except ImportError as error:
        raise DependencyError(
            f"F0 by {method!r} needs pyworld: pip install 'speechkit[eval]'; 'yin' needs nothing."
        ) from error
    samples = resample(waveform, sample_rate, F0_RATE).astype(np.float64)
    options = {"f0_floor": F0_FLOOR, "f0_ceil": F0_CEILING, "frame_period": 1000 / FRAME_RATE}
    if method == "harvest":
        return pyworld.harvest(samples, F0_RATE, **options)[0]
    track, times = pyworld.dio(samples, F0_RATE, **options)
    return pyworld.stonemask(samples, track, times, F0_RATE)
