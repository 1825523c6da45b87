"""The bank: what it finds, mixes and scales, and that it comes back from disk as it was."""

import math
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from prototypes.bank import Prototype, StyleBank, parse_mix
from prototypes.prosody import FACTORS, LIMITS, StyleProsody, blend
from prototypes.sphere import along, convex
from prototypes.store import bank_report, load_bank, save_bank
from prototypes.targets import AXES, EMOTION_PROSODY, PITCH_PROSODY
from speechkit.errors import CheckpointError, ConfigError, StyleError
from speechkit.types import Style


def unit(seed: int, size: int = 8) -> Tensor:
    vector = torch.randn(size, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(vector, dim=0)


def standard_bank() -> StyleBank:
    items = []
    for number, values in enumerate(product(*AXES.values())):
        gender, emotion, pitch = values
        level = EMOTION_PROSODY[emotion].pitch_semitones + PITCH_PROSODY[pitch].pitch_semitones
        items.append(
            Prototype(
                labels=dict(zip(AXES, values, strict=True)),
                style=unit(number),
                prosody=replace(EMOTION_PROSODY[emotion], pitch_semitones=0.0),
                pitch_hz={"female": 200.0, "male": 110.0}[gender] * 2 ** (level / 12),
                score=0.9,
                candidates=8,
                record={"clips": [{"audio": f"{number}.flac"}]},
            )
        )
    return StyleBank(AXES, items, decoder="d", scorer="s")


BANK = standard_bank()


def test_24_styles_are_found_by_label() -> None:
    assert len(BANK) == 24 and BANK.names[0] == "female-neutral-low"
    item = BANK.find(Style(gender="male", emotion="sad", pitch="high"))
    assert item.labels == {"gender": "male", "emotion": "sad", "pitch": "high"} and item.name == "male-sad-high"


def test_open_axes_are_plain() -> None:
    assert BANK.find({"emotion": "happy"}).name == "female-happy-normal"
    assert BANK.find({}).name == "female-neutral-normal"


@pytest.mark.parametrize(
    "labels, words", [({"emotion": "merry"}, "neutral, happy, sad, angry"), ({"age": "old"}, "gender: female, male")]
)
def test_an_unknown_style_lists_the_valid_ones(labels: dict[str, str], words: str) -> None:
    with pytest.raises(StyleError, match=words):
        BANK.find(labels)


def test_a_bank_is_complete_or_refused() -> None:
    items = list(BANK)
    with pytest.raises(StyleError, match="24"):
        StyleBank(AXES, items[:-1])
    with pytest.raises(StyleError):
        StyleBank(AXES, [*items[:-1], items[0]])


def test_other_axes_work_alike() -> None:
    axes = {"mood": ("calm", "wild"), "speed": ("slow", "normal")}
    values = list(product(*axes.values()))
    items = [Prototype(labels=dict(zip(axes, v, strict=True)), style=unit(n)) for n, v in enumerate(values)]
    bank = StyleBank(axes, items)
    assert bank.find({"mood": "wild"}).name == "wild-normal"
    assert torch.allclose(
        bank.mix({"calm": 1, "wild": 1}, speed="slow").style, convex([items[0].style, items[2].style], [1, 1])
    )
    with pytest.raises(StyleError, match="no neutral"):
        bank.setting({"mood": "wild"}, 0.5)


def test_intensity_goes_from_neutral_through_the_prototype_and_beyond() -> None:
    label = {"gender": "male", "emotion": "angry", "pitch": "high"}
    neutral, angry = BANK.find({**label, "emotion": "neutral"}), BANK.find(label)
    levels = [BANK.setting(label, k) for k in (0.0, 0.5, 1.0, 1.5)]
    assert torch.allclose(levels[0].style, neutral.style, atol=1e-6) and levels[2] is angry
    assert levels[0].pitch_hz == pytest.approx(neutral.pitch_hz) and levels[0].prosody == StyleProsody()
    for name in ("energy_db", "tilt_db", "pitch_range", "speed"):
        figures = [getattr(setting.prosody, name) for setting in levels]
        assert figures == sorted(figures) and figures[0] < figures[-1], name
    hertz = [setting.pitch_hz for setting in levels]
    assert hertz == sorted(hertz)  # type: ignore[type-var]
    assert BANK.setting({"emotion": "neutral"}, 1.7) is BANK.find({})
    with pytest.raises(StyleError, match="intensity"):
        BANK.setting(label, 2.1)


def test_mixes_lie_between() -> None:
    sad, neutral = BANK.find({"emotion": "sad"}), BANK.find({})
    mixed = BANK.mix({"sad": 0.7, "neutral": 0.3})
    assert float(mixed.style.norm()) == pytest.approx(1, abs=1e-6)
    assert float(mixed.style @ sad.style) > float(mixed.style @ neutral.style)
    assert mixed.prosody.energy_db == pytest.approx(0.7 * sad.prosody.energy_db)
    assert mixed.pitch_hz == pytest.approx(
        math.exp(0.7 * math.log(sad.pitch_hz or 1) + 0.3 * math.log(neutral.pitch_hz or 1))
    )
    assert torch.allclose(BANK.mix({"sad": 5.0}).style, sad.style, atol=1e-6)
    assert torch.allclose(
        BANK.mix({"male-sad-low": 1.0}).style,
        BANK.find({"gender": "male", "emotion": "sad", "pitch": "low"}).style,
        atol=1e-6,
    )


@pytest.mark.parametrize("weights", [{}, {"sad": -1.0, "neutral": 2.0}, {"sad": 0.0}, {"merry": 1.0}])
def test_mixes_that_make_no_sense(weights: dict[str, float]) -> None:
    with pytest.raises(StyleError):
        BANK.mix(weights)


def test_nearest_is_itself() -> None:
    for item in BANK:
        found, cosine = BANK.nearest(3 * item.style)
        assert found.name == item.name and cosine == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("text", ["", "0.5*", "x*sad", "sad+sad", "nan*sad", "sad+"])
def test_mixes_are_written_one_way(text: str) -> None:
    with pytest.raises(StyleError, match=r"0\.7\*sad"):
        parse_mix(text)


def test_saved_and_loaded_is_the_same(tmp_path: Path) -> None:
    save_bank(tmp_path / "bank", BANK, card="# Bank", report={"candidates": 200})
    loaded = load_bank(tmp_path / "bank", decoder="d")
    for before, after in zip(BANK, loaded, strict=True):
        assert torch.equal(before.style, after.style)
        assert {k: v for k, v in vars(before).items() if k != "style"} == {
            k: v for k, v in vars(after).items() if k != "style"
        }
    assert (loaded.axes, loaded.scorer) == (BANK.axes, "s") and bank_report(tmp_path / "bank") == {"candidates": 200}


def test_a_bank_of_another_decoder_is_refused(tmp_path: Path) -> None:
    save_bank(tmp_path / "bank", BANK, card="")
    with pytest.raises(CheckpointError, match="build them again"):
        load_bank(tmp_path / "bank", decoder="other")


VECTORS = st.integers(0, 10_000).map(unit)


@given(st.lists(st.tuples(VECTORS, st.floats(0.01, 10)), min_size=1, max_size=5))
def test_convex_mixes_stay_on_the_sphere_and_ignore_scale(parts: list[tuple[Tensor, float]]) -> None:
    styles, weights = [p[0] for p in parts], [p[1] for p in parts]
    try:
        mixed = convex(styles, weights)
    except StyleError:
        return
    assert float(mixed.norm()) == pytest.approx(1, abs=1e-5)
    assert torch.allclose(mixed, convex(styles, [3 * weight for weight in weights]), atol=1e-5)


@given(VECTORS, VECTORS, st.floats(0, 2))
def test_the_great_circle_is_walked_evenly(start: Tensor, end: Tensor, share: float) -> None:
    angle = math.acos(max(-1.0, min(1.0, float(start @ end))))
    moved = along(start, end, share)
    assert float(moved.norm()) == pytest.approx(1, abs=1e-4)
    if 1e-2 < angle < math.pi - 1e-2:
        walked = math.acos(max(-1.0, min(1.0, float(start @ moved))))
        assert walked == pytest.approx(min(share * angle, max(angle, math.pi / 2)), abs=5e-3)


def test_opposite_styles_do_not_mix() -> None:
    with pytest.raises(StyleError, match="cancel"):
        convex([unit(1), -unit(1)], [1, 1])


SETTINGS = st.fixed_dictionaries(
    {name: st.floats(max(low, 0.1) if name in FACTORS else low, high) for name, (low, high) in LIMITS.items()}
)


@given(SETTINGS.map(lambda values: StyleProsody(**values)), st.floats(0, 2))
def test_scaled_settings_stay_within_their_limits(setting: StyleProsody, intensity: float) -> None:
    scaled = setting.scaled(intensity)
    for name, (low, high) in LIMITS.items():
        assert low <= getattr(scaled, name) <= high
    assert setting.scaled(0.0) == StyleProsody()


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="speed"):
        StyleProsody(speed=3.0)
    assert blend([]) == StyleProsody()
