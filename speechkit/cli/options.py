"""Options that several commands share, so that one word means one thing everywhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from speechkit.pipeline import Speechkit
    from speechkit.protocols import Transcriber

Models = Annotated[
    Path | None,
    typer.Option("--models", help="Folder that holds the model folders s2u/ and u2s/ (default: the bundled models)."),
]
Threads = Annotated[int | None, typer.Option("--threads", min=1, help="CPU threads (default: torch's choice).")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Json = Annotated[bool, typer.Option("--json", help="Print a summary for programs, one JSON object, on stdout.")]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="Stop at the first input that fails.")]
Channel = Annotated[
    int | None, typer.Option("--channel", min=0, help="Take this channel, counted from 0 (default: the mean of all).")
]
Voice = Annotated[str | None, typer.Option("--voice", help="A voice of the model: female or male (default: female).")]
Reference = Annotated[
    Path | None, typer.Option("--reference", help="Speak in the voice of this clip (3 to 10 s of one speaker) instead.")
]
Gender = Annotated[str | None, typer.Option("--gender", help="Of the style bank: female or male.")]
Emotion = Annotated[str | None, typer.Option("--emotion", help="Of the style bank: neutral, happy, sad or angry.")]
PitchLevel = Annotated[str | None, typer.Option("--pitch", help="Of the style bank: low, normal or high.")]
Mix = Annotated[str | None, typer.Option("--style", help="A mix of styles, such as 0.7*sad+0.3*neutral.")]
Intensity = Annotated[float, typer.Option("--intensity", help="Of the emotion: 0 is neutral, 1 as it is, up to 2.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of the noise: the same seed gives the same samples.")]
Pitch = Annotated[float, typer.Option("--pitch-semitones", help="Higher or lower, -24 to 24.")]
PitchRange = Annotated[float, typer.Option("--pitch-range", help="Melody: 0 is monotone, 1 as predicted, up to 4.")]
Energy = Annotated[float, typer.Option("--energy-db", help="Louder or softer, -60 to 20 dB.")]
Speed = Annotated[float, typer.Option("--speed", help="Faster or slower, 0.25 to 4.")]


def open_kit(models: Path | None, threads: int | None) -> "Speechkit":
    """Load the models, after setting the number of threads."""
    import torch

    from speechkit.pipeline import load

    if threads is not None:
        torch.set_num_threads(threads)
    return load(models)


def open_transcriber(spec: str, threads: int) -> "Transcriber":
    """A recogniser by its spec; `embedded` hears through the bundled encoder."""
    from speechkit.asr import transcriber
    from speechkit.pipeline import load

    embedded = spec.partition(":")[0] == "embedded"
    return transcriber(spec, threads=threads, posteriors=load().phone_posteriors if embedded else None)
