"""Training instructions from a style header: many natural phrasings, English and Mandarin, some of them for testing only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from speechkit.errors import TextError
from speechkit.talker.header import ATTRIBUTES, DEFAULTS, StyleHeader, header_of
from speechkit.talker.phrases import ENGLISH, FILLERS, MANDARIN, SCENES, Wording

Phrasing = Literal["training", "held_out"]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A sentence with places: {adjectives} voice, {adverbs}, {clauses}, {person}."""

    text: str
    """With the places that it has; each may be used once."""
    places: tuple[str, ...]
    """"adjectives", "adverbs", "clauses", "persons": which are filled."""


def _frames(*texts: str) -> tuple[Frame, ...]:
    names = ("adjectives", "adverbs", "clauses", "persons")
    return tuple(Frame(text=text, places=tuple(name for name in names if f"{{{name}}}" in text)) for text in texts)


ENGLISH_FRAMES: Mapping[Phrasing, tuple[Frame, ...]] = {
    "training": _frames(
        "speak {adverbs} in a {adjectives} voice, {clauses}", "speak {adverbs}, {clauses}", "say it {adverbs}, {clauses}",
        "use a {adjectives} voice, {clauses}", "in a {adjectives} voice, {adverbs}, {clauses}",
        "{adjectives}, {adverbs}, {clauses}",
        "a {adjectives} {persons}, {clauses}", "please read this {adverbs} as a {adjectives} {persons}", "{clauses}",
        "the voice of a {adjectives} {persons} who speaks {adverbs}, {clauses}",
        "i want a {adjectives} voice that speaks {adverbs}",
        "sound {adjectives}, {clauses}", "read {adverbs}, {clauses}", "{adverbs}, {clauses}",
        "talk {adverbs} like a {adjectives} {persons}",
        "tell it in a {adjectives} voice, {clauses}", "{adjectives} voice, {clauses}",
        "speak in a {adjectives} tone, {adverbs}",
        "the {persons} is {adjectives} and talks {adverbs}", "whatever you say, say it {adverbs} and in a {adjectives} voice",
        "speak in a {adjectives} voice, on the listener's side, {clauses}",
        "speak {adverbs} in a {adjectives} voice that helps",
        "{adjectives} and {adverbs}", "say this like a {adjectives} {persons}, {adverbs}, {clauses}",
    ),
    "held_out": _frames(
        "could you say that {adverbs} with a {adjectives} voice, {clauses}?",
        "let a {adjectives} {persons} read the line {adverbs}",
        "make it {adjectives} please, {clauses}", "narrate {adverbs}, {clauses}",
        "i would like to hear it {adverbs}, {clauses}",
        "give me a {adjectives} voice speaking {adverbs}", "style: {adjectives}, {clauses}",
        "it should be said {adverbs}, {clauses}",
        "imagine a {adjectives} {persons} talking {adverbs}, {clauses}", "{clauses}, and {adverbs}",
    ),
}  # fmt: skip

MANDARIN_FRAMES: Mapping[Phrasing, tuple[Frame, ...]] = {
    "training": _frames(
        "用{adjectives}的声音{adverbs}地说，{clauses}", "请{adverbs}地说，{clauses}",
        "用{adjectives}的语气说，{clauses}", "{clauses}",
        "{adverbs}地读，{clauses}", "声音{adjectives}，{clauses}", "{adjectives}的{persons}，{clauses}",
        "请一位{adjectives}的{persons}来读，{clauses}",
        "像一个{adjectives}的{persons}那样{adverbs}地说", "我想要{adjectives}的声音，{clauses}",
        "{adverbs}，{clauses}", "{adjectives}，{clauses}",
        "请用{adjectives}的语调，{adverbs}地朗读", "说得{adjectives}一点，{clauses}", "{persons}的声音，{clauses}",
        "用{adjectives}的声音说，{clauses}",
        "用{adjectives}的声音{adverbs}地安慰",
    ),
    "held_out": _frames(
        "能不能{adverbs}地念出来，{clauses}？", "让{adjectives}的{persons}来念这句话，{clauses}",
        "这句话要说得{adjectives}些，{clauses}",
        "希望听到{adjectives}的嗓音，{clauses}", "风格：{adjectives}，{clauses}", "换成{adjectives}的腔调{adverbs}地讲",
        "{clauses}，而且要{adverbs}地讲",
    ),
}  # fmt: skip


CARRIERS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "okay, ", "now ", "well, ", "hey, ", "would you please, ", "could you, ", "can you try it: ", "it should be: ",
        "i would love it ", "i'd like to hear ", "let's have it ", "next line ", "give it to me ", "make this sound right: ",
        "style is ", "when you say it, ", "imagine this: ", "narrator, ", "for this one ", "that line, said ", "hearing it ",
        "we want this to be said ", "will you, ",
    ),
    "zh": (
        "好，", "那么", "麻烦你", "可不可以", "我希望", "这一句", "下面这句", "希望你", "让它", "讲的时候",
        "念的时候", "风格要", "能否",
    ),
}  # fmt: skip
"""Beginnings that ask for nothing, for training only: what a style is, is not told by the words around it."""


def mentioned(header: StyleHeader, random: np.random.Generator) -> dict[str, str]:
    """The attributes that an instruction must speak of, and some of the others that are as they always are."""
    return {name: value for name, value in header.items() if value != DEFAULTS[name] or random.random() < 0.25}


def phrase(
    header: StyleHeader, language: str, random: np.random.Generator, *, phrasing: Phrasing = "training"
) -> str:
    """An instruction that asks for a header; attributes that it does not mention are at their defaults.

    Args:
        header: attributes that are None are not mentioned.
        language: "en" or "zh".
        random: draws frame, words and order.
        phrasing: "held_out" takes sentences that training never sees.
    Returns:
        One sentence, empty when there is nothing to ask for.
    Raises:
        TextError: another language.
    """
    if language not in ("en", "zh"):
        raise TextError(f"instructions are written in 'en' or 'zh', got {language!r}.")
    wishes = mentioned(header, random)
    if not wishes:
        return ""
    frames = (ENGLISH_FRAMES if language == "en" else MANDARIN_FRAMES)[phrasing]
    wordings = ENGLISH if language == "en" else MANDARIN
    for index in random.permutation(len(frames)):
        if filled := _fill(frames[index], wishes, wordings, language, random):
            carrier = _one(CARRIERS[language], random) if phrasing == "training" and random.random() < 0.4 else ""
            return _dressed(carrier + filled, language, random)
    return ""


def _fill(
    frame: Frame, wishes: Mapping[str, str], wordings: Mapping[tuple[str, str], Wording], language: str, random: np.random.Generator
) -> str:
    """The frame with each wish in one of its places; empty if it does not suit them."""
    chosen: dict[str, list[str]] = {place: [] for place in frame.places}
    for name in random.permutation(sorted(wishes)):
        wording = wordings[name, wishes[name]]
        rooms = [place for place in frame.places if getattr(wording, place) and not (place == "persons" and chosen[place])]
        if not rooms:
            return ""
        place = rooms[int(random.integers(len(rooms)))]
        chosen[place].append(_one(getattr(wording, place), random))
    return _put_together(frame, chosen, language, random)


def _put_together(frame: Frame, chosen: dict[str, list[str]], language: str, random: np.random.Generator) -> str:
    if "persons" in chosen and not chosen["persons"]:
        chosen["persons"] = ["person" if language == "en" else "人"]
    if "adjectives" in chosen and (not chosen["adjectives"] or random.random() < 0.15):
        chosen["adjectives"].insert(0, _one(FILLERS[language], random))
    if "clauses" in chosen and random.random() < 0.15:
        chosen["clauses"].append(_one(SCENES[language], random))
    if "adverbs" in chosen and not chosen["adverbs"]:
        chosen["adverbs"] = [_one(("like this", "it out", "the words") if language == "en" else ("好好", "这样",
        "认真"), random)]
    text = frame.text
    for place, words in chosen.items():
        text = text.replace(f"{{{place}}}", _joined(words, language, random))
    return text


def _joined(words: Sequence[str], language: str, random: np.random.Generator) -> str:
    joints = (", ", " and ", ", ") if language == "en" else ("、", "，", "又")
    return words[0] + "".join(_one(joints, random) + word for word in words[1:]) if words else ""


def _one(options: Sequence[str], random: np.random.Generator) -> str:
    return options[int(random.integers(len(options)))]


def _dressed(text: str, language: str, random: np.random.Generator) -> str:
    """Without the commas of empty places; with or without a full stop."""
    comma = ", " if language == "en" else "，"
    parts = [part.strip(" ,，、") for part in text.split(comma)]
    text = comma.join(part for part in parts if part)
    if language == "en":
        text = re.sub(r"\ba (?=[aeio]|un)", "an ", text)
        text = text[:1].upper() + text[1:]
    stop = "." if language == "en" else "。"
    return text + stop if text[-1:] not in "?？" and random.random() < 0.6 else text


def random_header(random: np.random.Generator, *, plain: float = 0.45) -> StyleHeader:
    """A header with every attribute set, each at its default with probability `plain` or by chance."""
    return header_of(
        {name: DEFAULTS[name] if random.random() < plain else _one(values, random) for name, values in ATTRIBUTES.items()}
    )


def drop_attributes(header: StyleHeader, random: np.random.Generator, share: float = 0.2) -> StyleHeader:
    """The header with each attribute left open with probability `share`, so that any may be given or inferred.

    Source: attribute dropout of VoiceSculptor, arXiv:2601.10629.
    """
    return header_of({name: value for name, value in header.items() if random.random() >= share})
