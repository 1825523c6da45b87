"""`speechkit evaluate tokenizer | resynthesis | tts | control`: suites that listen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from speechkit.cli.evaluate_options import (
    Asr,
    Json,
    Language,
    Limit,
    Manifest,
    Models,
    Output,
    Protocol,
    Quality,
    Quiet,
    Scorer,
    Speaker,
    Split,
    Threads,
    carry_out,
    chosen,
    listeners,
    open_kit,
)  # fmt: skip


def tokenizer(
    manifest: Manifest,
    output: Output,
    limit: Limit = 120,
    split: Split = None,
    language: Language = None,
    models: Models = None,
    augmented: Annotated[int, typer.Option("--augmented", min=1, help="Items that are also encoded augmented.")] = 60,
    threads: Threads = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Phones kept, voices and noise dropped, codebook use and bit rate of the speech tokenizer.

    \b
    speechkit evaluate tokenizer --manifest data/manifest.jsonl --split dev -o report/
    """
    import torch

    from speechkit.errors import CheckpointError
    from speechkit.evaluation.suites.tokenizer import TokenizerConfig, TokenizerSuite
    from speechkit.pipeline import BUNDLED

    if threads is not None:
        torch.set_num_threads(threads)
    from s2u import S2U
    from u2s import U2S

    root = models or BUNDLED
    if not (root / "s2u").is_dir():
        raise CheckpointError(f"{root} has no model folder s2u/.")
    items = chosen(manifest, limit, split, language)
    decoder = U2S.load(root / "u2s") if (root / "u2s").is_dir() else None
    suite = TokenizerSuite(
        S2U.load(root / "s2u"), items, decoder=decoder, config=TokenizerConfig(augmented_items=augmented)
    )
    carry_out(suite, items, output, as_json=json, quiet=quiet)


def resynthesis(
    manifest: Manifest,
    output: Output,
    limit: Limit = 60,
    split: Split = None,
    language: Language = None,
    models: Models = None,
    voice: Annotated[str, typer.Option("--voice", help="A voice of the model, or self: each item's own.")] = "female",
    asr: Asr = None,
    quality: Quality = None,
    speaker: Speaker = None,
    protocol: Annotated[
        str, typer.Option("--protocol", help="Text protocol of error rates; see docs/evaluation.md.")
    ] = "emova_tts",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the decoder's noise.")] = 0,
    threads: Threads = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Encode, decode, and compare with the original: words, quality, pitch, round trip, speed.

    \b
    speechkit evaluate resynthesis -m data/manifest.jsonl --split dev -o report/ --asr whisper:base --quality dnsmos
    """
    from speechkit.evaluation.suites.resynthesis import ResynthesisConfig, ResynthesisSuite

    kit = open_kit(models, threads)
    items = chosen(manifest, limit, split, language)
    config = ResynthesisConfig(voice=voice, seed=seed, protocol=protocol)
    suite = ResynthesisSuite(kit, items, listeners(asr, quality, speaker, threads), config=config)
    carry_out(suite, items, output, as_json=json, quiet=quiet)


def tts(
    manifest: Manifest,
    output: Output,
    limit: Limit = None,
    split: Split = None,
    language: Language = None,
    asr: Asr = None,
    quality: Quality = None,
    speaker: Speaker = None,
    protocol: Protocol = "seedtts",
    seed_tts: Annotated[bool, typer.Option("--seed-tts", help="The manifest is a list of seed-tts-eval.")] = False,
    recordings: Annotated[
        Path | None, typer.Option("--recordings", help="Folder with UTT.wav for each line of a seed-tts-eval list.")
    ] = None,
    threads: Threads = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Recordings of a talker: words, quality, likeness to the prompt. A talker itself is given from Python.

    \b
    speechkit evaluate tts -m spoken.jsonl -o report/ --asr whisper:base --quality dnsmos --speaker resemblyzer
    speechkit evaluate tts -m en/meta.lst --seed-tts --recordings wavs/ -o report/ --asr whisper:large-v3
    """
    from speechkit.evaluation.manifest import choose
    from speechkit.evaluation.suites.tts import TTSConfig, TTSSuite, seed_tts_items

    if seed_tts:
        items = choose(seed_tts_items(manifest, recordings, language=language or "en"), limit=limit)
    else:
        items = chosen(manifest, limit, split, language)
    suite = TTSSuite(listeners(asr, quality, speaker, threads), config=TTSConfig(protocol=protocol))
    carry_out(suite, items, output, as_json=json, quiet=quiet)


def control(
    manifest: Manifest,
    output: Output,
    limit: Limit = None,
    split: Split = None,
    language: Language = None,
    scorer: Scorer = None,
    render: Annotated[
        bool,
        typer.Option(
            "--render", help="Speak each row's own units low, normal and high with the models, and measure that."
        ),
    ] = False,
    voice: Annotated[str, typer.Option("--voice", help="With --render: who speaks.")] = "female",
    semitones: Annotated[float, typer.Option("--semitones", help="With --render: the shift that is asked for.")] = 4.0,
    models: Models = None,
    threads: Threads = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Requested pitch and emotion against what is heard.

    \b
    speechkit evaluate control -m renditions.jsonl -o report/
    speechkit evaluate control -m data/manifest.jsonl --split dev --limit 20 --render -o report/
    """
    from speechkit.evaluation.adapters.registry import emotion_scorer
    from speechkit.evaluation.suites.control import ControlSuite, PitchTalker, expand_pitches

    items = chosen(manifest, limit, split, language)
    talker = None
    if render:
        talker = PitchTalker(open_kit(models, threads), voice=voice, semitones=semitones)
        items = expand_pitches(items)
    suite = ControlSuite(talker=talker, scorer=None if scorer is None else emotion_scorer(scorer))
    carry_out(suite, items, output, as_json=json, quiet=quiet)
