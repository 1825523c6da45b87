"""The pipeline: its arrows, that streaming equals the whole, voices, and what it refuses."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_models import buzz, save_tiny_models, write_wav

import speechkit
from prototypes.voices import Voice, read_voices, write_voices
from recipes import voices as voices_recipe
from speechkit.errors import (
    CheckpointError,
    CodecMismatchError,
    SampleRateError,
    ShapeError,
    StyleError,
    UnitsError,
    WaveformError,
)
from speechkit.pipeline import Speechkit
from speechkit.protocols import Waveform
from speechkit.types import Units
from u2s import Controls


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def kit(folder: Path) -> Speechkit:
    return speechkit.load(folder)


def test_there_and_back(kit: Speechkit, noise: Waveform) -> None:
    units = kit.encode(noise, 16000, margins=True)
    assert len(units) == 25 and units.num_samples == 16000 and units.codec == kit.decoder.codec != ""
    assert units.margins is not None and units.margins.shape == (25,)
    speech = kit.decode(units, "male", seed=3)
    assert speech.sample_rate == 24000 and speech.samples.shape == (25 * 960,) and speech.samples.dtype == np.float32


@pytest.mark.parametrize("sizes", [[16000], [1, 15999], [7001, 3, 8996]])
def test_streams_equal_the_whole(kit: Speechkit, noise: Waveform, sizes: list[int]) -> None:
    chunks = np.split(noise, np.cumsum(sizes)[:-1])
    whole = kit.encode(noise, 16000, margins=True)
    blocks = kit.encode_blocks(chunks, 16000, margins=True)
    assert blocks == whole and blocks.num_samples == whole.num_samples
    np.testing.assert_array_equal(blocks.margins, whole.margins)
    spoken = [piece.samples for piece in kit.decode_stream(kit.encode_stream(chunks, 16000), "female", seed=1)]
    np.testing.assert_array_equal(np.concatenate(spoken), kit.decode(whole, "female", seed=1).samples)


def test_an_encoder_without_windows_takes_blocks_too(kit: Speechkit, noise: Waveform) -> None:
    whole_only = Speechkit(type(kit.encoder)(replace(kit.encoder.config, window=None)).eval(), kit.decoder, {})
    assert len(whole_only.encode_blocks([noise[:700], noise[700:]], 16000)) == 25
    with pytest.raises(speechkit.StreamingError, match="cannot stream"):
        list(whole_only.encode_stream([noise], 16000))


def test_seed_voice_and_controls_are_heard(kit: Speechkit, noise: Waveform) -> None:
    units = kit.encode(noise, 16000)
    first = kit.decode(units, "female", seed=0).samples
    np.testing.assert_array_equal(first, kit.decode(units, kit.voices["female"], seed=0).samples)
    np.testing.assert_array_equal(first, kit.convert(noise, 16000, "female").samples)
    for other in (kit.decode(units, "female", seed=1), kit.decode(units, "male", seed=0)):
        assert not np.array_equal(first, other.samples)
    assert len(kit.decode(units, "female", controls=Controls(speed=2.0)).samples) == 25 * 480


def test_style_of_a_reference_is_a_voice(kit: Speechkit) -> None:
    style = kit.style_of(buzz(220.0), 24000)
    assert style.shape == (12,) and float(style.norm()) == pytest.approx(1, abs=1e-5)
    assert torch.allclose(style, kit.voices["female"], atol=1e-6)
    with pytest.raises(SampleRateError, match="resample"):
        kit.style_of(buzz(220.0), 16000)
    with pytest.raises(WaveformError):
        kit.style_of(buzz(220.0, seconds=0.1), 24000)


def test_refuses_what_is_no_waveform_for_it(kit: Speechkit, noise: Waveform) -> None:
    with pytest.raises(SampleRateError, match=r"speechkit.resample\(waveform, 44100, 16000\)"):
        kit.encode(noise, 44100)
    with pytest.raises(WaveformError, match="empty"):
        kit.encode(noise[:0], 16000)
    with pytest.raises(WaveformError, match="empty"):
        kit.encode_blocks([], 16000)
    with pytest.raises(WaveformError, match="NaN"):
        kit.encode(np.array([0.0, np.nan], np.float32), 16000)
    with pytest.raises(ShapeError, match="mono"):
        kit.encode(np.zeros((2, 8000), np.float32), 16000)


def test_refuses_what_is_no_unit_for_it(kit: Speechkit) -> None:
    foreign = Units(ids=np.arange(5), codec="0123456789abcdef")
    with pytest.raises(CodecMismatchError, match="encode the audio again"):
        kit.decode_stream(foreign)  # at once, before anything is spoken
    with pytest.raises(CodecMismatchError):
        list(kit.decode_stream(iter([foreign])))
    assert len(kit.decode(foreign, strict_codec=False).samples) == 5 * 960
    assert len(kit.decode(Units(ids=np.arange(5))).samples) == 5 * 960  # of unknown origin
    with pytest.raises(UnitsError, match="4096"):
        kit.decode(Units(ids=np.array([4096]), num_units=8192))
    with pytest.raises(UnitsError, match="50 times a second"):
        kit.decode(Units(ids=np.arange(5), unit_rate=50.0))
    assert len(kit.decode(Units(ids=np.array([], np.int64))).samples) == 0


def test_unknown_voice_names_the_known(kit: Speechkit) -> None:
    with pytest.raises(StyleError, match="female, male"):
        kit.decode(Units(ids=np.arange(5)), "alto")
    with pytest.raises(ShapeError):
        kit.decode(Units(ids=np.arange(5)), torch.zeros(3))


def test_missing_models_are_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="s2u/"):
        speechkit.load(tmp_path)


def test_voices_belong_to_their_decoder(folder: Path, tmp_path: Path) -> None:
    voice = Voice(style=torch.nn.functional.normalize(torch.ones(12), dim=0), note="nobody")
    write_voices(tmp_path, {"one": voice}, decoder="aaaa")
    assert torch.equal(read_voices(tmp_path, decoder="aaaa")["one"].style, voice.style)
    with pytest.raises(CheckpointError, match=r"recipes\.voices build"):
        read_voices(tmp_path, decoder="bbbb")
    (tmp_path / "voices.json").write_text("{")
    with pytest.raises(CheckpointError, match="damaged"):
        read_voices(tmp_path, decoder="aaaa")
    assert read_voices(tmp_path / "elsewhere", decoder="aaaa") == {}


def test_recipe_builds_voices_from_clips(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_tiny_models(tmp_path)
    clip = write_wav(tmp_path / "clip.wav", buzz(180.0, sample_rate=16000), 16000)
    assert voices_recipe.main(["build", str(tmp_path / "u2s"), "--voice", f"alto={clip},{clip}", "--note", "a buzz"]) == 0
    assert capsys.readouterr().out == "alto: 2 clips, 2.0 s\n"
    loaded = speechkit.load(tmp_path)
    assert list(loaded.voices) == ["alto"] and float(loaded.voices["alto"].norm()) == pytest.approx(1, abs=1e-6)
    assert voices_recipe.main(["build", str(tmp_path / "u2s"), "--voice", "alto"]) == 2
    assert "name=clip" in capsys.readouterr().err


@pytest.mark.models
def test_default_models_speak() -> None:
    kit = speechkit.load()
    assert {"female", "male"} <= set(kit.voices)
    units = kit.encode(buzz(150.0, sample_rate=16000), 16000)
    assert kit.encoder.codec == kit.decoder.codec and np.abs(kit.decode(units, "female").samples).max() > 0.001
