"""The emotional chain of thought as text: our tagged blocks, and the released EmoOmni outputs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from speechkit.errors import ConfigError
from speechkit.metrics.judge_scores import VARIANT_FIELDS, ChainVariant

ECOT_FIELDS = ("asr", "emotion_analysis", "user_intent", "response_strategy", "response")
"""Fields in causal order: each conditions the next. Source: EmoOmni 4.3; metrics.md 3.3."""

Ecot = Mapping[str, "str | None"]
"""Field to text; a missing field is None, "response" is never empty."""

_RELEASED_MARKERS: tuple[tuple[str, Sequence[str]], ...] = (
    ("emotion_analysis", ("情感分析结果为:",)),
    ("user_intent", ("意图策略及回复路径", "回复策略分析:")),
    ("response_strategy", ("因此我的回复路径可以是",)),
    ("response", ("所以我的回复应该是:",)),
)


def check_ecot(chain: Ecot) -> dict[str, str | None]:
    """The chain with all fields, in order.

    Raises:
        ConfigError: an unknown field, or no response.
    """
    unknown = sorted(set(chain) - set(ECOT_FIELDS))
    if unknown:
        raise ConfigError(f"a chain of thought has no field {', '.join(unknown)}; it has {', '.join(ECOT_FIELDS)}.")
    if not (chain.get("response") or "").strip():
        raise ConfigError("a chain of thought needs a response.")
    return {name: chain.get(name) for name in ECOT_FIELDS}


def serialize_ecot(chain: Ecot, variant: ChainVariant = "full") -> str:
    """Tagged text, one block per field that the variant keeps and the chain has, in causal order.

    Raises:
        ConfigError: an invalid chain, unknown variant, or a text that contains one of the tags.
    >>> print(serialize_ecot({"user_intent": "wants comfort", "response": "I am here."}))
    <user_intent>wants comfort</user_intent>
    <response>I am here.</response>
    """
    if variant not in VARIANT_FIELDS:
        raise ConfigError(f"unknown variant {variant!r}; known: {', '.join(VARIANT_FIELDS)}.")
    full = check_ecot(chain)
    kept = [(name, (full[name] or "").strip()) for name in VARIANT_FIELDS[variant] if full[name]]
    for name, text in kept:
        if re.search(rf"</?(?:{'|'.join(ECOT_FIELDS)})>", text):
            raise ConfigError(f"the text of {name} contains a tag of the chain of thought.")
    return "\n".join(f"<{name}>{text}</{name}>" for name, text in kept)


def parse_ecot(text: str) -> dict[str, str | None]:
    """Read `serialize_ecot`'s text; text without a response block is a response as a whole.

    >>> parse_ecot("Just an answer.")["response"]
    'Just an answer.'
    """
    found: dict[str, str | None] = dict.fromkeys(ECOT_FIELDS)
    for name in ECOT_FIELDS:
        block = re.search(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
        found[name] = block[1].strip() or None if block else None
    if found["response"] is None:
        found["response"] = text.strip()
    return found


def parse_released_ecot(text: str) -> dict[str, str | None]:
    """Read an output of the released EmoOmni models, whose parts follow fixed Chinese markers.

    A leading "system\\nYou are Qwe...\\nassistant\\n" is cut. The response is what follows the last marker; without that
    marker the whole text is the response and every other field None.

    Source: metrics.md 3.3, the scripts of EmoOmniEval.
    """
    if text.startswith("system\nYou are Qwe") and "\nassistant\n" in text:
        text = text.split("\nassistant\n", 1)[1]
    places = []
    for name, markers in _RELEASED_MARKERS:
        where = [(text.find(marker), marker) for marker in markers if marker in text]
        places += [(start, start + len(marker), name) for start, marker in sorted(where)[:1]]
    places.sort()
    found: dict[str, str | None] = dict.fromkeys(ECOT_FIELDS)
    ends = [start for start, _, _ in places[1:]] + [len(text)]
    for (_, begin, name), end in zip(places, ends, strict=True):
        found[name] = text[begin:end].strip(" :：\n\t") or None
    if not any(name == "response" for _, _, name in places):
        return {**dict.fromkeys(ECOT_FIELDS), "response": text.strip()}
    return found
