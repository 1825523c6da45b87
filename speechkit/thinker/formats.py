"""The chain of thought as text: tagged, JSON, English or Chinese labels, and the strings of the released EmoOmni models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from speechkit.errors import ThoughtsError
from speechkit.metrics.ecot import serialize_ecot
from speechkit.metrics.judge_scores import ChainVariant
from speechkit.protocols import Thoughts
from speechkit.thinker.emova import EMOVA_KEYS, emova_from_dict
from speechkit.thinker.json_repair import read_json_object
from speechkit.thinker.thoughts import (
    FIELDS,
    FormatName,
    ParsedThoughts,
    keep_variant,
    thoughts_to_json,
    variant_fields,
)

LABELS: dict[str, dict[str, tuple[str, ...]]] = {
    "released": {
        "asr": ("输入的音视频识别文本为",),
        "emotion_analysis": ("情感分析结果为",),
        "user_intent": ("回复策略分析", "意图策略及回复路径"),
        "response_strategy": ("因此我的回复路径可以是",),
        "response": ("所以我的回复应该是",),
    },
    "chinese": {
        "asr": ("识别文本", "语音识别"),
        "emotion_analysis": ("多模态情感分析", "情感分析"),
        "user_intent": ("用户意图识别", "用户意图"),
        "response_strategy": ("回复策略规划", "回复策略"),
        "response": ("回复内容", "文本回复内容", "回复"),
    },
    "english": {
        "asr": ("Transcript", "ASR", "Recognized Text"),
        "emotion_analysis": ("Multimodal Emotion Analysis", "Emotion Analysis"),
        "user_intent": ("User Intent Recognition", "User Intent"),
        "response_strategy": ("Response Strategy Planning", "Response Strategy"),
        "response": ("Textual Response Content", "Response Content", "Response"),
    },
}
"""Labels per format and field; the first is written, all are read, in any order and with any of them missing."""

_TAG = re.compile(rf"<(/?)({'|'.join(FIELDS)})>")
_PREAMBLE = re.compile(r"\Asystem\nYou are Qwe.*?\nassistant\n", re.DOTALL)
_MUSING = re.compile(r"\A\s*<think>.*?(?:</think>|\Z)\s*", re.DOTALL)


def serialise_thoughts(thoughts: Thoughts, format: FormatName = "tagged", variant: ChainVariant = "full") -> str:
    """Write the thoughts, with the fields of a variant that they have.

    Args:
        thoughts: the record.
        format: "tagged" and "json" hold any text.
        variant: an ablation of EmoOmni's appendix A; "with_asr" keeps the transcript, "no_ecot" the response only.
    Raises:
        ThoughtsError: unknown format or variant, or a text that would be read as one of the labels.
    >>> print(serialise_thoughts(Thoughts(emotion_analysis="sad voice", response="I am here."), "english"))
    Multimodal Emotion Analysis: sad voice
    Textual Response Content: I am here.
    """
    kept = keep_variant(thoughts, variant)
    if format == "json":
        return thoughts_to_json(kept)
    if format == "tagged":
        return serialize_ecot({name: _escape(getattr(kept, name)) for name in FIELDS}, "with_asr")
    if format not in LABELS:
        raise ThoughtsError(f"there is no format {format!r}; there are tagged, json, {', '.join(LABELS)}.")
    text = _labelled(kept, format)
    if parse_thoughts(text).thoughts != kept:
        raise ThoughtsError(f"these thoughts hold a label of the {format} format; write them tagged or as JSON.")
    return text


def _labelled(thoughts: Thoughts, format: str) -> str:
    texts = [(name, getattr(thoughts, name)) for name in FIELDS if getattr(thoughts, name)]
    if format == "released":
        ends = {"asr": ", ", "response": ""}
        return "".join(f"{LABELS[format][name][0]}:{text}{ends.get(name, chr(10))}" for name, text in texts)
    colon = "：" if format == "chinese" else ": "
    return "\n".join(f"{LABELS[format][name][0]}{colon}{text}" for name, text in texts)


def parse_thoughts(text: str, expect: ChainVariant | None = None) -> ParsedThoughts:
    """Read whatever a model wrote.

    Tags are looked for first (after JSON where the text begins so), then JSON, ours or EMOVA's, also cut off, then
    labels. A text without any of them is a
    response as a whole. A chat preamble and a leading <think> block are cut. Never raises on a text.

    Args:
        text: anything.
        expect: note the fields of this variant that are not there.
    Returns:
        Typed result; `problems` name all that was missing, cut or repaired.
    >>> parse_thoughts("<user_intent>wants comfort</user_intent><response>I am he").problems
    ('unclosed:response',)
    >>> parse_thoughts("情感分析结果为:难过\\n所以我的回复应该是:我在。").thoughts.response
    '我在。'
    """
    bare = _PREAMBLE.sub("", text)
    rest = _MUSING.sub("", bare)
    problems = ["musing_cut"] if rest != bare else []
    as_json = _json(rest) if rest.lstrip().startswith(("{", "```")) else None
    found = as_json or _tagged(rest) or _json(rest) or _labels(rest) or _plain(rest)
    problems += found.problems
    if expect and found.thoughts:
        missing = [name for name in variant_fields(expect) if not getattr(found.thoughts, name)]
        problems += [f"missing:{name}" for name in missing if f"missing:{name}" not in problems]
    return ParsedThoughts(thoughts=found.thoughts, format=found.format, problems=tuple(problems))


def _result(fields: Mapping[str, Any], format: Any, problems: list[str], leftover: str = "") -> ParsedThoughts:
    """Thoughts of the fields; where the response is missing, of the words around them; where these are, none."""
    texts = {name: value.strip() for name in FIELDS if isinstance(value := fields.get(name), str) and value.strip()}
    if "response" not in texts:
        problems = [*problems, "missing:response"]
        if not leftover.strip():
            return ParsedThoughts(thoughts=None, format=format, problems=tuple(problems))
        texts["response"] = leftover.strip()
        problems.append("response_outside_markers")
    return ParsedThoughts(thoughts=Thoughts(**texts), format=format, problems=tuple(problems))


def _tagged(text: str) -> ParsedThoughts | None:
    """A field ends at its closing tag; without one at the next opening tag, or at the end of the text."""
    tags = list(_TAG.finditer(text))
    if not any(not tag[1] for tag in tags):
        return None
    fields: dict[str, str] = {}
    problems: list[str] = []
    outside, place = [], 0
    for index, tag in enumerate(tags):
        if tag[1] or tag.start() < place:
            continue
        later = tags[index + 1 :]
        following = next((other for other in later if not other[1] or other[2] == tag[2]), None)
        end = following.start() if following else len(text)
        if not (following and following[1]):
            problems.append(f"unclosed:{tag[2]}")
        outside.append(text[place : tag.start()])
        place = following.end() if following and following[1] else end
        if tag[2] in fields:
            problems.append(f"repeated:{tag[2]}")
        else:
            fields[tag[2]] = _unescape(text[tag.end() : end])
    around = _TAG.sub("", "".join([*outside, text[place:]]))
    return _result(fields, "tagged", problems, around)


def _json(text: str) -> ParsedThoughts | None:
    """Our own keys, or EMOVA's; None when the text holds neither."""
    read = read_json_object(text)
    if read.value is None:
        return None
    problems = ["truncated"] if read.repaired else []
    if set(read.value) & set(EMOVA_KEYS):
        parsed = emova_from_dict(read.value, read.repaired)
        thoughts = parsed.record.to_thoughts() if parsed.record else None
        return ParsedThoughts(thoughts=thoughts, format="emova", problems=parsed.problems)
    if not set(read.value) & set(FIELDS):
        return None
    problems += [f"not_text:{name}" for name in FIELDS if not isinstance(read.value.get(name), (str, type(None)))]
    return _result(read.value, "json", problems)


def _label_pattern(format: str) -> re.Pattern[str]:
    names = [(name, label) for name, labels in LABELS[format].items() for label in labels]
    names.sort(key=lambda pair: -len(pair[1]))
    groups = "|".join(f"(?P<{name}_{number}>{re.escape(label)})" for number, (name, label) in enumerate(names))
    if format == "released":  # fixed strings, wherever they stand
        return re.compile(rf"(?:{groups})[:：]?")
    return re.compile(
        rf"^[ \t]*(?:#+[ \t]*|[-*][ \t]+|\d[.)、][ \t]*)?\**(?:{groups})\**[ \t]*[:：]\**", re.MULTILINE | re.IGNORECASE
    )


_PATTERNS = {format: _label_pattern(format) for format in LABELS}


def _labels(text: str) -> ParsedThoughts | None:
    """The format with most labels in the text; a repeated label is part of the text before it."""
    best: list[tuple[str, re.Match[str]]] = []
    chosen = ""
    for format, pattern in _PATTERNS.items():
        seen: dict[str, re.Match[str]] = {}
        for match in pattern.finditer(text):
            seen.setdefault((match.lastgroup or "").rsplit("_", 1)[0], match)
        if len(seen) > len(best):
            best, chosen = list(seen.items()), format
    if not best:
        return None
    ends = [match.start() for _, match in best[1:]] + [len(text)]
    fields = {name: text[match.end() : end].strip() for (name, match), end in zip(best, ends, strict=True)}
    if chosen == "released" and "asr" in fields:
        fields["asr"] = re.sub(r"[,，]\Z", "", fields["asr"])
    return _result(fields, chosen, [], text[: best[0][1].start()])


def _plain(text: str) -> ParsedThoughts:
    if not text.strip():
        return ParsedThoughts(thoughts=None, format="plain", problems=("empty",))
    return ParsedThoughts(thoughts=Thoughts(response=text), format="plain", problems=("no_markers",))


def _escape(text: str | None) -> str | None:
    """Our tags inside a text, and what would be read as such an escape, so that any text survives."""
    if text is None:
        return None
    return _TAG.sub(r"&lt;\1\2>", re.sub("&(?=amp;|lt;)", "&amp;", text))


def _unescape(text: str) -> str:
    return re.sub("&(?:amp;(?=amp;|lt;)|(lt;))", lambda match: "<" if match[1] else "&", text)
