"""What every QualityJudge keeps."""

from pathlib import Path

import numpy as np
import pytest
import torch

from speechkit.errors import CheckpointError, ConfigError, WaveformError
from speechkit.evaluation.adapters.registry import quality_judge
from speechkit.protocols import QualityJudge
from tests.contracts.backends import backend

BACKENDS = [
    backend("fake", lambda: quality_judge("fake")),
    backend("dnsmos", lambda: quality_judge("dnsmos"), needs=["speechmos", "onnxruntime"]),
]


@pytest.fixture(scope="module", params=BACKENDS)
def judge(request: pytest.FixtureRequest) -> QualityJudge:
    return request.param()


def speechlike(seconds: float, rate: int) -> np.ndarray:
    time = np.arange(int(seconds * rate)) / rate
    voice = sum(np.sin(2 * np.pi * 140 * k * time) / k for k in range(1, 20))
    return (0.1 * voice * (1 + np.sin(2 * np.pi * 4 * time))).astype(np.float32)


@pytest.mark.parametrize("rate", [16000, 24000])
def test_scores_every_scale_within_bounds(judge: QualityJudge, rate: int) -> None:
    assert isinstance(judge, QualityJudge)
    waveform = speechlike(2.0, rate)
    scores = judge.rate(waveform, rate)
    assert set(scores) == set(judge.scales)  # type: ignore[attr-defined]
    assert all(0.5 <= value <= 5.5 for value in scores.values())
    assert scores == judge.rate(waveform, rate)


def test_refuses_empty_and_nan(judge: QualityJudge) -> None:
    for waveform in (np.zeros(0, np.float32), np.full(100, np.nan, np.float32)):
        with pytest.raises(WaveformError):
            judge.rate(waveform, 16000)


def test_utmos_takes_an_export(tmp_path: Path) -> None:
    class Mean(torch.nn.Module):
        def forward(self, samples: torch.Tensor) -> torch.Tensor:
            return 3.0 + samples.mean(dim=1)

    path = tmp_path / "utmos.pt"
    torch.jit.script(Mean()).save(str(path))
    judge = quality_judge(f"utmos22:{path}")
    assert judge.rate(np.full(1600, 0.25, np.float32), 16000) == {"utmos22": pytest.approx(3.25)}
    assert quality_judge(f"utmosv2:{path}").rate(np.zeros(160, np.float32), 16000).keys() == {"utmosv2"}


class TinyUtmos(torch.nn.Module):
    """UTMOS22's parts in small: a strided encoder of samples, a BLSTM, a score a frame, their mean on the scale of 1 to 5."""

    def __init__(self) -> None:
        super().__init__()
        strides = ((10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2))  # wav2vec 2.0's: a frame each 20 ms
        sizes = [1, *[8] * len(strides)]
        layers = [torch.nn.Conv1d(a, b, k, s) for a, b, (k, s) in zip(sizes, sizes[1:], strides, strict=False)]
        self.encoder = torch.nn.Sequential(*(part for layer in layers for part in (layer, torch.nn.GELU())))
        self.recurrent = torch.nn.LSTM(8, 8, batch_first=True, bidirectional=True)
        self.score = torch.nn.Linear(16, 1)

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        frames, _ = self.recurrent(self.encoder(samples[:, None]).transpose(1, 2))
        return self.score(frames).mean(dim=(1, 2)).clamp(-1, 1) * 2 + 3


def test_utmos_of_the_real_shape(tmp_path: Path) -> None:
    network = TinyUtmos().eval()
    torch.jit.script(network).save(str(tmp_path / "utmos22.pt"))
    judge = quality_judge(f"utmos22:{tmp_path / 'utmos22.pt'}")
    assert isinstance(judge, QualityJudge) and judge.name == "utmos22:utmos22.pt"
    waveform = speechlike(1.0, 16000)
    with torch.inference_mode():
        expected = float(network(torch.from_numpy(waveform)[None]))
    assert judge.rate(waveform, 16000) == {"utmos22": pytest.approx(expected, abs=1e-5)}
    assert judge.rate(speechlike(1.0, 24000), 24000)["utmos22"] == pytest.approx(expected, abs=0.2)
    with pytest.raises(WaveformError):
        judge.rate(np.full(16000, np.nan, np.float32), 16000)


def test_unknown_and_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="dnsmos"):
        quality_judge("nothing")
    with pytest.raises(CheckpointError, match=r"none\.pt"):
        quality_judge(f"utmos22:{tmp_path / 'none.pt'}")
    (tmp_path / "x.bin").touch()
    with pytest.raises(ConfigError, match="onnx"):
        quality_judge(f"utmos22:{tmp_path / 'x.bin'}")
    (tmp_path / "x.pt").write_text("no archive")
    with pytest.raises(CheckpointError, match="TorchScript"):
        quality_judge(f"utmos22:{tmp_path / 'x.pt'}")
