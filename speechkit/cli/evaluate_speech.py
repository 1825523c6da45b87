"""`speechkit evaluate tokenizer | resynthesis | tts`: suites that listen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speechkit.cli.evaluate_options import (
    Asr,
    Cache,
    Json,
    Language,
    Limit,
    Manifest,
    Manifests,
    Models,
    Output,
    Parity,
    Protocol,
    Quality,
    Quiet,
    Speaker,
    Split,
    Threads,
    Workers,
    carry_out,
    chosen,
    chosen_of_all,
    listeners,
    open_kit,
    recordings_in,
    shared_out,
)  # fmt: skip
from speechkit.errors import ConfigError

if TYPE_CHECKING:
    pass


def tokenizer(
    manifest: Manifests,
    output: Output,
    limit: Limit = 100,
    split: Split = None,
    language: Language = None,
    models: Models = None,
    augmented: Annotated[int, typer.Option("--augmented", min=1, help="Items that are also encoded augmented.")] = 40,
    threads: Threads = None,
    workers: Workers = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Phones kept, voices and noise dropped, codebook use and bit rate of the speech tokenizer.

    \b
    speechkit evaluate tokenizer --manifest data/manifest.jsonl --split dev -o report/
    speechkit evaluate tokenizer -m english/manifest.jsonl -m mandarin/manifest.jsonl -o report/     # one codebook for both
    """
    import torch

    from speechkit.errors import CheckpointError
    from speechkit.evaluation.suites.tokenizer import TokenizerConfig, TokenizerSuite
    from speechkit.pipeline import BUNDLED

    at_once, each = shared_out(workers, threads)
    torch.set_num_threads(each)
    from s2u import S2U
    from u2s import U2S

    root = models or BUNDLED
    if not (root / "s2u").is_dir():
        raise CheckpointError(f"{root} has no model folder s2u/.")
    items = chosen_of_all(manifest, limit, split, language)
    decoder = U2S.load(root / "u2s") if (root / "u2s").is_dir() else None
    suite = TokenizerSuite(
        S2U.load(root / "s2u"), items, decoder=decoder, config=TokenizerConfig(augmented_items=augmented)
    )
    carry_out(suite, items, output, as_json=json, quiet=quiet, workers=at_once)


def resynthesis(
    manifest: Manifest,
    output: Output,
    limit: Limit = 100,
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
    parity: Parity = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the decoder's noise.")] = 0,
    target: Annotated[
        Path | None,
        typer.Option("--target", help="A recording of the voice, or a folder of some: with --speaker, likeness to it."),
    ] = None,
    cache: Cache = None,
    threads: Threads = None,
    workers: Workers = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Encode, decode, and compare with the original: words, quality, pitch, round trip, speed.

    \b
    speechkit evaluate resynthesis -m data/manifest.jsonl --split dev -o report/ --asr whisper:base --quality dnsmos
    speechkit evaluate resynthesis ... --voice male --speaker resemblyzer --target recordings/of/him/ --cache heard/
    """
    from speechkit.evaluation.suites.resynthesis import ResynthesisConfig, ResynthesisSuite

    if target is not None and not speaker:
        raise ConfigError("likeness to --target is measured by voice vectors: add --speaker resemblyzer.")
    at_once, each = shared_out(workers, threads)
    kit = open_kit(models, each)
    items = chosen(manifest, limit, split, language)
    config = ResynthesisConfig(voice=voice, seed=seed, protocol=protocol)
    heard_by = listeners(asr, quality, speaker, each, cache, parity=parity)
    suite = ResynthesisSuite(kit, items, heard_by, target=recordings_in(target), config=config)
    carry_out(suite, items, output, as_json=json, quiet=quiet, workers=at_once)


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
    parity: Parity = False,
    seed_tts: Annotated[bool, typer.Option("--seed-tts", help="The manifest is a list of seed-tts-eval.")] = False,
    recordings: Annotated[
        Path | None, typer.Option("--recordings", help="Folder with UTT.wav for each line of a seed-tts-eval list.")
    ] = None,
    say: Annotated[bool, typer.Option("--say", help="Say the texts with the models instead, and listen to that.")] = False,
    models: Models = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="With --say: of the talker.")] = 0,
    cache: Cache = None,
    threads: Threads = None,
    workers: Workers = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """What a talker says, or recordings of one: words, quality, likeness to the prompt.

    \b
    speechkit evaluate tts -m texts.jsonl --say -o report/ --asr whisper:base --asr moonshine:base
    speechkit evaluate tts -m spoken.jsonl -o report/ --asr whisper:base --quality dnsmos --speaker resemblyzer
    speechkit evaluate tts -m en/meta.lst --seed-tts --recordings wavs/ -o report/ --asr whisper:large-v3
    """
    from speechkit.evaluation.kit_talker import KitTalker
    from speechkit.evaluation.manifest import choose
    from speechkit.evaluation.suites.tts import TTSConfig, TTSSuite, seed_tts_items

    if seed_tts:
        items = choose(seed_tts_items(manifest, recordings, language=language or "en"), limit=limit)
    else:
        items = chosen(manifest, limit, split, language)
    at_once, each = shared_out(workers, threads)
    talker = KitTalker(open_kit(models, each), seed=seed) if say else None
    heard = listeners(asr, quality, speaker, each, cache, parity=parity)
    suite = TTSSuite(heard, talker=talker, config=TTSConfig(protocol=protocol))
    carry_out(suite, items, output, as_json=json, quiet=quiet, workers=at_once)
