"""Modality switches: what is left tells what it told, what is taken away tells nothing."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("av")

from speechkit.errors import ThinkerError
from speechkit.protocols import Turn
from speechkit.thinker.media import Video, read_video
from speechkit.thinker.modalities import NOISE_RMS, conflicting, noise, switched, write_video

TONE = (0.2 * np.sin(2 * np.pi * 440 * np.arange(24000) / 16000)).astype(np.float32)
GREYS = np.stack([np.full((56, 56, 3), 40 * level, np.uint8) for level in range(6)])


def clip(folder: Path, name: str = "clip", *, sound: bool = True, frames: np.ndarray = GREYS) -> Turn:
    video = Video(frames=frames, frames_per_second=4.0, audio=TONE if sound else None)
    return Turn(text="Look.", video=write_video(folder / f"{name}.mkv", video))


def brightness(path: str | None) -> list[float]:
    return [float(frame.mean()) for frame in read_video(str(path), frames_per_second=4.0).frames]


def test_there_and_back(tmp_path: Path) -> None:
    turn = clip(tmp_path)
    video = read_video(str(turn.video), frames_per_second=4.0)
    np.testing.assert_allclose(brightness(turn.video), [40 * level for level in range(6)], atol=8)
    assert video.audio is not None
    np.testing.assert_allclose(video.audio, TONE, atol=1e-3)
    assert switched(turn, "full", tmp_path) is turn


def test_each_switch_leaves_what_it_names(tmp_path: Path) -> None:
    turn = clip(tmp_path)
    heard = switched(turn, "audio", tmp_path)
    assert heard.video is None and heard.text == "Look." and heard.sample_rate == 16000
    np.testing.assert_allclose(heard.audio, TONE, atol=1e-3)
    still = switched(turn, "first-frame", tmp_path)
    assert max(brightness(still.video)) < 10 and len(brightness(still.video)) == 6
    np.testing.assert_allclose(read_video(str(still.video)).audio, TONE, atol=1e-3)
    seen = switched(turn, "video", tmp_path)
    assert read_video(str(seen.video)).audio is None
    noisy = switched(turn, "noise", tmp_path, seed=3)
    sound = read_video(str(noisy.video)).audio
    assert sound is not None and sound.std() == pytest.approx(NOISE_RMS, rel=0.05)
    assert abs(np.corrcoef(sound, TONE[: len(sound)])[0, 1]) < 0.05
    np.testing.assert_allclose(brightness(noisy.video), brightness(turn.video), atol=8)


def test_conflict_pairs(tmp_path: Path) -> None:
    long = Turn(audio=np.tile(TONE, 2), sample_rate=16000)
    pair = conflicting(clip(tmp_path), long, tmp_path)
    shown = brightness(pair.video)
    assert len(shown) == 12 and shown[-1] == pytest.approx(200, abs=8) and pair.text == "Look."
    other = conflicting(clip(tmp_path, "seen", sound=False), clip(tmp_path, "heard"), tmp_path)
    np.testing.assert_allclose(read_video(str(other.video)).audio, TONE, atol=1e-3)


def test_without_a_video(tmp_path: Path) -> None:
    turn = Turn(audio=TONE, sample_rate=16000, images=("cat.png",))
    assert switched(turn, "audio", tmp_path).images == ()
    assert switched(turn, "video", tmp_path).audio is None
    noisy = switched(turn, "noise", tmp_path).audio
    assert noisy is not None and len(noisy) == len(TONE)
    assert np.array_equal(noise(1.0, 5), noise(1.0, 5))


def test_what_is_not_there(tmp_path: Path) -> None:
    typed, silent = Turn(text="Hi"), clip(tmp_path, sound=False)
    for turn, modality, words in [
        (typed, "audio", "no sound"), (typed, "video", "nothing to see"), (silent, "audio", "no sound"), (typed, "x", "there are")
    ]:  # fmt: skip
        with pytest.raises(ThinkerError, match=words):
            switched(turn, modality, tmp_path)  # type: ignore[arg-type]
    with pytest.raises(ThinkerError, match="video to be seen"):
        conflicting(typed, silent, tmp_path)
    with pytest.raises(ThinkerError, match="sound to be heard"):
        conflicting(silent, typed, tmp_path)
    (tmp_path / "bad.mp4").write_bytes(b"\x00" * 2000)
    with pytest.raises(ThinkerError, match=r"bad\.mp4"):
        switched(Turn(video=str(tmp_path / "bad.mp4")), "noise", tmp_path)
