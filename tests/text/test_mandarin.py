"""speechkit.text.mandarin and tone_sandhi: pinyin spelling, neutral tones, sandhi."""

import pytest

from speechkit.errors import TextError
from speechkit.text import EMOVA240, EMOVA271
from speechkit.text.mandarin import mandarin_phones, phones_from_pinyin, pinyin


def spelled(syllable: str) -> str:
    return " ".join(label.removeprefix("CN_") for label in phones_from_pinyin(syllable))


@pytest.mark.parametrize(
    ("syllable", "phones"),
    [
        ("ba1", "b a1"), ("zhuang4", "zh uang4"), ("yu2", "v2"), ("yuan2", "van2"), ("yue4", "ve4"),
        ("yun4", "vn4"), ("you3", "iou3"), ("yan2", "ian2"), ("yin1", "in1"), ("wa1", "ua1"),
        ("wo3", "uo3"), ("wai4", "uai4"), ("wei4", "ui4"), ("wan3", "uan3"), ("wen2", "un2"),
        ("wang2", "uang2"), ("weng1", "u1 eng1"), ("wu3", "u3"), ("yi1", "i1"), ("ya2", "ia2"),
        ("ye3", "ie3"), ("yao4", "iao4"), ("yang2", "iang2"), ("ying2", "ing2"), ("yong4", "iong4"),
        ("yo1", "i1 o1"), ("ju2", "j v2"), ("que4", "q ve4"), ("xuan1", "x van1"), ("jun1", "j vn1"),
        ("zhi1", "zh iii1"), ("chi2", "ch iii2"), ("shi3", "sh iii3"), ("ri4", "r iii4"),
        ("zi3", "z ii3"), ("ci2", "c ii2"), ("si4", "s ii4"), ("liu2", "l iou2"), ("er2", "e2 rr"),
        ("lv3", "l v3"), ("lü3", "l v3"), ("nu:3", "n v3"), ("lue4", "l ve4"), ("de5", "d e5"),
        ("de", "d e5"), ("_nia1", "n ia1"), ("_lvan2", "l van2"), ("Gui4", "g ui4"), ("r5", "rr"),
        ("men5", "m en5"), ("tou5", "t ou4"),
    ],
)  # fmt: skip
def test_spelling(syllable: str, phones: str) -> None:
    assert spelled(syllable) == phones


@pytest.mark.parametrize("syllable", ["hm1", "_hng2", "m4", "ng2", "bva1", "zzz3", "v", "你", "", "ba6"])
def test_syllables_outside_the_inventory_are_refused(syllable: str) -> None:
    if syllable == "v":
        assert spelled(syllable) == "v4"
        return
    with pytest.raises(TextError):
        phones_from_pinyin(syllable)


def test_neutral_tones() -> None:
    assert mandarin_phones("石头")[-1] == "CN_ou2"
    assert mandarin_phones("石头", neutral="fourth")[-1] == "CN_ou4"
    assert mandarin_phones("石头", neutral="extend")[-1] == "CN_ou5"
    assert mandarin_phones("的", neutral="fourth") == ["CN_d", "CN_e5"]
    assert phones_from_pinyin("tou5", neutral="extend") == ["CN_t", "CN_ou5"]


@pytest.mark.parametrize("call", [mandarin_phones, phones_from_pinyin])
def test_an_unknown_neutral_option_is_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TextError, match="citation"):
        call("ba1", neutral="none")


@pytest.mark.parametrize(
    ("text", "syllables"),
    [
        ("你好", "ni2 hao3"), ("我很好", "wo2 hen2 hao3"), ("雨伞", "yu2 san3"), ("一个", "yi2 ge4"),
        ("一切", "yi2 qie4"), ("一天", "yi4 tian1"), ("一年", "yi4 nian2"), ("一起", "yi4 qi3"),
        ("第一天", "di4 yi1 tian1"), ("十一", "shi2 yi1"), ("一二三", "yi1 er4 san1"), ("唯一", "wei2 yi1"),
        ("看一看", "kan4 yi5 kan4"), ("不是", "bu2 shi4"), ("不好", "bu4 hao3"), ("不", "bu4"),
        ("我，你", "wo3 ni3"), ("一百", "yi4 bai3"),
    ],
)  # fmt: skip
def test_sandhi(text: str, syllables: str) -> None:
    assert " ".join(pinyin(text)[1]) == syllables


def test_without_sandhi_tones_are_citation_tones() -> None:
    assert pinyin("一个不是你好", sandhi=False)[1] == ["yi1", "ge4", "bu4", "shi4", "ni3", "hao3"]


def test_readings_by_context() -> None:
    assert pinyin("银行行长")[1] == ["yin2", "hang2", "hang2", "zhang3"]


def test_hummed_syllables_stay_in_the_inventory() -> None:
    assert set(mandarin_phones("嗯呣哼欸噷哟")) <= set(EMOVA240)


def test_every_syllable_of_common_characters_is_in_the_inventory() -> None:
    common = "".join(chr(code) for code in range(0x4E00, 0x9FA6, 7))
    assert set(mandarin_phones(common)) <= set(EMOVA240)
    assert set(mandarin_phones(common, neutral="extend")) <= set(EMOVA271)
