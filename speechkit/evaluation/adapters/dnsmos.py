"""DNSMOS through the models that the `speechmos` package carries."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from speechkit.errors import CheckpointError, DependencyError
from speechkit.metrics.quality import DNSMOS_RATE, dnsmos_clip, dnsmos_windows
from speechkit.protocols import Waveform
from speechkit.waveform import resample

SCALES = ("dnsmos_sig", "dnsmos_bak", "dnsmos_ovr")


class DnsmosJudge:
    """DNSMOS P.835: signal, background, overall, on 9.01 s windows at 16 kHz.

    Source: Reddy et al. 2022, arXiv:2110.01763; the network is speechmos' `sig_bak_ovr.onnx`, the windows and
    polynomials are `speechkit.metrics.quality`'s.
    """

    scales = SCALES

    def __init__(self, model: str = "", *, threads: int = 2) -> None:
        """Load.

        Args:
            model: path of `sig_bak_ovr.onnx`; empty takes the one inside the speechmos package.
            threads: CPU threads.
        Raises:
            DependencyError: onnxruntime or speechmos is not installed.
            CheckpointError: the model is not there or not readable.
        """
        try:
            import onnxruntime
        except ImportError as error:
            raise DependencyError("dnsmos needs onnxruntime: pip install 'speechkit[eval]'.") from error
        path = Path(model) if model else packaged_model()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        try:
            self._session: Any = onnxruntime.InferenceSession(str(path), options)
        except Exception as error:
            raise CheckpointError(f"onnxruntime cannot load DNSMOS from {path}: {error}") from error
        self._input = self._session.get_inputs()[0].name
        self.name = "dnsmos"

    def rate(self, waveform: Waveform, sample_rate: int) -> Mapping[str, float]:
        """Mean scores over windows; see `QualityJudge`.

        Raises:
            WaveformError: empty, NaN or infinity.
        """
        windows = dnsmos_windows(np.clip(resample(waveform, sample_rate, DNSMOS_RATE), -1, 1))
        raw = [self._session.run(None, {self._input: window[None]})[0][0] for window in windows]
        return dnsmos_clip([dict(zip(SCALES, map(float, scores), strict=True)) for scores in raw])


def packaged_model() -> Path:
    """Path of the network inside the speechmos package.

    Raises:
        DependencyError: speechmos is not installed.
    """
    spec = importlib.util.find_spec("speechmos")
    places = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    found = [path for place in places for path in sorted(place.rglob("dnsmos_models/sig_bak_ovr.onnx"))]
    if not found:
        raise DependencyError("dnsmos needs the package speechmos: pip install 'speechkit[eval]'.")
    return found[0]
