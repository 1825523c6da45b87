"""The emotional chain of thought as a judge is shown it: its fields and our tagged blocks.

What models write is read by `speechkit.thinker.formats.parse_thoughts`, in this and every other format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from speechkit.errors import ConfigError
from speechkit.metrics.judge_scores import VARIANT_FIELDS, ChainVariant

ECOT_FIELDS = ("asr", "emotion_analysis", "user_intent", "response_strategy", "response")
"""Fields in causal order: each conditions the next. Source: EmoOmni 4.3; metrics.md 3.3."""

Ecot = Mapping[str, "str | None"]
"""Field to text; a missing field is None, "response" is never empty."""


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
