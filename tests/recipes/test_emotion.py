"""The emotion recipe: views, carried emotions, and that a scorer learns."""

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from tiny_models import buzz, write_wav

from recipes.emotion.data import Acted, Batches, Mix, acted, against_neutral, read_aloud, readers_against_neutral
from recipes.emotion.train import fit, fit_temperature, main, standardised
from recipes.emotion.views import EMOTIONS, at_other_speed, in_a_room, in_noise, through_a_channel, trim
from speechkit.emotion.features import SAMPLE_RATE, EmotionFeatures, pitch_track
from speechkit.emotion.functionals import WIDTH, functionals
from speechkit.emotion.model import EmotionConfig
from speechkit.errors import ConfigError, ManifestError, WaveformError

RANDOM = np.random.default_rng(0)


def some_actors(count: int = 60, spread: float = 0.3) -> Acted:
    """Four emotions that differ in ten functionals each, three speakers that differ in all."""
    random = np.random.default_rng(1)
    emotion, speaker = np.arange(count) % 4, np.arange(count) // 4 % 3
    values = random.standard_normal((count, WIDTH)) * spread + speaker[:, None] * 2.0
    for place in range(10):
        values[np.arange(count), 10 * emotion + place] += 3.0 * (emotion > 0)
    names = np.array([f"s{number}" for number in speaker])
    return Acted(values=values.astype(np.float32), emotion=emotion, speaker=names, view=np.zeros(count, np.int64))


@pytest.mark.parametrize("pitch", [90.0, 140.0, 260.0])
def test_pitch_is_found(pitch: float) -> None:
    import torch

    hertz, periodicity = pitch_track(torch.from_numpy(buzz(pitch, 1.0, SAMPLE_RATE)))
    assert np.median(np.abs(hertz.numpy() / pitch - 1)) < 0.02 and float(periodicity.median()) > 0.8


def test_functionals_are_finite_even_for_the_shortest_and_for_silence() -> None:
    import torch

    features = EmotionFeatures()
    for clip in (torch.zeros(1600), torch.randn(100) * 0.01, torch.from_numpy(buzz(150.0, 0.5, SAMPLE_RATE))):
        found = functionals(features(clip))
        assert found.shape == (WIDTH,) and bool(found.isfinite().all())


def test_views_keep_the_loudness_and_cut_the_silence() -> None:
    clip = np.concatenate(
        [np.zeros(SAMPLE_RATE, np.float32), buzz(150.0, 1.0, SAMPLE_RATE), np.zeros(SAMPLE_RATE, np.float32)]
    )
    trimmed = trim(clip)
    assert len(trimmed) == pytest.approx(1.2 * SAMPLE_RATE, rel=0.02)
    for change in (in_a_room, in_noise, through_a_channel):
        assert change(trimmed, RANDOM).shape == trimmed.shape
    assert 0.85 < len(at_other_speed(trimmed, RANDOM)) / len(trimmed) < 1.15
    with pytest.raises(WaveformError):
        trim(np.zeros(1000, np.float32))


def test_deltas_are_about_the_speakers_own_neutral() -> None:
    found = some_actors()
    deltas = found.deltas()
    for speaker in np.unique(found.speaker):
        neutral = deltas[(found.speaker == speaker) & (found.emotion == 0)]
        np.testing.assert_allclose(neutral.mean(0), 0, atol=1e-4)


def test_against_neutral_is_what_a_slower_twin_says() -> None:
    found = replace(some_actors(), median_f0=np.linspace(6.5, 8.0, 60, dtype=np.float32), view=np.arange(60) // 12 % 2)
    ours = against_neutral(found).values
    assert ours.shape == (60, WIDTH + 1)
    for number in (0, 3, 17, 40):
        rows = [
            other
            for other in range(60)
            if other != number
            and found.speaker[other] == found.speaker[number]
            and found.emotion[other] == 0
            and (found.view[number] == 1 or found.view[other] == 0)
        ]
        mean = np.mean([np.append(found.values[row], found.median_f0[row]) for row in rows], axis=0)  # type: ignore[index]
        mine = np.append(found.values[number], found.median_f0[number])  # type: ignore[index]
        np.testing.assert_allclose(ours[number], mine - mean, atol=1e-4)


def test_against_neutral_needs_median_f0s_and_a_second_neutral() -> None:
    with pytest.raises(ManifestError, match="median F0"):
        against_neutral(some_actors())
    few = replace(some_actors(4), median_f0=np.zeros(4, np.float32))
    with pytest.raises(ManifestError, match="two neutral"):
        against_neutral(few)


def test_readers_are_about_their_corpus() -> None:
    found = readers_against_neutral([np.full((6, WIDTH), 5.0, np.float32), np.zeros((4, WIDTH), np.float32)])
    assert found.shape == (10, WIDTH + 1) and np.abs(found[:, :-1]).max() == 0 and 0 < found[:, -1].std() < 0.3


def test_batches_repeat_and_mix_what_they_say() -> None:
    found, read = some_actors(), np.full((5, WIDTH), 100.0, np.float32)
    scale = np.zeros(WIDTH, np.float32)
    batches = Batches(found, read, Mix(carried=0.5, read=1.0), size=2, scale=scale, batch_size=400)
    one, again, other = batches[0], batches[0], batches[1]
    assert one["values"].equal(again["values"]) and not one["values"].equal(other["values"])
    high = one["values"].mean(1) > 50
    assert 0.5 < float(high.float().mean()) < 0.75  # carried, and the neutral that are read
    plain = Batches(found, read, Mix(carried=0.0, read=0.0), size=1, scale=scale)[0]
    assert float(plain["values"].max()) < 50


def test_a_scorer_learns_emotions_of_a_speaker_it_never_heard() -> None:
    found = some_actors()
    train, held = found.only(["s0", "s1"]), found.only(["s2"])
    read = held.values[held.emotion == 0]
    model = fit(train, held, read, EmotionConfig(width=16, members=1), steps=200, enable_progress_bar=False)
    import torch

    heard = model.probabilities(torch.from_numpy(held.values)).argmax(1).numpy()
    assert (heard == held.emotion).mean() > 0.8
    assert 0.3 <= fit_temperature(model, held) <= 3.0


def test_statistics_come_from_both_kinds_of_speech() -> None:
    found = some_actors()
    model = standardised(EmotionConfig(), found, np.zeros((4, WIDTH), np.float32))
    np.testing.assert_allclose(model.mean.numpy(), found.values.mean(0) / 2, rtol=1e-4)


def test_views_functionals_and_fit_run_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pyworld")
    from recipes.emotion.views import prepare

    rows = []
    emotions = ("neutral", "calm", "happy", "sad", "angry", "surprised")
    for number, (split, emotion) in enumerate(product(("train", "dev"), emotions)):
        write_wav(tmp_path / f"{number}.wav", buzz(120.0 + 10 * number, 0.8, SAMPLE_RATE), SAMPLE_RATE)
        row = {"audio": f"{number}.wav", "text": "a", "language": "en", "speaker": split, "gender": "male"}
        rows.append(row | {"emotion": emotion, "intensity": "normal", "split": split})
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    assert prepare(manifest, tmp_path / "views", 2) == 10 and prepare(manifest, tmp_path / "views", 2) == 0
    assert len(acted(tmp_path / "views", EMOTIONS, "train").values) == 10
    assert read_aloud(manifest, tmp_path / "cache", 3).shape == (3, WIDTH)
    output = [
        "fit",
        "--views",
        str(tmp_path / "views"),
        "--read",
        str(manifest),
        "-o",
        str(tmp_path / "model"),
        "--steps",
        "3",
    ]
    assert main(output) == 0
    assert main(["measure", str(tmp_path / "model"), "--manifest", str(manifest)]) == 0
    assert '"n": 5' in capsys.readouterr().out
    enrolled = [*output[:-3], str(tmp_path / "model" / "enrolled"), "--steps", "3", "--enrolled"]
    assert main(enrolled) == 0
    assert main(["measure", str(tmp_path / "model"), "--manifest", str(manifest)]) == 0
    assert '"enrolled": {' in capsys.readouterr().out


def test_configs_refuse_nonsense() -> None:
    with pytest.raises(ConfigError):
        EmotionConfig(labels=("a",))
    with pytest.raises(ConfigError):
        EmotionConfig(temperature=0.0)
