"""`speechkit chat`: one spoken turn, a conversation in the terminal, or a recorded one said again."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speechkit.cli import options
from speechkit.cli.chat_loop import Loop, show_thoughts_of
from speechkit.cli.chat_output import AnswerFiles, answer_facts, print_json
from speechkit.errors import SpeechkitError
from speechkit.protocols import Turn
from speechkit.waveform import load

if TYPE_CHECKING:
    from speechkit.dialogue import Answer, Dialogue, Speaker
    from speechkit.pipeline import Speechkit

Thinker = Annotated[
    str,
    typer.Option(
        "--thinker",
        help="cascade, cascade:FOLDER|FILE.gguf|HUB_ID|HTTP_ADDRESS|template, qwen-omni:FOLDER, endpoint:ADDRESS, replay:FILE.",
    ),
]


def chat(
    audio: Annotated[Path | None, typer.Option("--audio", help="One turn: what you say, as a recording.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="One turn: what you say, typed.")] = None,
    video: Annotated[Path | None, typer.Option("--video", help="One turn: a video, heard as well.")] = None,
    image: Annotated[list[Path] | None, typer.Option("--image", help="One turn: an image; several times for several.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="An audio file, or a folder with a file an answer.")] = None,
    show_thoughts: Annotated[bool, typer.Option("--show-thoughts", help="Print perception, intent, strategy, voice.")] = False,
    thinker: Thinker = "cascade",
    model: Annotated[str, typer.Option("--model", help="Name of the model on an endpoint.")] = "",
    adapter: Annotated[Path | None, typer.Option("--adapter", help="LoRA folder for qwen-omni.")] = None,
    device_map: Annotated[str | None, typer.Option("--device-map", help="For qwen-omni: auto, cuda:0.")] = None,
    asr: Annotated[str, typer.Option("--asr", help="Of the cascade: embedded (English), whisper:FOLDER, …")] = "embedded",
    scorer: Annotated[str, typer.Option("--scorer", help="Of the cascade: embedded, emotion2vec:FOLDER, none.")] = "embedded",
    gender: Annotated[str, typer.Option("--gender", help="Of the voice: female or male.")] = "female",
    language: Annotated[str, typer.Option("--language", help="Of what you say: en or zh.")] = "en",
    system: Annotated[str, typer.Option("--system", help="What the thinker is told beforehand.")] = "",
    regulate: Annotated[bool, typer.Option("--regulate", help="Pull an extreme state toward balance; do not mirror it.")] = False,
    modality: Annotated[
        str, typer.Option("--modality", help="One turn, for experiments: full, audio, first-frame, video, noise.")
    ] = "full",
    silent: Annotated[bool, typer.Option("--silent", help="Answer in writing only.")] = False,
    save: Annotated[Path | None, typer.Option("--save", help="Write the conversation as a session file at its end.")] = None,
    replay: Annotated[Path | None, typer.Option("--replay", help="Say the answers of a session file again.")] = None,
    seed: options.Seed = 0,
    models: options.Models = None,
    threads: options.Threads = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Talk: the thinker hears how you feel, decides how to answer, and the voice follows.

    With --audio, --text, --video or --image it answers one turn; without, it is a conversation: type, or /help.

    \b
    speechkit chat --audio question.wav -o answer.wav --show-thoughts
    speechkit chat -o answers/
    speechkit chat --thinker qwen-omni:/models/Qwen2.5-Omni-7B --video clip.mp4 -o answer.wav
    speechkit chat --thinker endpoint:http://127.0.0.1:8000/v1 --model NAME
    speechkit chat --replay session.jsonl -o again/
    """
    kit = options.open_kit(models, threads)
    voice = _speaker(kit, silent)
    files = AnswerFiles(output)
    if replay is not None:
        _replay(voice, replay, files, show_thoughts, json)
        return
    sound, rate = load(audio) if audio else (None, None)
    talk = _dialogue(
        kit, voice, thinker, model=model, adapter=adapter, device_map=device_map, asr=asr, scorer=scorer, gender=gender,
        language=language, system=system, regulate=regulate, seed=seed,
    )  # fmt: skip
    if audio or text or video or image:
        turn = Turn(
            audio=sound, sample_rate=rate, text=text, video=None if video is None else str(video),
            images=tuple(map(str, image or ())),
        )  # fmt: skip
        answer = _answer(talk, turn, modality)
        path = files.write(answer.speech)
        if json:
            print_json(answer_facts(answer, path))
        else:
            print("\n".join([*(show_thoughts_of(answer) if show_thoughts else []), answer.text]))
    else:
        Loop(talk, files, show_thoughts=show_thoughts, json=json, quiet=quiet).run()
    if save is not None and talk.history.lines:
        talk.save(save)


def _answer(talk: "Dialogue", turn: Turn, modality: str) -> "Answer":
    from speechkit.thinker.modalities import switched

    with tempfile.TemporaryDirectory() as folder:
        turn = switched(turn, modality, folder)  # type: ignore[arg-type]
        return talk.turn(
            audio=turn.audio, sample_rate=turn.sample_rate, text=turn.text, video=turn.video, image=turn.images
        )


def _speaker(kit: "Speechkit", silent: bool) -> "Speaker":
    from speechkit.dialogue import KitSpeaker, SilentSpeaker

    return SilentSpeaker() if silent else KitSpeaker(kit)


def _dialogue(
    kit: "Speechkit",
    voice: "Speaker",
    thinker: str,
    *,
    model: str,
    adapter: Path | None,
    device_map: str | None,
    asr: str,
    scorer: str,
    gender: str,
    language: str,
    system: str,
    regulate: bool,
    seed: int,
) -> "Dialogue":
    from speechkit.dialogue import Dialogue, DialogueConfig
    from speechkit.thinker import Parts, RegulationPolicy

    parts = Parts(model=model, adapter=None if adapter is None else str(adapter), device_map=device_map)
    config = DialogueConfig(
        gender=gender, seed=seed, language=language, system=system, transcriber=asr, scorer=scorer,
        regulation=RegulationPolicy() if regulate else None,
    )  # fmt: skip
    return Dialogue(kit, thinker, speaker=voice, parts=parts, config=config)


def _replay(voice: "Speaker", path: Path, files: AnswerFiles, show_thoughts: bool, as_json: bool) -> None:
    from speechkit.dialogue import replay_session

    different = 0
    for row in replay_session(voice, path):
        written = files.write(row.answer.speech)
        different += row.exchange.speaker == voice.name and not row.identical
        if as_json:
            print_json({**answer_facts(row.answer, written), "identical": row.identical})
            continue
        print(f"you: {row.exchange.user.get('text') or row.answer.thoughts.asr or '(not words)'}")
        print("\n".join([*(show_thoughts_of(row.answer) if show_thoughts else []), row.answer.text]))
    if different:
        raise SpeechkitError(f"{different} of the answers sound different from the recording: other models, or another voice.")
