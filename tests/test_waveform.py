import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given
from hypothesis import strategies as st

from speechkit import waveform as wf
from speechkit.errors import AudioFileError, SampleRateError, ShapeError, StreamingError, WaveformError
from speechkit.protocols import Waveform
from speechkit.types import Speech


def sine(frequency: float, sample_rate: int, seconds: float = 0.5) -> Waveform:
    return np.sin(2 * np.pi * frequency * np.arange(round(seconds * sample_rate)) / sample_rate).astype(np.float32) / 2


# Files that must work


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".WAV"])
def test_lossless_formats_round_trip_exactly(tmp_path: Path, noise: Waveform, suffix: str) -> None:
    exact = wf.to_int16(noise) / np.float32(32768)
    wf.save(tmp_path / f"clip{suffix}", Speech(samples=exact, sample_rate=16000))
    samples, rate = wf.load(tmp_path / f"clip{suffix}")
    assert rate == 16000 and samples.dtype == np.float32 and np.array_equal(samples, exact)
    assert [path.name for path in tmp_path.iterdir()] == [f"clip{suffix}"], "no partial file stays"


@pytest.mark.parametrize("suffix", [".ogg", ".opus", ".mp3"])
def test_lossy_formats_keep_rate_length_and_sound(tmp_path: Path, suffix: str) -> None:
    clip = sine(440, 16000)
    wf.save(tmp_path / f"clip{suffix}", Speech(samples=clip, sample_rate=16000))
    samples, rate = wf.load(tmp_path / f"clip{suffix}")
    assert rate == 16000 and len(samples) == len(clip)
    assert np.corrcoef(samples[1000:-1000], clip[1000:-1000])[0, 1] > 0.98
    assert wf.info(tmp_path / f"clip{suffix}").duration_seconds == 0.5


@pytest.mark.parametrize(
    "subtype, tolerance", [("PCM_U8", 1 / 128), ("PCM_16", 1e-4), ("PCM_24", 1e-6), ("FLOAT", 0), ("DOUBLE", 0)]
)
def test_every_sample_format_is_scaled(tmp_path: Path, subtype: str, tolerance: float) -> None:
    clip = sine(440, 16000)
    soundfile.write(tmp_path / "clip.wav", clip.astype(np.float64), 16000, subtype=subtype)
    samples, _ = wf.load(tmp_path / "clip.wav")
    assert samples.dtype == np.float32 and np.abs(samples - clip).max() <= tolerance


def test_seven_channels(tmp_path: Path) -> None:
    channels = np.random.default_rng(0).uniform(-0.5, 0.5, (800, 7)).astype(np.float32)
    soundfile.write(tmp_path / "seven.wav", channels, 16000, subtype="FLOAT")
    assert np.allclose(wf.load(tmp_path / "seven.wav")[0], channels.mean(axis=1), atol=1e-7)
    assert np.array_equal(wf.load(tmp_path / "seven.wav", channel=6)[0], channels[:, 6])
    assert wf.info(tmp_path / "seven.wav").channels == 7
    for channel in (7, -1):
        with pytest.raises(AudioFileError, match="channels 0 to 6"):
            wf.load(tmp_path / "seven.wav", channel=channel)
        with pytest.raises(AudioFileError, match="channels 0 to 6"):
            wf.load_blocks(tmp_path / "seven.wav", channel=channel)


def test_three_kilohertz_is_resampled_by_the_caller(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "low.wav", sine(440, 3000, 1.0), 3000)
    samples, rate = wf.load(tmp_path / "low.wav")
    assert rate == 3000
    with pytest.raises(SampleRateError, match=r"speechkit\.resample\(waveform, 3000, 16000\)"):
        wf.check(samples, rate, expected_rate=16000)
    assert len(wf.check(wf.resample(samples, rate, 16000), 16000, expected_rate=16000)) == 16000


def test_streams_of_bytes(noise: Waveform) -> None:
    stream = io.BytesIO()
    soundfile.write(stream, noise, 16000, format="FLAC")
    stream.seek(0)
    assert np.abs(wf.load(stream)[0] - noise).max() < 1e-4


def test_no_samples_is_the_callers_to_refuse(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(0, np.float32), 16000)
    samples, rate = wf.load(tmp_path / "silent.wav")
    assert len(samples) == 0
    with pytest.raises(WaveformError, match="empty"):
        wf.check(samples, rate)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3"])
@pytest.mark.parametrize("seconds", [1e-9, 0.01, 0.123, 5.0])
def test_blocks_joined_are_the_whole(tmp_path: Path, noise: Waveform, suffix: str, seconds: float) -> None:
    clip = noise if seconds > 1e-6 else noise[:50]
    wf.save(tmp_path / f"clip{suffix}", Speech(samples=clip, sample_rate=16000))
    blocks = list(wf.load_blocks(tmp_path / f"clip{suffix}", seconds))
    assert np.array_equal(np.concatenate(blocks), wf.load(tmp_path / f"clip{suffix}")[0])
    assert all(len(block) == max(1, round(seconds * 16000)) for block in blocks[:-1])


def test_memory_stays_flat_over_a_long_file(tmp_path: Path) -> None:
    wf.save_blocks(tmp_path / "long.wav", (np.zeros(160_000, np.float32) for _ in range(120)), 16000)
    tracemalloc.start()
    seconds = sum(len(block) for block in wf.load_blocks(tmp_path / "long.wav", 10.0)) / 16000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds == 1200 and peak < 5e6, "twenty minutes are 77 MB of samples"


def test_long_files_are_written_in_pieces(tmp_path: Path) -> None:
    minute = np.zeros(60 * 16000, np.float32)
    wf.save_blocks(tmp_path / "long.ogg", (minute for _ in range(4)), 16000)
    assert wf.info(tmp_path / "long.ogg").num_samples == 4 * len(minute)


# Files that must not


def test_unreadable_files(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("This is a letter, not a sound.\n" * 100)
    (tmp_path / "folder.wav").mkdir()
    cases = {
        "empty.wav": "0 bytes",
        "text.wav": "not an audio file",
        "folder.wav": "folder",
        "missing.wav": "does not exist",
    }
    for name, words in cases.items():
        for read in (wf.load, wf.info, wf.load_blocks):
            with pytest.raises(AudioFileError, match=words) as caught:
                read(tmp_path / name)
            assert name in str(caught.value)
    with pytest.raises(AudioFileError, match="the stream"):
        wf.load(io.BytesIO(b"hello"))


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3"])
def test_truncated_files(tmp_path: Path, noise: Waveform, suffix: str) -> None:
    path = tmp_path / f"cut{suffix}"
    wf.save(path, Speech(samples=np.tile(noise, 4), sample_rate=16000))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(AudioFileError, match=r"truncated|damaged|cannot|can be read"):
        wf.load(path)


def test_a_wav_written_into_a_pipe_is_not_truncated(tmp_path: Path, noise: Waveform) -> None:
    path = tmp_path / "piped.wav"
    wf.save(path, Speech(samples=noise, sample_rate=16000))
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(bytes(data))
    assert len(wf.load(path)[0]) == len(noise)


def test_unwritable_places(tmp_path: Path, noise: Waveform) -> None:
    speech = Speech(samples=noise, sample_rate=16000)
    for name, words in {"clip.xyz": r"\.wav", "clip": "must end", "nowhere/clip.wav": "cannot write"}.items():
        with pytest.raises(AudioFileError, match=words):
            wf.save(tmp_path / name, speech)
    with pytest.raises(AudioFileError, match="11025"):
        wf.save(tmp_path / "clip.opus", Speech(samples=noise, sample_rate=11025))
    with pytest.raises(WaveformError):
        wf.save(tmp_path / "nan.wav", Speech(samples=np.array([0, np.nan], np.float32), sample_rate=16000))
    assert list(tmp_path.iterdir()) == []


# Values


def test_int16_saturates_and_rounds_like_the_formula() -> None:
    values = np.array([0, 1, -1, 2, -2, 0.5 / 32768, 1.5 / 32768, 32767.4 / 32768, 1e30], np.float32)
    slow = [max(-32768, min(32767, round(float(value) * 32768))) for value in values]
    assert wf.to_int16(values).tolist() == slow
    every = np.arange(-32768, 32768).astype(np.int16)
    assert np.array_equal(wf.to_int16(wf.check(every, 16000)), every)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_check_takes_any_float(dtype: type) -> None:
    samples = wf.check(np.array([0, 0.5, -1], dtype), 16000)
    assert samples.dtype == np.float32 and samples.tolist() == [0, 0.5, -1]


def test_check_takes_torch_lists_and_strides() -> None:
    assert wf.check(torch.tensor([0.5, -0.5], dtype=torch.bfloat16, requires_grad=True), 16000).tolist() == [0.5, -0.5]
    assert wf.check(torch.tensor([16384], dtype=torch.int16), 16000).tolist() == [0.5]
    assert wf.check([0.0, 0.25], np.int64(16000)).dtype == np.float32
    strided = np.zeros(10, np.float32)[::2]
    assert wf.check(strided, 16000).flags.c_contiguous
    silence = np.zeros(5, np.float32)
    assert wf.check(silence, 16000) is silence, "nothing is copied for nothing"


@pytest.mark.parametrize(
    "samples, error, words",
    [
        ([], WaveformError, "empty"),
        ([0.0, float("nan")], WaveformError, "sample 1"),
        ([float("inf")], WaveformError, "sample 0"),
        ([1000.0, -2.0], WaveformError, "full scale"),
        ([[0.0, 0.0]], ShapeError, r"\[1, 2\]"),
        (0.5, ShapeError, r"\[\]"),
        ([[0.0], [0.0, 0.0]], ShapeError, "one-dimensional"),
        (np.zeros(3, np.int32), ShapeError, "int32"),
        (np.zeros(3, np.uint8), ShapeError, "uint8"),
        (np.zeros(3, np.complex64), ShapeError, "complex64"),
        (np.array(["a"]), ShapeError, "float"),
    ],
)
def test_check_refuses(samples: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        wf.check(samples, 16000)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [0, -16000, 16000.0, True, "16000", None])
def test_check_refuses_rates(rate: object) -> None:
    with pytest.raises(SampleRateError, match="positive integer"):
        wf.check([0.0], rate)  # type: ignore[arg-type]


def test_check_minimum() -> None:
    assert len(wf.check(np.zeros(8000), 16000, min_seconds=0.5)) == 8000
    with pytest.raises(WaveformError, match=r"0\.100 s; at least 0\.5 s"):
        wf.check(np.zeros(1600), 16000, min_seconds=0.5)


# Sample rates


@pytest.mark.parametrize(
    "source, target", [(44100, 16000), (16000, 24000), (3000, 16000), (16000, 22050), (48000, 16000)]
)
def test_resampled_sine_is_the_sine(source: int, target: int) -> None:
    made = wf.resample(sine(440, source), source, target)
    wanted = sine(440, target)
    assert len(made) == len(wanted)
    assert np.abs(made - wanted)[len(wanted) // 10 : -len(wanted) // 10].max() < 1e-3


def test_resample_refuses_and_passes_through(noise: Waveform) -> None:
    assert wf.resample(noise, 16000, 16000) is noise
    with pytest.raises(SampleRateError):
        wf.resample(noise, 16000, 0)
    with pytest.raises(WaveformError):
        wf.resample([np.nan], 16000, 8000)


@given(
    st.lists(st.integers(0, 3000), max_size=8),
    st.sampled_from([(44100, 16000), (16000, 24000), (16000, 16000), (8000, 16000)]),
)
def test_stream_resampling_does_not_depend_on_pieces(sizes: list[int], rates: tuple[int, int]) -> None:
    clip = np.random.default_rng(1).uniform(-1, 1, sum(sizes) + 1).astype(np.float32)
    resampler = wf.StreamResampler(*rates)
    edges = np.cumsum(sizes).astype(int)
    pieces = [resampler.push(piece) for piece in np.split(clip, edges)] + [resampler.finish()]
    assert np.array_equal(np.concatenate(pieces), wf.resample(clip, *rates))


def test_stream_resampler_ends() -> None:
    resampler = wf.StreamResampler(16000, 24000)
    with pytest.raises(WaveformError):
        resampler.push([np.inf])
    resampler.finish()
    for call in (resampler.finish, lambda: resampler.push([0.0])):
        with pytest.raises(StreamingError):
            call()
