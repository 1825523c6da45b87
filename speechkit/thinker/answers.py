"""What all thinkers share: checking turns, telling the language, and making a Reply of what a model wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np

from speechkit.errors import ThinkerError, ThoughtsError, WaveformError
from speechkit.metrics.judge_scores import ChainVariant
from speechkit.protocols import Direction, Reply, StrategyToInstruction, Thinker, Thoughts, Turn
from speechkit.thinker.formats import parse_thoughts
from speechkit.thinker.spoken_stream import begun_thoughts
from speechkit.thinker.thoughts import variant_fields

Language = Literal["en", "zh"]
MAX_AUDIO_SECONDS = 300.0
"""Longest audio of a turn; Qwen2.5-Omni's own limit, taken for all backends."""

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")


def language_of(text: str | None, default: str | None = None) -> Language:
    """ "zh" for text with as many Han characters as Latin words or more; the default, or "en", for text with neither.

    >>> [language_of(text) for text in ("好的", "OK", "TTS 是什么")]
    ['zh', 'en', 'zh']
    """
    han, latin = len(_HAN.findall(text or "")), len(re.findall("[A-Za-z]+", text or ""))
    if not han and not latin:
        return "zh" if default == "zh" else "en"
    return "zh" if han and han >= latin else "en"


def check_turns(turns: Sequence[Turn], *, max_audio_seconds: float = MAX_AUDIO_SECONDS) -> Turn:
    """The last turn, after checking them all.

    Raises:
        ThoughtsError: no turns, the last is not the user's, or a system turn that is not the first.
        WaveformError: audio that is empty, NaN or infinite.
        ThinkerError: audio longer than the limit.
    """
    if not turns or turns[-1].role != "user":
        raise ThoughtsError("a thinker answers a user: the last turn must have the role 'user'.")
    if any(turn.role == "system" for turn in turns[1:]):
        raise ThoughtsError("a system turn comes first or not at all.")
    for turn in turns:
        if turn.audio is None or not turn.sample_rate:
            continue
        if not len(turn.audio) or not np.isfinite(turn.audio).all():
            raise WaveformError("a turn's audio is empty, or holds NaN or infinity.")
        seconds = len(turn.audio) / turn.sample_rate
        if seconds > max_audio_seconds:
            raise ThinkerError(
                f"a turn has {seconds:.1f} s of audio, the limit is {max_audio_seconds:.0f} s; nothing is cut: split it."
            )
    return turns[-1]


def turn_language(turn: Turn) -> Language | None:
    """The language that a turn states or is typed in; None for one that is only heard."""
    if turn.language:
        return "zh" if turn.language == "zh" else "en"
    return language_of(turn.text) if (turn.text or "").strip() else None


def reply_from_text(
    raw: str,
    *,
    thinker: str,
    director: StrategyToInstruction,
    variant: ChainVariant,
    direction: Direction | None = None,
    default_language: str | None = None,
    problems: tuple[str, ...] = (),
) -> Reply:
    """Read what a model wrote.

    Args:
        raw: the model's text, in any format of `parse_thoughts`.
        thinker: name of the backend.
        director: makes instruction and header.
        variant: the fields that were asked for; missing ones are noted.
        direction: decided before; None leaves it to the director.
        default_language: of a response without letters.
        problems: of the backend.
    Raises:
        ThinkerError: nothing in the text can be said aloud.
    """
    parsed = parse_thoughts(raw, expect=variant)
    if parsed.thoughts is None:
        raise ThinkerError(
            f"{thinker} wrote nothing to say ({', '.join(parsed.problems)}); it wrote {raw[:200]!r}. Raise max_new_tokens "
            "if it was cut, or take a model that follows the format."
        )
    return make_reply(
        parsed.thoughts,
        thinker=thinker,
        director=director,
        direction=direction,
        default_language=default_language,
        raw=raw,
        problems=(*problems, *parsed.problems),
    )


def make_reply(
    thoughts: Thoughts,
    *,
    thinker: str,
    director: StrategyToInstruction | None = None,
    direction: Direction | None = None,
    default_language: str | None = None,
    raw: str = "",
    problems: tuple[str, ...] = (),
) -> Reply:
    """Thoughts and how to say them; the direction comes from the director unless it is given.

    Raises:
        ThoughtsError: neither a director nor a direction.
    """
    language = language_of(thoughts.response, default_language)
    if direction is None:
        if director is None:
            raise ThoughtsError("a reply needs a direction, or a director to make it.")
        direction = director.direct(thoughts, language)
    noted = tuple(dict.fromkeys((*problems, *direction.problems)))
    return Reply(thoughts=thoughts, direction=direction, language=language, thinker=thinker, raw=raw, problems=noted)


def last_reply(thinker: Thinker, turns: Sequence[Turn]) -> Reply:
    """The Reply at the end of a thinker's stream.

    Raises:
        ThinkerError: the stream ended without one.
    """
    final = None
    for item in thinker.stream(turns):
        final = item
    if not isinstance(final, Reply):
        raise ThinkerError(f"{thinker.name} ended without a reply.")
    return final


def then_reply(
    pieces: Iterator[str],
    finish: Callable[[str, Direction | None], Reply],
    *,
    director: StrategyToInstruction,
    variant: ChainVariant,
    default_language: str | None = None,
) -> Iterator[str | Direction | Reply]:
    """The pieces as they come, then the Reply.

    The Direction comes as soon as the response has begun, provided that the strategy stands before it.

    Args:
        pieces: of a model's text.
        finish: makes the Reply of the whole text and of the Direction, if there was one.
        director, variant, default_language: as for `reply_from_text`.
    """
    written, direction = "", None
    decided_by = "response_strategy" in variant_fields(variant)
    for piece in pieces:
        written += piece
        yield piece
        begun = begun_thoughts(written) if direction is None else None
        if begun is not None and (begun.response_strategy is not None or not decided_by):
            direction = director.direct(begun, language_of(begun.response, default_language))
            yield direction
    yield finish(written, direction)
