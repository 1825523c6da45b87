"""speechkit.text.letter_to_sound: the bundled model, its file format, and the recipe that makes it."""

import json
from pathlib import Path

import pytest

from recipes import letter_to_sound as recipe
from speechkit.text.letter_to_sound import LetterToSound, sound_out


def test_bundled_model_reads_new_words() -> None:
    assert sound_out("blick") == ["B", "L", "IH1", "K"]
    assert sound_out("") == []
    assert sound_out("b1é") == sound_out("b")


def test_held_out_words() -> None:
    held_out = dict(list(recipe.split_words()[1].items())[::60])
    report = recipe.measure(LetterToSound.from_bytes(recipe_bytes()), held_out)
    assert report["phone_error_unstressed"] < 0.11
    assert report["phone_error"] < 0.15


def recipe_bytes() -> bytes:
    from importlib import resources

    return resources.files("speechkit.text").joinpath("data/letter_to_sound.xz").read_bytes()


def test_pack_and_unpack() -> None:
    levels = [{(0,): 0.5, (1,): 0.3, (2,): 0.2}, {(0, 2): 0.9, (2, 1): 0.8}]
    model = recipe.build(levels, [recipe.START, recipe.END, ("a", "AH0")])
    again = LetterToSound.from_bytes(model.to_bytes())
    assert again == model
    assert again.pronounce("a") == ["AH0"]


def test_bundled_model_is_small() -> None:
    assert len(recipe_bytes()) <= 1_000_000


def test_alignment_takes_the_best_path() -> None:
    score = {("x", "K S"): 0.0, ("o", "AA1"): 0.0, ("b", "B"): 0.0}
    assert recipe.align("box", ["B", "AA1", "K", "S"], score) == [("b", "B"), ("o", "AA1"), ("x", "K S")]


@pytest.mark.parametrize(("one", "other", "distance"), [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3)])
def test_edit_distance(one: str, other: str, distance: int) -> None:
    assert recipe.edit_distance(one, other) == distance


def test_recipe_runs_and_is_repeatable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / "one.xz", tmp_path / "two.xz"]
    for file in files:
        recipe.main(["--output", str(file), "--words", "60", "--order", "3", "--rounds", "1", "--rare", "1"])
    assert files[0].read_bytes() == files[1].read_bytes()
    assert json.loads(capsys.readouterr().out.splitlines()[0])["nodes"] > 100


def test_probabilities_sum_to_one() -> None:
    sentences = [[0, 2, 3, 1], [0, 2, 2, 1], [0, 3, 3, 2, 1]]
    levels = recipe.smooth(recipe.count_grams(sentences, 3), 4)
    assert sum(levels[0].values()) == pytest.approx(1.0, abs=0.3)
    assert all(0 < probability <= 1 for level in levels for probability in level.values())
