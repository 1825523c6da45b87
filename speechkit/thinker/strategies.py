"""The documented set of response strategies: which suit an emotion, what they say, and how they sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from speechkit.errors import ThoughtsError

EMOTIONS = ("neutral", "happy", "sad", "angry", "surprised", "disgusted", "fearful")
"""Emotions of a user that the table knows; scorers' other labels count as neutral."""

HEADER_EMOTIONS = ("neutral", "happy", "sad", "angry")
HEADER_PITCHES = ("low", "normal", "high")
HEADER_SPEEDS = ("slow", "normal", "fast")


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """One way to answer."""

    name: str
    """Its key."""
    english: str
    """The plan in words, as `response_strategy` has it."""
    chinese: str
    """The same in Mandarin."""
    emotion: Literal["neutral", "happy", "sad", "angry"]
    """Of the voice."""
    pitch: Literal["low", "normal", "high"] = "normal"
    """Of the voice."""
    speed: Literal["slow", "normal", "fast"] = "normal"
    """Of the voice."""
    voice_english: str
    """Instruction for the talker."""
    voice_chinese: str
    """The same in Mandarin."""
    words: tuple[str, ...]
    """Word beginnings (English) and substrings (Chinese) by which a free text is recognised."""
    opening_english: str
    """Said when a language model gives nothing."""
    opening_chinese: str
    """The same in Mandarin."""

    @property
    def style(self) -> dict[str, str]:
        """Style header: emotion, pitch, speed."""
        return {"emotion": self.emotion, "pitch": self.pitch, "speed": self.speed}

    def plan(self, language: str) -> str:
        """The plan in a language, "en" or "zh"."""
        return self.chinese if language == "zh" else self.english

    def opening(self, language: str) -> str:
        """What to say for want of anything better."""
        return self.opening_chinese if language == "zh" else self.opening_english


_TABLE = (
    Strategy(
        name="empathise", emotion="sad", pitch="low", speed="slow",
        english="Share the sadness first: name the feeling, show that it is understood, give no advice yet.",
        chinese="先共情：说出对方的难过，表示理解，暂不给建议。",
        voice_english="Speak slowly in a low, soft and sorrowful voice, with sympathy.",
        voice_chinese="用低沉、轻柔、带着难过与同情的声音慢慢地说。",
        words=("empath", "sympath", "sorrow", "share the sad", "condol", "grie", "共情", "同情", "感同身受", "难过"),
        opening_english="I am so sorry. That must hurt a lot.", opening_chinese="听到这些我也很难过，你一定很不好受。",
    ),
    Strategy(
        name="comfort", emotion="neutral", pitch="low", speed="slow",
        english="Comfort: stay calm and close, say that they are not alone, offer to listen.",
        chinese="安慰：平静地陪伴，告诉对方并不孤单，愿意倾听。",
        voice_english="Speak slowly in a warm, low and gentle voice that comforts.",
        voice_chinese="用温暖、低沉、温柔的声音慢慢地安慰。",
        words=("comfort", "consol", "sooth", "accompan", "listen", "安慰", "抚慰", "陪伴", "倾听", "宽慰"),
        opening_english="I am here with you. Take your time, I am listening.", opening_chinese="我在这儿陪着你，慢慢说，我听着。",
    ),
    Strategy(
        name="encourage", emotion="happy",
        english="Encourage: point at what went well and at a next step that is within reach.",
        chinese="鼓励：指出做得好的地方，以及够得着的下一步。",
        voice_english="Speak in a bright, warm and encouraging voice.", voice_chinese="用明亮、温暖、鼓励的声音说。",
        words=("encourag", "motivat", "cheer", "support their", "uplift", "鼓励", "打气", "支持", "振作"),
        opening_english="You can do this, one step at a time.", opening_chinese="你可以的，一步一步来。",
    ),
    Strategy(
        name="calm", emotion="neutral", pitch="low", speed="slow",
        english="Calm the anger: take it seriously, do not argue, slow the pace down.",
        chinese="安抚怒气：认真对待，不争辩，放慢节奏。",
        voice_english="Speak slowly in a low, steady and even voice that calms.", voice_chinese="用低沉、平稳、缓慢的声音安抚。",
        words=("calm", "de-escalat", "deescalat", "cool down", "patien", "安抚", "平复", "冷静", "缓和"),
        opening_english="I hear you. Let us take a breath and look at it together.",
        opening_chinese="我明白。我们先缓一缓，再一起看看。",
    ),
    Strategy(
        name="apologise", emotion="sad", pitch="low",
        english="Apologise: admit what went wrong, say sorry without excuses, offer to make it right.",
        chinese="道歉：承认过错，不找借口，提出补救。",
        voice_english="Speak in a low, sincere and regretful voice.", voice_chinese="用低沉、诚恳、带着歉意的声音说。",
        words=("apolog", "say sorry", "regret", "make amends", "道歉", "抱歉", "致歉"),
        opening_english="I am sorry about that. Let me make it right.", opening_chinese="对不起，让我来补救。",
    ),
    Strategy(
        name="side_with", emotion="angry",
        english="Side with them: agree that it is unfair and say so plainly.",
        chinese="站在对方一边：同意这不公平，直接说出来。",
        voice_english="Speak in a firm, indignant voice, on the listener's side.",
        voice_chinese="用坚定、愤慨、站在对方一边的声音说。",
        words=("side with", "indign", "share the anger", "outrag", "unfair", "同仇", "打抱不平", "愤慨", "站在"),
        opening_english="That really is not fair.", opening_chinese="这确实太不公平了。",
    ),
    Strategy(
        name="celebrate", emotion="happy", pitch="high", speed="fast",
        english="Celebrate: be glad with them, praise what they did, ask to hear more.",
        chinese="庆祝：一起高兴，称赞对方，请对方多说一些。",
        voice_english="Speak fast in a high, joyful and excited voice.", voice_chinese="用高亢、欢快、兴奋的声音快速地说。",
        words=("celebrat", "congratulat", "rejoice", "share the joy", "excite", "enthus", "prais",
               "庆祝", "祝贺", "恭喜", "称赞", "分享喜悦"),
        opening_english="That is wonderful! Tell me more!", opening_chinese="太好了！快跟我说说！",
    ),
    Strategy(
        name="play_along", emotion="happy", pitch="high",
        english="Play along: answer lightly, with humour.", chinese="轻松回应：幽默地接话。",
        voice_english="Speak in a playful, smiling voice, a little higher.", voice_chinese="用俏皮、带笑、略高的声音说。",
        words=("play", "humor", "humour", "joke", "teas", "light-hearted", "幽默", "调侃", "玩笑", "俏皮"),
        opening_english="Ha, I like that!", opening_chinese="哈哈，有意思！",
    ),
    Strategy(
        name="reassure", emotion="neutral", pitch="low", speed="slow",
        english="Reassure: say what is safe and certain, and what can be done now.",
        chinese="消除担忧：说明什么是安全和确定的，现在能做什么。",
        voice_english="Speak slowly in a low, steady and reassuring voice.", voice_chinese="用低沉、稳重、让人安心的声音慢慢地说。",
        words=("reassur", "ease", "safe", "sense of security", "安心", "打消", "放心", "安全感"),
        opening_english="It is all right. We will go through this together.", opening_chinese="没事的，我们一起面对。",
    ),
    Strategy(
        name="inform", emotion="neutral",
        english="Answer: give the facts that were asked for, clearly and in order.",
        chinese="解答：清楚、有条理地给出所问的信息。",
        voice_english="Speak clearly in a calm, neutral voice.", voice_chinese="用清晰、平和、中性的声音说。",
        words=("inform", "explain", "answer", "fact", "clarif", "advi", "suggest", "解答", "回答", "说明", "解释", "建议", "告知"),
        opening_english="Here is what I can tell you.", opening_chinese="我来告诉你我知道的。",
    ),
    Strategy(
        name="ask", emotion="neutral",
        english="Ask: show interest and find out more before saying anything else.",
        chinese="询问：表示关心，先多了解情况。",
        voice_english="Speak in a neutral, friendly and curious voice.", voice_chinese="用自然、友好、好奇的声音说。",
        words=("ask", "inquir", "enquir", "find out", "curio", "invite", "询问", "了解", "追问", "好奇"),
        opening_english="Could you tell me a little more?", opening_chinese="可以再多说一点吗？",
    ),
    Strategy(
        name="chat", emotion="neutral",
        english="Chat: keep the conversation going in a friendly way.", chinese="闲聊：友好地继续话题。",
        voice_english="Speak in a relaxed, natural and friendly voice.", voice_chinese="用放松、自然、友好的声音说。",
        words=("chat", "friendly", "conversation going", "small talk", "greet", "闲聊", "友好", "寒暄", "问候"),
        opening_english="I see. And how is your day?", opening_chinese="嗯嗯，今天过得怎么样？",
    ),
)  # fmt: skip

STRATEGIES: Mapping[str, Strategy] = {strategy.name: strategy for strategy in _TABLE}
"""All strategies by name."""

SUITS: Mapping[str, tuple[str, ...]] = {
    "neutral": ("inform", "chat", "ask"),
    "happy": ("celebrate", "play_along", "encourage"),
    "sad": ("empathise", "comfort", "encourage"),
    "angry": ("calm", "apologise", "side_with"),
    "surprised": ("ask", "play_along", "inform"),
    "disgusted": ("calm", "side_with", "ask"),
    "fearful": ("reassure", "comfort", "ask"),
}
"""Strategies that suit an emotion of the user, the default first. Ours; the response emotions follow the pairs that
EMO-Reasoning calls appropriate (`speechkit.metrics.appropriateness.APPROPRIATENESS`)."""


def fold_label(label: str) -> str:
    """A scorer's label as one of `EMOTIONS`: "fear", "生气/angry" and the like are understood; others are neutral.

    >>> [fold_label(label) for label in ("生气/angry", "Sadness", "fear", "<unk>")]
    ['angry', 'sad', 'fearful', 'neutral']
    """
    bare = label.rpartition("/")[2].strip().lower()
    return bare if bare in EMOTIONS else _OTHER_NAMES.get(bare, "neutral")


_OTHER_NAMES = {
    "calm": "neutral", "joy": "happy", "happiness": "happy", "excited": "happy", "sadness": "sad", "anger": "angry",
    "ang": "angry", "hap": "happy", "neu": "neutral", "fear": "fearful", "disgust": "disgusted", "surprise": "surprised",
    "中性": "neutral", "开心": "happy", "高兴": "happy", "难过": "sad", "悲伤": "sad", "生气": "angry", "愤怒": "angry",
    "害怕": "fearful", "恐惧": "fearful", "厌恶": "disgusted", "惊讶": "surprised",
}  # fmt: skip

EMOTION_WORDS: Mapping[str, str] = {
    **{emotion: emotion for emotion in EMOTIONS},
    **{word: emotion for word, emotion in _OTHER_NAMES.items() if len(word) > 3 or not word.isascii()},
    "joy": "happy", "平静": "neutral",
}  # fmt: skip
"""Words of a text that name an emotion, in English and Mandarin."""


def strategies_for(emotion: str) -> tuple[Strategy, ...]:
    """The strategies that suit an emotion of the user, the default first.

    Raises:
        ThoughtsError: an emotion that the table does not know.
    >>> [strategy.name for strategy in strategies_for("sad")]
    ['empathise', 'comfort', 'encourage']
    """
    if emotion not in SUITS:
        raise ThoughtsError(f"the strategy table has no emotion {emotion!r}; it has {', '.join(SUITS)}.")
    return tuple(STRATEGIES[name] for name in SUITS[emotion])
