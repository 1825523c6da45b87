"""UTMOS from a file that the user has: a TorchScript or ONNX export of UTMOS22 or UTMOSv2."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from speechkit.asr.listening import files_fingerprint
from speechkit.errors import CheckpointError, ConfigError, DependencyError
from speechkit.protocols import Waveform
from speechkit.waveform import resample

SAMPLE_RATE = 16000


class UtmosJudge:
    """A network that takes float32 [1, T] at 16 kHz and gives one score; one clip at a time, since padding shifts it.

    UTMOS22 and UTMOSv2 are different scales: the name says which one the file is. UTMOSv2 crops at random inside its
    own code; an export has to take whole clips, and should average its repetitions.
    Source: Saeki et al. 2022, arXiv:2204.02152; Baba et al. 2024, arXiv:2409.09305.
    """

    def __init__(self, model: str, *, scale: str = "utmos22") -> None:
        """Load.

        Args:
            model: path of a `.pt` (TorchScript) or `.onnx` file.
            scale: "utmos22" or "utmosv2".
        Raises:
            ConfigError: another scale, or another kind of file.
            CheckpointError: the file is missing or damaged.
        """
        if scale not in ("utmos22", "utmosv2"):
            raise ConfigError(f"scale must be 'utmos22' or 'utmosv2', got {scale!r}.")
        path = Path(model)
        if not path.is_file():
            raise CheckpointError(
                f"{scale} needs the path of a TorchScript (.pt) or ONNX (.onnx) file; {path} is not there."
            )
        if path.suffix not in (".pt", ".onnx"):
            raise ConfigError(f"{path}: a UTMOS file ends in .pt (TorchScript) or .onnx.")
        self._network: Any = _load_onnx(path) if path.suffix == ".onnx" else _load_torch(path)
        self.name, self.scales = f"{scale}:{path.name}", (scale,)
        self.fingerprint = files_fingerprint([path])

    def rate(self, waveform: Waveform, sample_rate: int) -> Mapping[str, float]:
        """The score of one clip; see `QualityJudge`."""
        samples = resample(waveform, sample_rate, SAMPLE_RATE)[None]
        return {self.scales[0]: float(np.asarray(self._network(samples)).reshape(-1)[0])}


def _load_torch(path: Path) -> Any:
    try:
        network = torch.jit.load(str(path), map_location="cpu").eval()
    except (RuntimeError, ValueError) as error:
        raise CheckpointError(f"{path} is not a TorchScript file: {error}") from error

    def score(samples: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(torch.from_numpy(samples)).numpy()

    return score


def _load_onnx(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise DependencyError("an ONNX UTMOS needs onnxruntime: pip install 'speechkit[eval]'.") from error
    try:
        session = onnxruntime.InferenceSession(str(path))
    except Exception as error:
        raise CheckpointError(f"onnxruntime cannot load {path}: {error}") from error
    return lambda samples: session.run(None, {session.get_inputs()[0].name: samples})[0]
