"""The chain of thought as data: its fields, ablation variants, JSON with a versioned schema, and EMOVA's seven keys."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from speechkit.errors import ThoughtsError
from speechkit.metrics.ecot import ECOT_FIELDS
from speechkit.metrics.judge_scores import VARIANT_FIELDS, ChainVariant
from speechkit.protocols import Thoughts

FIELDS = ECOT_FIELDS
"""Fields in causal order, one list for the toolkit: asr, emotion_analysis, user_intent, response_strategy, response."""

SCHEMA_VERSION = 1

THOUGHTS_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "speechkit thoughts",
    "type": "object",
    "properties": {
        "version": {"const": SCHEMA_VERSION},
        **{name: {"type": ["string", "null"]} for name in FIELDS[:-1]},
        "response": {"type": "string", "pattern": "\\S"},
    },
    "required": ["version", "response"],
    "additionalProperties": False,
}
"""JSON schema of `thoughts_to_json`; a change of meaning raises `version`."""

FormatName = Literal["tagged", "json", "english", "chinese", "released"]


@dataclass(frozen=True, kw_only=True)
class ParsedThoughts:
    """What was found in a model's text: thoughts, or the reason why there are none."""

    thoughts: Thoughts | None
    """None only if nothing could be said aloud."""
    format: FormatName | Literal["emova", "plain"]
    """The format that was recognised; "plain" is a text without any marker, a response as a whole."""
    problems: tuple[str, ...] = ()
    """For instance "missing:user_intent", "unclosed:response", "truncated", "no_markers", "empty"."""

    def require(self) -> Thoughts:
        """The thoughts.

        Raises:
            ThoughtsError: there are none.
        """
        if self.thoughts is None:
            raise ThoughtsError(f"no response was found in the model's text ({', '.join(self.problems)}).")
        return self.thoughts


def variant_fields(variant: str) -> tuple[str, ...]:
    """Fields that an ablation of EmoOmni's appendix A keeps, in causal order.

    Raises:
        ThoughtsError: unknown variant.
    >>> variant_fields("no_user_intent")
    ('emotion_analysis', 'response_strategy', 'response')
    """
    if variant not in VARIANT_FIELDS:
        raise ThoughtsError(f"there is no variant {variant!r}; there are {', '.join(VARIANT_FIELDS)}.")
    return VARIANT_FIELDS[variant]


def keep_variant(thoughts: Thoughts, variant: ChainVariant) -> Thoughts:
    """The thoughts with the fields of a variant only."""
    kept = variant_fields(variant)
    hidden: dict[str, Any] = {name: None for name in FIELDS if name not in kept}
    return dataclasses.replace(thoughts, **hidden)


def thoughts_to_dict(thoughts: Thoughts) -> dict[str, Any]:
    """A JSON-ready dict: the version, then all fields in causal order."""
    return {"version": SCHEMA_VERSION, **{name: getattr(thoughts, name) for name in FIELDS}}


def thoughts_from_dict(data: Mapping[str, Any]) -> Thoughts:
    """Strict: what `THOUGHTS_SCHEMA` describes.

    Raises:
        ThoughtsError: another version, an unknown field, a field that is no text, or no response.
    """
    if data.get("version") != SCHEMA_VERSION or isinstance(data.get("version"), bool):
        raise ThoughtsError(f"thoughts of version {data.get('version')!r} cannot be read; this is {SCHEMA_VERSION}.")
    unknown = sorted(str(key) for key in set(data) - {"version", *FIELDS})
    if unknown:
        raise ThoughtsError(f"thoughts have no field {', '.join(unknown)}; they have {', '.join(FIELDS)}.")
    wrong = [name for name in FIELDS if not isinstance(data.get(name), (str, type(None)))]
    if wrong:
        raise ThoughtsError(f"thoughts are texts; {wrong[0]} is {type(data[wrong[0]]).__name__}.")
    return Thoughts(**{name: data.get(name) for name in FIELDS})  # type: ignore[arg-type]  # no response is refused there


def thoughts_to_json(thoughts: Thoughts) -> str:
    """One line of JSON, in causal order.

    >>> thoughts_to_json(Thoughts(user_intent="wants comfort", response="I am here."))
    '{"version": 1, "asr": null, "emotion_analysis": null, "user_intent": "wants comfort",
      "response_strategy": null, "response": "I am here."}'
    """
    return json.dumps(thoughts_to_dict(thoughts), ensure_ascii=False)


def thoughts_from_json(text: str) -> Thoughts:
    """Strict; for a model's own JSON use `parse_thoughts`.

    Raises:
        ThoughtsError: not JSON, not an object, or not as the schema says.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ThoughtsError(f"thoughts are not JSON: {error}.") from error
    if not isinstance(data, dict):
        raise ThoughtsError(f"thoughts are a JSON object, got {type(data).__name__}.")
    return thoughts_from_dict(data)
