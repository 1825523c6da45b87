"""Error rates against jiwer under every protocol, and what is left out when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.error_rate import error_rate
from speechkit.metrics.text_protocols import normalise_text

QUICK = BootstrapConfig(resamples=20)
SENTENCES = st.lists(
    st.lists(st.sampled_from(["one", "Two,", "it's", "colour", "a"]), min_size=1, max_size=6).map(" ".join),
    min_size=1,
    max_size=4,
)
HANZI = st.lists(
    st.text("今天气真好，。", min_size=1, max_size=8).filter(lambda t: t.strip("，。")), min_size=1, max_size=4
)


@given(SENTENCES, st.data(), st.sampled_from(["emova_tts", "emova_asr", "emova_instr", "seedtts", "emoomni"]))
def test_english_equals_jiwer(references: list[str], data: st.DataObject, protocol: str) -> None:
    jiwer = pytest.importorskip("jiwer", reason="jiwer is not installed")
    hypotheses = [data.draw(SENTENCES)[0] for _ in references]
    result = error_rate(references, hypotheses, language="en", protocol=protocol, bootstrap=QUICK)  # type: ignore[arg-type]
    left = [normalise_text(text, "en", protocol) for text in references]
    right = [normalise_text(text, "en", protocol) for text in hypotheses]
    each = [jiwer.wer(ref, hyp) for ref, hyp in zip(left, right, strict=True)]
    assert result.details["micro"] == pytest.approx(jiwer.wer(left, right))
    assert result.details["macro"] == pytest.approx(sum(each) / len(each))
    assert result.value == result.details[result.params["aggregate"]]


@given(HANZI, st.data())
def test_mandarin_equals_jiwer(references: list[str], data: st.DataObject) -> None:
    jiwer = pytest.importorskip("jiwer", reason="jiwer is not installed")
    hypotheses = [data.draw(HANZI)[0] for _ in references]
    result = error_rate(references, hypotheses, language="zh", protocol="emova_tts", bootstrap=QUICK)
    left = [normalise_text(text, "zh", "emova_tts") for text in references]
    right = [normalise_text(text, "zh", "emova_tts") for text in hypotheses]
    assert (result.metric, result.value) == ("CER", pytest.approx(jiwer.cer(left, right)))


def test_left_out_hypotheses_are_counted() -> None:
    result = error_rate(["a b", "c d", "", ""], ["a b", None, "", "x"], language="en", bootstrap=QUICK)
    assert result.skipped_reasons == {"missing_hypothesis": 1, "empty_ref": 1}
    assert result.value == pytest.approx((0 + 1) / 2)  # text where silence was expected counts 1
    assert result.details["strict_value"] == pytest.approx((0 + 1 + 1) / 3)
    micro = error_rate(["a b", "c d", "x"], ["a b", None, "x y"], language="en", protocol="emova_asr", bootstrap=QUICK)
    assert micro.value == pytest.approx(1 / 3)
    assert micro.details["strict_value"] == pytest.approx(3 / 5)
    assert (micro.details["insertions"], micro.details["hits"], micro.details["reference_tokens"]) == (1, 3, 3)


def test_empty_hypotheses_count_unless_parity() -> None:
    pair = (["a b", "c"], ["a b", " "])
    assert error_rate(*pair, language="en", protocol="emoomni", bootstrap=QUICK).value == 0.5
    parity = error_rate(*pair, language="en", protocol="emoomni", parity=True, bootstrap=QUICK)
    assert (parity.value, parity.skipped_reasons) == (0.0, {"empty_hypothesis": 1})
    assert parity.details["strict_value"] == 0.5


def test_long_hypotheses_are_left_out_with_parity_only() -> None:
    pair = (["a", "b"], ["a", "b" * 1001])
    assert error_rate(*pair, language="en", protocol="emova_asr", bootstrap=QUICK).value == 0.5
    parity = error_rate(*pair, language="en", protocol="emova_asr", parity=True, bootstrap=QUICK)
    assert (parity.value, parity.skipped_reasons) == (0.0, {"hypothesis_too_long": 1})


def test_traditional_hypotheses() -> None:
    same = error_rate(
        ["汉语"], ["漢語"], language="zh", simplify=lambda text: text.translate(str.maketrans("漢語", "汉语"))
    )
    assert same.value == 0.0
    assert error_rate(["汉语"], ["漢語"], language="zh").value == 1.0
    pytest.importorskip("zhconv", reason="zhconv is not installed")
    assert error_rate(["汉语"], ["漢語"], language="zh", parity=True).value == 0.0


def test_names_and_languages() -> None:
    auto = error_rate(["你好", "a b"], ["你好", "a c"], language="auto", protocol="emoomni", bootstrap=QUICK)
    assert (auto.metric, auto.value) == ("WER", 0.25)
    mixed = error_rate(["我用python"], ["我用java"], language="zh", mixed=True)
    assert (mixed.metric, mixed.value) == ("MER", pytest.approx(1 / 3))
    assert mixed.details["percent"] == 33.333
    assert auto.details["macro_below_50_percent"] == 0.25


def test_bad_input_is_refused() -> None:
    with pytest.raises(ShapeError):
        error_rate(["a"], [], language="en")
    with pytest.raises(ConfigError, match="protocol"):
        error_rate([], [], language="en", protocol="other")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="language"):
        error_rate([], [], language="fr")  # type: ignore[arg-type]
