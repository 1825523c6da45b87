"""What a general omni model is told, so that it answers with the chain of thought; tagged, in English or Mandarin."""

from __future__ import annotations

from collections.abc import Sequence

from speechkit.metrics.judge_scores import ChainVariant
from speechkit.protocols import Turn
from speechkit.thinker.answers import Language
from speechkit.thinker.thoughts import variant_fields

_ENGLISH = {
    "asr": "the user's words, verbatim",
    "emotion_analysis": "what you hear in the voice and see in face and gesture, where they disagree, and the emotion "
    "behind it",
    "user_intent": "what the user wants from you now, as you sense it yourself",
    "response_strategy": "how you will answer: the stance, the steps, and how your voice will sound",
    "response": "what you say aloud, in the user's language, two or three short sentences, no lists, no emoji",
}
_CHINESE = {
    "asr": "逐字写出用户说的话",
    "emotion_analysis": "从声音里听到的、从表情和动作里看到的线索，它们是否矛盾，以及背后的情绪",
    "user_intent": "你自己感受到的、用户此刻想要什么",
    "response_strategy": "你打算怎样回应：态度、步骤，以及声音该是什么样",
    "response": "真正说出口的话，用用户的语言，两三句短句，不要列表和表情符号",
}


def format_prompt(variant: ChainVariant = "full", language: Language = "en") -> str:
    """Instructions to answer with the fields of a variant, each in its tag, in causal order.

    Raises:
        ThoughtsError: unknown variant.
    >>> print(format_prompt("no_ecot"))
    You are an attentive companion in a spoken conversation. Before you answer, think step by step and write exactly
    these blocks, in this order, with nothing around them:
    <response>what you say aloud, in the user's language, two or three short sentences, no lists, no emoji</response>
    """
    hints = _CHINESE if language == "zh" else _ENGLISH
    blocks = [f"<{name}>{hints[name]}</{name}>" for name in variant_fields(variant)]
    if language == "zh":
        head = "你是语音对话中一位细心的伙伴。回答之前先一步步思考，只按以下顺序写出这些部分，前后不要有别的内容："
    else:
        head = (
            "You are an attentive companion in a spoken conversation. Before you answer, think step by step and write "
            "exactly these blocks, in this order, with nothing around them:"
        )
    return "\n".join([head, *blocks])


def with_format(turns: Sequence[Turn], prompt: str) -> tuple[Turn, ...]:
    """The turns with the prompt as system turn, after the text of the one that is there."""
    if turns and turns[0].role == "system":
        return (Turn(role="system", text=f"{turns[0].text or ''}\n\n{prompt}".strip()), *turns[1:])
    return (Turn(role="system", text=prompt), *turns)
