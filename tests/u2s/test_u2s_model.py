"""U2S: lengths, exact streaming, seeds, controls, folders, refusals."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from speechkit.errors import CheckpointError, ConfigError, SampleRateError, ShapeError, UnitsError, WaveformError
from u2s import U2S, Controls, GeneratorConfig, U2SConfig
from u2s.prosody_target import prosody_target
from u2s.streaming import Block, blocks

IDS = np.random.default_rng(0).integers(0, 4096, 57)


def pieces(ids: np.ndarray, sizes: list[int]) -> list[np.ndarray]:
    return np.split(ids, np.cumsum(sizes)[:-1]) if sum(sizes) == len(ids) else np.split(ids, np.cumsum(sizes))


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 57])
def test_length(decoder: U2S, style: Tensor, count: int) -> None:
    waveform = decoder.decode(IDS[:count], style)
    assert waveform.shape == (count * 960,) and waveform.dtype == torch.float32
    assert waveform.abs().max() <= 1 if count else True


@pytest.mark.parametrize("sizes", [[57], [1] * 57, [30, 27], [5, 0, 20, 32], [3] * 19])
def test_streamed_is_offline_bit_for_bit(decoder: U2S, style: Tensor, sizes: list[int]) -> None:
    streamed = torch.cat(list(decoder.decode_stream(iter(pieces(IDS, sizes)), style, seed=3)))
    assert torch.equal(streamed, decoder.decode(IDS, style, seed=3))


def test_block_wise_is_the_whole(decoder: U2S, style: Tensor) -> None:
    whole, _ = decoder.speak(Block(ids=IDS, first=0, core=(0, len(IDS))), style, 0, Controls(), 0.0)
    torch.testing.assert_close(decoder.decode(IDS, style), whole, atol=1e-4, rtol=0)


def test_first_piece_comes_before_the_last_unit(plain: U2S, style: Tensor) -> None:
    read: list[int] = []

    def units() -> object:
        for index in range(200):
            read.append(index)
            yield np.array([index])

    first = next(plain.decode_stream(units(), style))
    assert len(first) == 10 * 960 and len(read) == 10 + plain.config.context_units


def test_seed_is_a_seed(decoder: U2S, style: Tensor) -> None:
    one, again, other = (decoder.decode(IDS, style, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one, again) and not torch.equal(one, other)


def test_save_load_says_the_same(decoder: U2S, style: Tensor, tmp_path: Path) -> None:
    decoder.save(tmp_path / "model", card="# Card")
    loaded = U2S.load(tmp_path / "model")
    assert torch.equal(loaded.decode(IDS, style), decoder.decode(IDS, style)) and loaded.fingerprint


def test_codec_is_kept(plain: U2S, tmp_path: Path) -> None:
    plain.with_codec("abc").save(tmp_path / "model")
    assert U2S.load(tmp_path / "model").codec == "abc"


def test_a_broken_folder_raises(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        U2S.load(tmp_path / "nothing")


@pytest.mark.parametrize("semitones", [-5.0, 0.0, 4.0])
def test_pitch_follows_the_control(plain: U2S, style: Tensor, semitones: float) -> None:
    pytest.importorskip("pyworld")
    decoder = plain
    with torch.no_grad():
        decoder.generator.head.bias[2 * 481 : 3 * 481] = -20
        decoder.generator.head.bias[5 * 481 :] = -20
        decoder.generator.head.weight.zero_()
        decoder.prosody.output.bias[2::3] = 0.5
    controls = Controls(pitch_semitones=semitones, pitch_range=0.0)
    found = prosody_target(decoder.decode(IDS, style, controls=controls).numpy())
    mean = decoder.prosody(torch.zeros(1, 1, 16), style[None]).mean_log_f0.item()
    wanted = mean + semitones * np.log(2) / 12
    assert abs(np.median(found[20:-20, 0]) - wanted) * 12 / np.log(2) < 0.3


def test_energy_control_is_a_gain(plain: U2S, style: Tensor) -> None:
    normal = plain.decode(IDS[:12], style, controls=Controls(energy_db=-30.0))
    quiet = plain.decode(IDS[:12], style, controls=Controls(energy_db=-50.0))
    torch.testing.assert_close(quiet, normal * 0.1, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("speed", [0.25, 0.88, 1.0, 1.3, 4.0])
def test_speed_streamed_is_offline_and_in_blocks_is_whole(decoder: U2S, style: Tensor, speed: float) -> None:
    controls = Controls(speed=speed)
    offline = decoder.decode(IDS, style, controls=controls)
    assert len(offline) == math.ceil(2 * len(IDS) / speed) * 480
    streamed = torch.cat(list(decoder.decode_stream(iter(pieces(IDS, [10, 1, 46])), style, controls=controls)))
    assert torch.equal(streamed, offline)
    torch.testing.assert_close(decoder.decode_whole(IDS, style, controls=controls), offline, atol=1e-4, rtol=0)


def test_blocks_cover_every_unit_once() -> None:
    spoken = [b.ids[b.core[0] : b.core[1]] for b in blocks(pieces(IDS, [7, 50]), 5, cores=(2, 4, 8))]
    assert np.array_equal(np.concatenate(spoken), IDS)
    assert [len(core) for core in spoken[:4]] == [2, 4, 8, 8]


def test_style_is_on_the_sphere_and_ignores_loudness(decoder: U2S) -> None:
    clip = np.random.default_rng(0).normal(size=24000).astype(np.float32) * 0.05
    style = decoder.style_of(clip, 24000)
    assert style.shape == (12,) and float(style.norm()) == pytest.approx(1)
    torch.testing.assert_close(decoder.style_of(clip * 3, 24000), style, atol=1e-4, rtol=0)


def test_refusals(plain: U2S, style: Tensor) -> None:
    decoder = plain
    with pytest.raises(SampleRateError, match="24000 Hz, got 16000 Hz"):
        decoder.style_of(np.ones(16000, np.float32), 16000)
    for bad in (np.ones(100), np.zeros(24000), np.full(24000, np.nan), np.ones((2, 24000))):
        with pytest.raises(WaveformError, match="style reference"):
            decoder.style_of(bad.astype(np.float32), 24000)
    for ids in ([4096], [-1], [0.5], [[1, 2]], 3):
        with pytest.raises(UnitsError):
            decoder.decode(ids, style)
    with pytest.raises(ShapeError, match="style must be"):
        decoder.decode([1], torch.zeros(5))
    with pytest.raises(ShapeError, match="seed"):
        decoder.decode([1], style, seed=-1)


@pytest.mark.parametrize("change", [{"speed": 0.0}, {"pitch_range": -1.0}, {"energy_db": 30.0}, {"noise_scale": 3.0}])
def test_controls_are_checked(change: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="must lie in"):
        Controls(**change)


@pytest.mark.parametrize(
    "make",
    [
        lambda: GeneratorConfig(kind="gan"),
        lambda: GeneratorConfig(n_fft=512),
        lambda: GeneratorConfig(kernel_size=4),
        lambda: U2SConfig(samples_per_unit=640),
        lambda: U2SConfig(latent_dim=7),
        lambda: U2SConfig(prosody="none"),
        lambda: U2SConfig(prosody="implicit"),
        lambda: U2SConfig(noise_scale=5.0),
        lambda: U2SConfig(generator=GeneratorConfig(kind="hifigan", upsample_rates=(8, 8))),
    ],
)
def test_configs_refuse_contradictions(make: object) -> None:
    with pytest.raises(ConfigError):
        make()  # type: ignore[operator]


def test_config_survives_json(tiny_config: Callable[..., U2SConfig]) -> None:
    config = tiny_config()
    assert U2SConfig.from_dict(config.to_dict()) == config and config.unit_rate == 25.0


def test_the_receptive_field_is_declared(decoder: U2S, style: Tensor) -> None:
    """A changed unit changes nothing further away than the declared context."""
    other = IDS.copy()
    other[28] = (other[28] + 2048) % 4096
    block = {"first": 0, "core": (0, len(IDS))}
    one, _ = decoder.speak(Block(ids=IDS, **block), style, 0, Controls(pitch_range=0.0), 0.0)
    two, _ = decoder.speak(Block(ids=other, **block), style, 0, Controls(pitch_range=0.0), 0.0)
    changed = np.flatnonzero((one - two).abs().numpy() > 1e-6) // 960
    reach = decoder.config.context_units
    assert len(changed) and changed.min() >= 28 - reach and changed.max() <= 28 + reach


def test_flow_is_inverted(plain: U2S) -> None:
    model = plain
    latents, condition = torch.randn(2, 6, 8), torch.randn(2, 6, 16)
    flowed = model.flow(latents, condition)
    assert not torch.allclose(flowed, latents)
    torch.testing.assert_close(model.flow.inverse(flowed, condition), latents, atol=1e-5, rtol=0)


def test_a_batch_says_what_one_says(decoder: U2S, style: Tensor) -> None:
    ids = torch.from_numpy(IDS[:24]).reshape(2, 12)
    both = decoder.unit_encoder(ids)
    torch.testing.assert_close(both[1:], decoder.unit_encoder(ids[1:]), atol=1e-5, rtol=0)


def test_codes_follow_the_digits(plain: U2S) -> None:
    codes = plain.unit_encoder.input.codes(torch.tensor([[0, 1, 8, 4095]]))
    assert codes[0, :, 0].tolist() == [-1.0, -0.75, -1.0, 0.75] and codes[0, 2, 1] == -0.75
