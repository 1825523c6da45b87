"""Classification scores against scikit-learn, answer parsing, open-vocabulary scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.answers import LABEL_SETS, canonical_emotion, parse_answer, tagged_answer
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.classification import (
    STATISTICS,
    balanced_binary_accuracy,
    classification,
    precisions,
    weighted_f1,
)
from speechkit.metrics.confusion import confusion
from speechkit.metrics.open_vocabulary import (
    SMALL_MAPS,
    EmotionMaps,
    fold_words,
    hit_rate,
    open_vocabulary,
    wheel_lookup,
)

QUICK = BootstrapConfig(resamples=20)
LABELS = ("happy", "sad", "angry")
GOLD = st.lists(st.sampled_from(LABELS), min_size=1, max_size=15)


@given(GOLD, st.data())
def test_scores_equal_scikit_learn(gold: list[str], data: st.DataObject) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    answers = [data.draw(st.sampled_from([*LABELS, "<none>"])) for _ in gold]
    ours = {name: result.value for name, result in classification(gold, answers, LABELS, bootstrap=QUICK).items()}
    options = {"zero_division": 0, "labels": list(LABELS)}
    assert ours["WAR"] == ours["WA_printed"] == pytest.approx(metrics.accuracy_score(gold, answers))
    assert ours["macro_F1"] == pytest.approx(metrics.f1_score(gold, answers, average="macro", **options))
    assert ours["weighted_F1"] == pytest.approx(metrics.f1_score(gold, answers, average="weighted", **options))
    present = metrics.f1_score(gold, answers, average="macro", zero_division=0)
    assert ours["macro_F1_present"] == pytest.approx(present)
    precision = metrics.precision_score(gold, answers, average="weighted", **options)
    assert ours["WA_table"] == ours["weighted_precision"] == pytest.approx(precision)
    recall = metrics.recall_score(gold, answers, average="macro", labels=sorted(set(gold)), zero_division=0)
    assert ours["UAR"] == pytest.approx(recall)


def test_the_name_wa_alone_is_not_used() -> None:
    assert "WA" not in STATISTICS
    assert {"WA_printed", "WA_table"} <= set(STATISTICS)


def test_other_readings_of_wa_do_not_give_the_published_number() -> None:
    """IEMOCAP, EmoOmni row: only the support-weighted precision is 67.12 (metrics.md 5.2)."""
    support = np.array([1555, 560, 999, 1015, 38, 98])
    hits, predicted = np.array([1117, 497, 222, 632, 0, 12]), np.array([2139, 1110, 250, 741, 0, 25])
    total = support.sum()
    recall, negatives = hits / support, total - support
    balanced = (recall + (negatives - (predicted - hits)) / negatives) / 2
    f1 = 2 * hits / (support + predicted)
    assert [100 * balanced.mean(), 100 * (support @ balanced) / total] == pytest.approx([66.54, 70.61], abs=0.006)
    assert 100 * (support @ f1) / total == pytest.approx(55.77, abs=0.006)
    assert 100 * (hits / np.maximum(predicted, 1)).mean() == pytest.approx(53.18, abs=0.006)


def test_swapped_columns_of_the_published_sft_table() -> None:
    support = np.array([1555, 560, 999, 1015, 38, 98])
    first = np.array([76.78, 75.36, 27.53, 55.17, 7.89, 9.19])
    second = np.array([69.74, 78.43, 28.38, 57.26, 9.68, 24.31])
    hits = first / 100 * support
    assert np.abs(hits - hits.round()).max() < 0.08  # two decimals of a percent of 1,555
    assert hits.round().tolist() == [1194, 422, 275, 560, 3, 9]
    assert (hits.round() / second * 100).round().sum() == 4265
    assert [first.mean(), second.mean()] == pytest.approx([41.99, 44.63], abs=0.006)
    assert 100 * hits.round().sum() / support.sum() == pytest.approx(57.75, abs=0.006)


def test_classes_without_gold_and_single_classes() -> None:
    result = classification(["a", "a"], ["a", "b"], ["a", "b", "c"], bootstrap=QUICK)["UAR"]
    assert result.value == 0.5
    assert result.details["classes_without_gold"] == ["b", "c"]
    assert "only one class" in result.warnings[0]
    assert result.params["labels"] == ["a", "b", "c"]
    assert classification([], [], ["a"])["UAR"].null_reason == "no_items"
    assert classification(["a"], ["a"], ["a"])["UAR"].ci95 is None


def test_intervals_follow_clusters() -> None:
    gold, answers = ["a"] * 4 + ["b"] * 4, ["a"] * 4 + ["a"] * 4
    clusters = ["x"] * 4 + ["y"] * 4
    assert classification(gold, answers, ["a", "b"], clusters=clusters)["WAR"].ci95 == (0.0, 1.0)


def test_confusion_checks_its_input() -> None:
    table = confusion(["a", "b"], ["b", "?"], ["a", "b"])
    assert table.counts.tolist() == [[0, 1, 0], [0, 0, 1]]
    assert table.predicted.tolist() == [0, 1]
    assert table.recalls() == {"a": 0.0, "b": 0.0}
    assert precisions(table.counts).tolist() == [0.0, 0.0]
    assert weighted_f1(table.counts) == 0.0
    with pytest.raises(ConfigError, match="gold labels"):
        confusion(["c"], ["a"], ["a", "b"])
    with pytest.raises(ShapeError):
        confusion(["a"], [], ["a"])


def test_balanced_binary_accuracy() -> None:
    assert balanced_binary_accuracy([True, True, False, False], [True, False, False, False]) == 0.75
    assert balanced_binary_accuracy([True], [True]) is None


@pytest.mark.parametrize(
    "text,strict,lenient",
    [
        ("<think>x</think><answer>Happy</answer>", "happy", "happy"),
        ("<answer>sad</answer> no, <ANSWER> **Surprised!** </ANSWER>", "surprise", "surprise"),
        ("<answer>joy</answer>", "happy", "happy"),
        ("<answer>maybe happy</answer> happy", "<none>", "<none>"),
        ("“Angry”。", "angry", "angry"),
        ("I think. The person is clearly angry.", "<none>", "angry"),
        ("Not happy! It is sad or angry", "<none>", "<none>"),
        ("", "<none>", "<none>"),
        ("...", "<none>", "<none>"),
    ],
)
def test_answers(text: str, strict: str, lenient: str) -> None:
    labels = LABEL_SETS["dfew"]
    assert parse_answer(text, labels) == strict
    assert parse_answer(text, labels, mode="lenient") == lenient


def test_answer_helpers() -> None:
    assert tagged_answer("none") is None
    assert canonical_emotion("Fearful.") == "fear"
    assert [len(LABEL_SETS[name]) for name in ("dfew", "mafw", "ravdess", "mer2025", "iemocap", "meld", "omnicot")] == [
        7, 11, 8, 6, 6, 7, 7,
    ]  # fmt: skip
    assert all(canonical_emotion(label) == label for labels in LABEL_SETS.values() for label in labels)
    with pytest.raises(ConfigError, match="mode"):
        parse_answer("", LABELS, mode="other")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="distinct"):
        parse_answer("", [])


def test_words_are_folded_onto_a_wheel() -> None:
    first, second = (wheel_lookup(SMALL_MAPS.wheels["small"], level) for level in (1, 2))
    assert fold_words(["Happily ", "joy", "xyz"], SMALL_MAPS, first) == {"happy"}
    assert fold_words(["joy", "calm", "happy"], SMALL_MAPS, second) == {"joyful", "content"}
    assert fold_words(["rage"], SMALL_MAPS, first) == {"angry"}
    open_maps = EmotionMaps(wheels={"w": {"a": {}}})
    assert fold_words(["a", "b"], open_maps, wheel_lookup(open_maps.wheels["w"], 2)) == {"a"}
    with pytest.raises(ConfigError, match="level"):
        wheel_lookup({}, 3)
    with pytest.raises(ConfigError, match="wheel"):
        EmotionMaps(wheels={})


def test_open_vocabulary_against_a_slow_twin() -> None:
    rng = np.random.default_rng(0)
    words = sorted(SMALL_MAPS.forms)
    gold = [rng.choice(words, 2).tolist() for _ in range(12)] + [["nothing"]]
    answers = [rng.choice(words, int(rng.integers(0, 4))).tolist() for _ in range(13)]
    results = open_vocabulary(gold, answers, SMALL_MAPS, bootstrap=QUICK)
    for level in (1, 2):
        lookup = wheel_lookup(SMALL_MAPS.wheels["small"], level)
        pairs = [
            (fold_words(g, SMALL_MAPS, lookup), fold_words(p, SMALL_MAPS, lookup))
            for g, p in zip(gold, answers, strict=True)
        ]
        used = [(g, p) for g, p in pairs if g]
        precision = np.mean([len(g & p) / len(p) if p else 0 for g, p in used])
        recall = np.mean([len(g & p) / len(g) if p else 0 for g, p in used])
        assert results[f"OV_level{level}"].value == pytest.approx(2 * precision * recall / (precision + recall))
    levels = [results[f"OV_level{level}"].value for level in (1, 2)]
    assert results["OV"].value == pytest.approx(np.mean(levels))  # type: ignore[arg-type]
    assert results["OV"].skipped_reasons == {"no_gold_on_wheels": 1}
    assert results["OV"].details["mean_gold"] > 0


def test_open_vocabulary_edges() -> None:
    assert open_vocabulary([], [], SMALL_MAPS)["OV"].null_reason == "no_items"
    assert open_vocabulary([["?"]], [["happy"]], SMALL_MAPS)["OV"].null_reason == "no_gold_on_wheels"
    assert open_vocabulary([["happy"]], [["sad"]], SMALL_MAPS)["OV"].value == 0.0
    assert hit_rate([], [], SMALL_MAPS)["HIT"].null_reason == "no_items"
    off = hit_rate(["?", "happy"], [["happy"], ["happy", "sad"]], SMALL_MAPS, bootstrap=QUICK)
    assert (off["HIT"].value, off["M"].value, off["HIT"].skipped_reasons) == (1.0, 0.5, {"gold_off_wheel": 1})
    nothing_allowed = hit_rate(["happy"], [["happy"]], SMALL_MAPS, candidates=[])
    assert nothing_allowed["M"].value == 0.0
