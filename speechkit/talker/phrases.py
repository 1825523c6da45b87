"""Words for style: how English and Mandarin speakers ask for a header value. Data of `speechkit.talker.instructions`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Wording:
    """Ways to ask for one value, by their place in a sentence."""

    adjectives: tuple[str, ...] = ()
    """Of a voice: "a sad voice", 难过的声音."""
    adverbs: tuple[str, ...] = ()
    """Of speaking: "speak sadly", 难过地说."""
    clauses: tuple[str, ...] = ()
    """Beside the rest: "with a high pitch", 音调高一点."""
    persons: tuple[str, ...] = ()
    """Who speaks: "a woman", 女生."""


ENGLISH: Mapping[tuple[str, str], Wording] = {
    ("gender", "female"): Wording(
        adjectives=("female", "feminine", "woman's", "girl's", "lady's"),
        clauses=("as a woman", "like a woman", "with a woman's voice", "in a female voice", "female voice",
        "by a female speaker"),
        persons=("woman", "lady", "girl", "female speaker", "female narrator", "actress", "mother"),
    ),
    ("gender", "male"): Wording(
        adjectives=("male", "masculine", "man's", "boy's", "gentleman's"),
        clauses=("as a man", "like a man", "with a man's voice", "in a male voice", "male voice", "by a male speaker"),
        persons=("man", "gentleman", "boy", "male speaker", "male narrator", "guy", "father"),
    ),
    ("emotion", "neutral"): Wording(
        adjectives=("neutral", "calm", "even", "plain", "natural", "matter-of-fact", "relaxed", "steady", "composed"),
        adverbs=("calmly", "neutrally", "naturally", "plainly", "evenly", "without emotion", "clearly"),
        clauses=("in a neutral tone", "with no emotion", "with a calm tone", "without any feeling", "keeping it neutral"),
    ),
    ("emotion", "happy"): Wording(
        adjectives=("happy", "cheerful", "joyful", "glad", "delighted", "excited", "upbeat", "merry", "bright", "smiling",
                    "enthusiastic", "playful", "encouraging", "jolly", "thrilled"),
        adverbs=("happily", "cheerfully", "joyfully", "gladly", "excitedly", "merrily", "brightly", "with joy",
                 "enthusiastically", "with a smile", "with delight"),
        clauses=("full of joy", "as if you had won a prize", "sounding happy", "in a happy tone",
        "as if it were your birthday",
                 "with happiness", "smiling as you speak", "like good news", "sounding excited"),
    ),
    ("emotion", "sad"): Wording(
        adjectives=("sad", "sorrowful", "unhappy", "mournful", "gloomy", "melancholy", "tearful", "heartbroken", "regretful",
                    "depressed", "downcast", "miserable", "grieving"),
        adverbs=("sadly", "sorrowfully", "mournfully", "gloomily", "unhappily", "tearfully", "regretfully", "with sorrow",
                 "with regret", "with grief"),
        clauses=("close to tears", "as if you had lost a friend", "sounding sad", "in a sad tone", "full of sorrow",
                 "with sadness", "about to cry", "like bad news", "with a heavy heart", "with sympathy"),
    ),
    ("emotion", "angry"): Wording(
        adjectives=("angry", "furious", "annoyed", "irritated", "mad", "outraged", "indignant", "enraged", "cross", "bitter"),
        adverbs=("angrily", "furiously", "with anger", "indignantly", "irritably", "in anger", "with fury", "madly"),
        clauses=("full of rage", "as if you had been insulted", "sounding angry", "in an angry tone", "in a rage",
                 "with indignation", "having lost your temper", "sounding annoyed", "fed up"),
    ),
    ("pitch", "low"): Wording(
        adjectives=("low", "deep", "low-pitched", "lower"),
        clauses=("with a low pitch", "with low pitch", "in a low register", "low pitch", "a little lower in pitch",
        "with a deep tone",
                 "at a lower pitch", "pitched low"),
    ),
    ("pitch", "normal"): Wording(
        clauses=("with normal pitch", "at normal pitch", "with an average pitch", "normal pitch", "with a medium pitch"),
    ),
    ("pitch", "high"): Wording(
        adjectives=("high", "high-pitched", "shrill", "higher", "squeaky"),
        clauses=("with a high pitch", "with high pitch", "in a high register", "high pitch", "a little higher in pitch",
                 "at a higher pitch", "pitched high", "a little higher"),
    ),
    ("speed", "slow"): Wording(
        adjectives=("slow", "unhurried", "leisurely"),
        adverbs=("slowly", "very slowly", "unhurriedly", "a little slower", "more slowly", "at a slow pace", "rather slow"),
        clauses=("at a slow speed", "taking your time", "at a slow pace", "slow speed", "with long pauses", "in slow motion",
                 "speaking slowly", "not so fast", "slower than usual", "take it slow", "at low speed"),
    ),
    ("speed", "normal"): Wording(
        clauses=("at normal speed", "at a normal pace", "at an average speed", "normal speed", "at a medium pace"),
    ),
    ("speed", "fast"): Wording(
        adjectives=("fast", "quick", "hurried", "rapid", "brisk"),
        adverbs=("fast", "quickly", "rapidly", "very fast", "a little faster", "hurriedly", "swiftly",
        "at a fast pace", "briskly"),
        clauses=("at a high speed", "in a hurry", "at a fast pace", "fast speed", "speaking quickly", "without pausing",
                 "faster than usual", "quick pace", "at a brisk pace", "as if late for a train", "at high speed"),
    ),
    ("energy", "soft"): Wording(
        adjectives=("soft", "quiet", "whispering", "hushed", "gentle", "faint", "low-volume"),
        adverbs=("softly", "quietly", "in a whisper", "gently", "under your breath", "very quietly", "whispering"),
        clauses=("at low volume", "in a whisper", "as if someone were asleep", "keeping your voice down", "soft volume",
                 "without raising your voice", "whispering"),
    ),
    ("energy", "normal"): Wording(
        clauses=("at normal volume", "with normal volume", "at an average loudness", "normal volume", "at medium volume"),
    ),
    ("energy", "loud"): Wording(
        adjectives=("loud", "powerful", "strong", "shouting", "booming", "forceful"),
        adverbs=("loudly", "very loudly", "powerfully", "at the top of your voice", "forcefully", "louder", "out loud"),
        clauses=("at full volume", "with a loud voice", "shouting", "so that everyone hears it", "loud volume",
        "with great energy",
                 "raising your voice", "at high volume"),
    ),
}  # fmt: skip

MANDARIN: Mapping[tuple[str, str], Wording] = {
    ("gender", "female"): Wording(
        adjectives=("女性", "女生", "女人", "女士"), clauses=("用女声", "女声", "女性声音", "声音是女的", "由女性来说"),
        persons=("女生", "女士", "女孩", "女人", "女播音员", "阿姨", "姑娘"),
    ),
    ("gender", "male"): Wording(
        adjectives=("男性", "男生", "男人", "男士"), clauses=("用男声", "男声", "男性声音", "声音是男的", "由男性来说"),
        persons=("男生", "男士", "男孩", "男人", "男播音员", "叔叔", "小伙子"),
    ),
    ("emotion", "neutral"): Wording(
        adjectives=("平静", "中性", "自然", "平和", "平淡", "冷静"), adverbs=("平静", "自然", "平和", "平淡", "不带感情"),
        clauses=("语气平和", "不要带情绪", "情绪中性", "语气自然", "没有感情色彩"),
    ),
    ("emotion", "happy"): Wording(
        adjectives=("高兴", "开心", "快乐", "欢快", "喜悦", "兴奋", "愉快", "俏皮", "带笑", "激动", "鼓励"),
        adverbs=("高兴", "开心", "快乐", "欢快", "兴奋", "愉快", "笑着", "满心欢喜"),
        clauses=("语气欢快", "听起来很开心", "情绪高兴", "像有好消息一样", "带着笑意", "语气愉快", "心情很好"),
    ),
    ("emotion", "sad"): Wording(
        adjectives=("难过", "悲伤", "伤心", "忧伤", "沮丧", "哀伤", "痛苦", "带着歉意", "带着难过"),
        adverbs=("难过", "悲伤", "伤心", "忧伤", "哭着", "沮丧", "悲痛"),
        clauses=("语气悲伤", "听起来很难过", "情绪低落", "像快要哭了一样", "带着哭腔", "心情沉重", "带着难过与同情"),
    ),
    ("emotion", "angry"): Wording(
        adjectives=("生气", "愤怒", "恼火", "气愤", "暴躁", "愤慨"), adverbs=("生气", "愤怒", "气愤", "恼火",
        "怒气冲冲", "气呼呼"),
        clauses=("语气愤怒", "听起来很生气", "情绪激愤", "像在发火一样", "带着怒气", "火冒三丈"),
    ),
    ("pitch", "low"): Wording(
        adjectives=("低沉", "音调低", "低音", "略低"), clauses=("音调低一点", "音调低", "低音调", "声音低沉",
        "音高偏低", "调子放低"),
    ),
    ("pitch", "normal"): Wording(clauses=("音调正常", "正常音调", "音高适中", "音调适中")),
    ("pitch", "high"): Wording(
        adjectives=("高亢", "音调高", "高音", "尖细", "略高"), clauses=("音调高一点", "音调高", "高音调", "声音尖一点",
        "音高偏高", "调子提高"),
    ),
    ("speed", "slow"): Wording(
        adjectives=("缓慢", "慢悠悠", "语速慢"), adverbs=("慢慢", "缓慢", "慢悠悠", "不慌不忙", "放慢速度"),
        clauses=("语速慢一点", "语速慢", "放慢语速", "说慢一点", "慢速", "不要着急", "语速放缓"),
    ),
    ("speed", "normal"): Wording(clauses=("语速正常", "正常语速", "语速适中", "速度中等")),
    ("speed", "fast"): Wording(
        adjectives=("快速", "急促", "语速快"), adverbs=("快速", "飞快", "急匆匆", "急促", "加快速度", "很快"),
        clauses=("语速快一点", "语速快", "加快语速", "说快一点", "快速", "像赶时间一样", "语速加快"),
    ),
    ("energy", "soft"): Wording(
        adjectives=("轻柔", "小声", "轻声", "微弱"), adverbs=("轻轻", "小声", "轻声", "悄悄", "低声"),
        clauses=("声音轻一点", "音量小一点", "音量低", "像耳语一样", "声音小", "压低嗓门"),
    ),
    ("energy", "normal"): Wording(clauses=("音量正常", "正常音量", "音量适中", "音量中等")),
    ("energy", "loud"): Wording(
        adjectives=("响亮", "大声", "洪亮", "有力"), adverbs=("大声", "响亮", "用力", "放声", "高声"),
        clauses=("声音大一点", "音量大一点", "音量高", "像喊话一样", "声音大", "提高嗓门"),
    ),
}  # fmt: skip

FILLERS: Mapping[str, tuple[str, ...]] = {
    "en": ("clear", "warm", "friendly", "sincere", "smooth", "pleasant", "firm"),
    "zh": ("清晰", "温暖", "温柔", "真诚", "友好", "坚定", "流畅"),
}
"""Adjectives that ask for nothing that the header knows."""

SCENES: Mapping[str, tuple[str, ...]] = {
    "en": ("for an audiobook", "like a newsreader", "as if talking to a friend", "for a podcast", "to a child",
    "on the phone",
           "for the listener", "as in a play"),
    "zh": ("像在读有声书", "像新闻播音一样", "像和朋友聊天一样", "给孩子听", "像在打电话", "像在演戏"),
}  # fmt: skip
"""Clauses that ask for nothing that the header knows."""
