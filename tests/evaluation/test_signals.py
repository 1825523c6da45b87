"""Augmentations and alignment against slower or exact twins."""

import itertools

import numpy as np
import pytest

from speechkit.errors import ConfigError
from speechkit.evaluation.alignment import SILENCE, forced_path, frame_labels
from speechkit.evaluation.augment import (
    AugmentationConfig,
    add_noise,
    augment,
    augmentations,
    shift_pitch,
    stretch_time,
)
from speechkit.evaluation.plots import bars, histogram, matrix, scatter

RATE = 16000
CONFIG = AugmentationConfig()


def sine(frequency: float, seconds: float = 1.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def peak_frequency(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * RATE / len(samples))


def test_noise_has_the_asked_level() -> None:
    clean = sine(200)
    noise = add_noise(clean, 20.0, 0) - clean
    assert 10 * np.log10(np.mean(clean**2) / np.mean(noise**2)) == pytest.approx(20.0, abs=0.2)


@pytest.mark.parametrize("semitones", [-2.0, 2.0])
def test_pitch_moves_and_the_length_stays(semitones: float) -> None:
    shifted = shift_pitch(sine(440), RATE, semitones)
    assert len(shifted) == RATE
    assert peak_frequency(shifted[2000:-2000]) == pytest.approx(440 * 2 ** (semitones / 12), rel=0.005)


@pytest.mark.parametrize("speed", [0.9, 1.0, 1.1])
def test_speed_changes_the_length_and_the_pitch_stays(speed: float) -> None:
    stretched = stretch_time(sine(440), speed)
    assert len(stretched) == round(RATE / speed)
    assert peak_frequency(stretched[2000:-2000]) == pytest.approx(440, rel=0.005)


@pytest.mark.parametrize("name", augmentations(CONFIG))
@pytest.mark.parametrize("samples", [1, 50, 999, 16001])
def test_any_length_works_and_repeats(name: str, samples: int) -> None:
    clean = sine(200, 2.0)[:samples]
    first, second = (augment(clean, RATE, name, "item", CONFIG) for _ in range(2))
    assert first.dtype == np.float32
    assert np.array_equal(first, second)
    assert np.abs(first).max(initial=0.0) <= 1
    assert np.isfinite(first).all()


def test_random_numbers_belong_to_the_item() -> None:
    assert not np.array_equal(
        augment(sine(200), RATE, "noise", "a", CONFIG), augment(sine(200), RATE, "noise", "b", CONFIG)
    )


@pytest.mark.parametrize("changes", [{"stretch": 0.6}, {"semitones": 0.0}, {"reverberation_seconds": 0.0}])
def test_config_refuses(changes: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        AugmentationConfig(**changes)


def best_by_force(scores: np.ndarray, labels: list[int], blank: int) -> float:
    """The likeliest path that collapses to `labels`, by trying all."""
    best = -np.inf
    for path in itertools.product(range(scores.shape[1]), repeat=len(scores)):
        merged = [label for i, label in enumerate(path) if label != blank and (i == 0 or label != path[i - 1])]
        if merged == labels:
            best = max(best, float(sum(scores[t, label] for t, label in enumerate(path))))
    return best


@pytest.mark.parametrize("labels", [[], [0], [0, 1], [0, 0], [1, 0, 1], [1, 1, 0], [0, 1, 1, 0]])
def test_alignment_is_the_likeliest_path(labels: list[int]) -> None:
    blank = 2
    scores = np.random.default_rng(len(labels)).standard_normal((6, 3))
    path = forced_path(scores, labels, blank)
    assert path is not None
    ids = [blank if position < 0 else labels[position] for position in path]
    assert sum(scores[t, label] for t, label in enumerate(ids)) == pytest.approx(best_by_force(scores, labels, blank))
    assert sorted(set(path) - {-1}) == list(range(len(labels)))


def test_too_few_frames_do_not_align() -> None:
    assert forced_path(np.zeros((1, 3)), [0, 1], 2) is None
    assert forced_path(np.zeros((2, 3)), [0, 0], 2) is None
    assert forced_path(np.zeros((0, 3)), [], 2) is None


def test_spikes_spread_to_their_neighbours() -> None:
    labels = frame_labels([-1, -1, 0, -1, -1, 1, -1, -1, -1, -1], ["a", "b"], reach=2)
    assert labels == ["a", "a", "a", "a", "b", "b", "b", "b", SILENCE, SILENCE]
    assert frame_labels([-1, -1], [], reach=2) == [SILENCE] * 2


def test_plots_hold_no_nan_and_no_script() -> None:
    drawn = [
        bars({"a": 0.5, "b": None, "<c>": -1.0}, {"a": (0.4, 0.6), "b": None}),
        bars({}),
        histogram([1.0, 2.0, float("nan")], label="x"),
        histogram([], label="x"),
        matrix([[1, 2], [0, 0]], ["a", "b"], ["a", "b"]),
        scatter([(0, 1), (1, 1)], x_label="x", y_label="y"),
        scatter([], x_label="x", y_label="y"),
    ]
    for svg in drawn:
        assert svg.startswith("<svg")
        assert "nan" not in svg
        assert "<c>" not in svg
