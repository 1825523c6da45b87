"""`speechkit evaluate instruct | dialogue | emotion | affect`: suites with a judge, a recogniser of emotions, or numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speechkit.cli.evaluate_options import (
    Asr,
    Json,
    Judge,
    JudgeModel,
    Language,
    Limit,
    Manifest,
    MediaStyle,
    Output,
    Quiet,
    RecordTo,
    Scorer,
    Split,
    Threads,
    carry_out,
    chosen,
)  # fmt: skip
from speechkit.errors import ConfigError

if TYPE_CHECKING:
    from speechkit.evaluation.manifest import Item
    from speechkit.metrics.open_vocabulary import EmotionMaps


def instruct(
    manifest: Manifest,
    output: Output,
    judge: Judge,
    limit: Limit = None,
    language: Language = None,
    fixed: Annotated[bool, typer.Option("--fixed", help="All talkers got the same texts and instructions.")] = False,
    judge_model: JudgeModel = "",
    media_style: MediaStyle = "gemini_image_url",
    record: RecordTo = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Does speech follow an instruction? Rows {id, instruction, audio}, or InstructTTSEval's with APS, DSD and RP."""
    from speechkit.evaluation.judging.registry import judge_of
    from speechkit.evaluation.suites.instruct import InstructConfig, InstructSuite, expand_instructions

    items = expand_instructions(chosen(manifest, limit, None, language))
    asked = judge_of(judge, model=judge_model, media_style=media_style, record=record)
    carry_out(InstructSuite(asked, config=InstructConfig(fixed=fixed)), items, output, as_json=json, quiet=quiet)


def dialogue(
    manifest: Manifest,
    output: Output,
    judge: Judge,
    limit: Limit = None,
    language: Language = None,
    mode: Annotated[
        str, typer.Option("--mode", help="thinking_speech, thinking_text, direct_speech, direct_text; or emova.")
    ] = "thinking_speech",
    variant: Annotated[
        str,
        typer.Option(
            "--variant", help="full, no_emotion_analysis, no_user_intent, no_response_strategy, with_asr, no_ecot."
        ),
    ] = "full",
    meld_list: Annotated[
        bool, typer.Option("--meld-list", help="The manifest is EmoOmniEval's released list.")
    ] = False,
    asr: Asr = None,
    judge_model: JudgeModel = "",
    media_style: MediaStyle = "gemini_image_url",
    record: RecordTo = None,
    threads: Threads = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """EmoOmniEval's six scores by four judge calls; --mode emova: EMOVA's spoken dialogue scores.

    \b
    speechkit evaluate dialogue -m outputs.jsonl -o report/ --judge https://server/v1 --judge-model NAME
    speechkit evaluate dialogue -m outputs.jsonl -o report/ --judge replay:answers.jsonl
    """
    from speechkit.cli.options import open_transcriber
    from speechkit.evaluation.judging.registry import judge_of
    from speechkit.evaluation.suite import Suite
    from speechkit.evaluation.suites import dialogue as omni
    from speechkit.evaluation.suites import spoken_dialogue as emova
    from speechkit.evaluation.suites.judged import expand_calls

    items = _meld_items(manifest, limit) if meld_list else chosen(manifest, limit, None, language)
    asked = judge_of(judge, model=judge_model, media_style=media_style, record=record)
    suite: Suite
    if mode == "emova":
        heard = open_transcriber(asr[0], threads or 2) if asr else None
        suite, calls = emova.SpokenDialogueSuite(asked, transcriber=heard), emova.CALLS
    else:
        suite, calls = omni.DialogueSuite(asked, config=omni.DialogueConfig(mode=mode, variant=variant)), omni.CALLS
    carry_out(suite, expand_calls(items, calls), output, as_json=json, quiet=quiet)


def _meld_items(path: Path, limit: int | None) -> list[Item]:
    from speechkit.evaluation.layouts.meld import read_meld_list
    from speechkit.evaluation.manifest import Item, choose

    return choose([Item(id=row["id"], row=row, folder=path.parent) for row in read_meld_list(path)], limit=limit)


def emotion(
    manifest: Manifest,
    output: Output,
    limit: Limit = None,
    split: Split = None,
    language: Language = None,
    layout: Annotated[
        str | None,
        typer.Option("--layout", help="The manifest is a folder of ravdess, meld, iemocap, mer2025 or dfew."),
    ] = None,
    labels: Annotated[
        str, typer.Option("--labels", help="A set (ravdess, meld, iemocap, mer2025, dfew, mafw, omnicot) or a,b,c.")
    ] = "ravdess",
    answers: Annotated[
        str, typer.Option("--answers", help="How untagged answers are read: strict or lenient.")
    ] = "strict",
    scorer: Scorer = None,
    wheels: Annotated[
        Path | None, typer.Option("--wheels", help="JSON with wheels, forms and synonyms, for free words.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Emotion recognition: recalls, F1s and both readings of WA; free words over emotion wheels."""
    from speechkit.evaluation.adapters.registry import emotion_scorer
    from speechkit.evaluation.layouts import read_layout
    from speechkit.evaluation.manifest import choose
    from speechkit.evaluation.suites.emotion import EmotionConfig, EmotionSuite
    from speechkit.metrics.answers import LABEL_SETS

    names = LABEL_SETS.get(labels) or tuple(label.strip() for label in labels.split(",") if label.strip())
    if layout is None:
        items = chosen(manifest, limit, split, language)
    else:
        items = choose(read_layout(layout, manifest), limit=limit, split=split, language=language)
    recogniser = None if scorer is None else emotion_scorer(scorer)
    config = EmotionConfig(labels=names, answer_mode=answers)
    suite = EmotionSuite(recogniser, config=config, maps=None if wheels is None else _maps(wheels))
    carry_out(suite, items, output, as_json=json, quiet=quiet)


def _maps(path: Path) -> EmotionMaps:
    import json as parser

    from speechkit.metrics.open_vocabulary import EmotionMaps

    try:
        return EmotionMaps(**parser.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{path} is no file of emotion wheels: {error}.") from error


def affect(
    manifest: Manifest,
    output: Output,
    limit: Limit = None,
    scale: Annotated[
        str, typer.Option("--scale", help="emo: values in [0, 1] are brought to [-1, 1]; raw: as they are.")
    ] = "emo",
    dtw: Annotated[str, typer.Option("--dtw", help="exact or fastdtw.")] = "exact",
    ers: Annotated[str, typer.Option("--ers", help="mean or code.")] = "mean",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Affect dynamics of dialogues, agreement of tracks, and what a model follows when voice and face disagree."""
    from speechkit.evaluation.suites.affect import AffectSuite
    from speechkit.metrics.affect import AffectConfig

    config = AffectConfig.from_dict({"scale": scale, "dtw": dtw, "ers_mode": ers})
    carry_out(AffectSuite(config=config), chosen(manifest, limit, None, None), output, as_json=json, quiet=quiet)
