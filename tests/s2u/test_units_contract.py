"""The contracts of models.md that every S2U keeps: lengths, company, integers, margins, errors."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from s2u import S2U, S2UConfig, StageConfig, WindowConfig, paper_config
from speechkit.errors import CheckpointError, SampleRateError, ShapeError, StreamingError, WaveformError
from speechkit.features import LogMelConfig

RATE = 16000


def tiny_config(window: WindowConfig | None = WindowConfig(left=6, core=10, right=4), **changes) -> S2UConfig:
    stages = (
        StageConfig(channels=(16, 16), kernels=(3, 3), strides=(1, 2), layers=1, heads=2, positions="sinusoidal"),
        StageConfig(channels=(16,), kernels=(3,), strides=(2,), layers=1, heads=2, activation="none", norm=True),
    )
    return S2UConfig(mel=LogMelConfig(num_mels=20), stages=stages, window=window, phone_width=16, bottleneck_width=16, **changes)


@pytest.fixture(scope="module", params=["alone", "searching"])
def model(request: pytest.FixtureRequest) -> S2U:
    torch.manual_seed(0)
    tiny = S2U(tiny_config())
    tiny.train()
    mel = tiny.logmel.whole(torch.from_numpy(noise(64_000))[None], 640).mT
    for _ in range(90):  # running statistics of the latents, so that codes spread over the levels
        tiny(mel, torch.tensor([mel.shape[1]]))
    if request.param == "searching":
        pytest.importorskip("lightning")
        from tests.s2u.searching import searching

        tiny = searching(tiny)
    return tiny.eval()


def noise(samples: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    envelope = 0.05 + 0.2 * np.abs(np.sin(np.arange(samples) / 3000.0))
    return (random.standard_normal(samples) * envelope).clip(-1, 1).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.integers(0, 30_000), st.integers(0, 60).map(lambda n: n * 640), st.integers(1, 60).map(lambda n: n * 640 + 1)))
def test_length_law(model: S2U, samples: int) -> None:
    units = model.encode(noise(samples), RATE)
    assert len(units) == -(-samples // 640)
    assert units.num_samples == samples


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 40_000), st.lists(st.integers(1, 9000), min_size=1, max_size=12))
def test_stream_equals_whole(model: S2U, samples: int, sizes: list[int]) -> None:
    waveform, position, chunks = noise(samples, 1), 0, []
    while position < samples:
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(waveform[position : position + size])
        position += size
    streamed = [unit for part in model.encode_stream(iter(chunks), RATE) for unit in part]
    assert streamed == list(model.encode(waveform, RATE))


def test_units_do_not_depend_on_company(model: S2U) -> None:
    waveforms = [noise(n, n) for n in (100, 6400, 22_222, 15_000)]
    alone = [model.encode(waveform, RATE) for waveform in waveforms]
    assert model.encode_batch(waveforms, RATE) == alone


def test_padded_training_batch_gives_each_its_own_latents(model: S2U) -> None:
    short, long = torch.randn(1, 24, 20) - 9, torch.randn(1, 60, 20) - 9
    padded = torch.cat([torch.nn.functional.pad(short, (0, 0, 0, 36), value=3.0), long])
    together = model.encoder(padded, torch.tensor([24, 60]))
    torch.testing.assert_close(together[0, :6], model.encoder(short, torch.tensor([24]))[0])
    torch.testing.assert_close(together[1], model.encoder(long, torch.tensor([60]))[0])


def test_later_sound_changes_only_units_within_the_declared_context(model: S2U) -> None:
    first, second = noise(40_000, 2), noise(40_000, 2)
    second[-640:] = 0.9
    before = (len(first) - 640) // 640 - 14 - 10  # core + right of the window that hears the change
    assert list(model.encode(first, RATE))[:before] == list(model.encode(second, RATE))[:before]


def test_units_are_int64_and_spread(model: S2U) -> None:
    ids = model.encode(noise(60_000), RATE).ids
    assert ids.dtype == np.int64 and 0 <= ids.min() and ids.max() < 4096 and len(set(ids.tolist())) > 5


def test_margins_tell_how_fragile_a_unit_is(model: S2U) -> None:
    units = model.encode(noise(30_000), RATE, margins=True)
    assert units.margins is not None and units.margins.shape == units.ids.shape
    assert (units.margins >= 0).all() and (units.margins <= 0.5).all()


def test_save_load_same_units(model: S2U, tmp_path) -> None:
    model.save(tmp_path / "model", card="# tiny")
    again = S2U.load(tmp_path / "model")
    assert list(again.encode(noise(20_000), RATE)) == list(model.encode(noise(20_000), RATE))
    assert again.fingerprint and again.encode(noise(640), RATE).codec == again.codec == again.fingerprint


def test_load_refuses_other_folders(tmp_path) -> None:
    with pytest.raises(CheckpointError):
        S2U.load(tmp_path)


@pytest.mark.parametrize(
    ("waveform", "rate", "error"),
    [
        (noise(100), 44100, SampleRateError),
        (np.full(100, np.nan, np.float32), RATE, WaveformError),
        (np.zeros((2, 100), np.float32), RATE, ShapeError),
        (np.zeros(100, np.int16), RATE, WaveformError),
    ],
)
def test_bad_waveforms_raise(model: S2U, waveform: np.ndarray, rate: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        model.encode(waveform, rate)


def test_sample_rate_error_says_what_to_do(model: S2U) -> None:
    with pytest.raises(SampleRateError, match=r"resample\(waveform, 8000, 16000\)"):
        model.encode(noise(100), 8000)


def test_whole_utterance_config_does_not_stream() -> None:
    whole = S2U(tiny_config(window=None, statistics="utterance")).eval()
    assert len(whole.encode(noise(10_000), RATE)) == 16
    with pytest.raises(StreamingError):
        list(whole.encode_stream([noise(1000)], RATE))


def test_paper_config_has_the_paper_s_size() -> None:
    config = paper_config()
    assert (config.unit_rate, config.num_units, config.streamable) == (25.0, 4096, False)
    parameters = sum(parameter.numel() for parameter in S2U(config).encoder.parameters())
    assert parameters == pytest.approx(90.6e6, rel=0.001)
