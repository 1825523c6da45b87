"""Give a decoder its named voices: style vectors averaged over clips.

    python -m recipes.voices build U2S_FOLDER --voice female=a.flac,b.flac --voice male=c.flac --note "who, which licence"
    python -m recipes.voices carry U2S_FOLDER --from OLD_U2S_FOLDER       # the same voices, if the style encoder is the same
"""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from prototypes.voices import Clip, Voice, average_style, read_voices, write_voices
from speechkit.errors import CheckpointError, SpeechkitError, StyleError
from speechkit.prototyping.carry import style_fingerprint
from speechkit.waveform import load, resample
from u2s import U2S


def build_voice(decoder: U2S, paths: Sequence[Path], note: str = "") -> Voice:
    """Average the style vectors of clips of one speaker; clips are resampled to the decoder's rate.

    Raises:
        AudioFileError, WaveformError: a clip that cannot be read or used; the message of the latter gets the clip's name.
        StyleError: no clips.
    """
    styles, clips = [], []
    for path in paths:
        waveform, sample_rate = load(path)
        styles.append(decoder.style_of(resample(waveform, sample_rate, decoder.sample_rate), decoder.sample_rate))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        clips.append(Clip(name=path.name, sha256=digest, seconds=round(len(waveform) / sample_rate, 3)))
    return Voice(style=average_style(styles), clips=tuple(clips), note=note)


def parse_voice(text: str) -> tuple[str, list[Path]]:
    """`name=clip[,clip...]` in its parts.

    Raises:
        StyleError: another form.

    >>> parse_voice("male=a.wav,b.wav")[0]
    'male'
    """
    name, _, clips = text.partition("=")
    paths = [Path(clip) for clip in clips.split(",") if clip]
    if not name.isidentifier() or not paths:
        raise StyleError(f"a voice is given as name=clip[,clip...], got {text!r}.")
    return name, paths


def build(folder: Path, voices: Sequence[str], note: str) -> dict[str, Voice]:
    """Build the voices and write them into the decoder's folder."""
    decoder = U2S.load(folder)
    built = {name: build_voice(decoder, paths, note) for name, paths in map(parse_voice, voices)}
    write_voices(folder, built, decoder=decoder.fingerprint)
    return built


def carry(folder: Path, source: Path) -> dict[str, Voice]:
    """Write the voices of another decoder into a decoder's folder.

    Raises:
        CheckpointError: their style encoders differ: the vectors would mean something else.
    """
    decoder, previous = U2S.load(folder), U2S.load(source)
    if style_fingerprint(decoder) != style_fingerprint(previous):
        raise CheckpointError(f"{folder} has another style encoder than {source}: build its voices from clips.")
    voices = read_voices(source, decoder=previous.fingerprint)
    write_voices(folder, voices, decoder=decoder.fingerprint)
    return voices


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 and one line on a user's mistake."""
    parser = argparse.ArgumentParser(prog="python -m recipes.voices", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("build", help="write a decoder's voices")
    command.add_argument("folder", type=Path, help="model folder of the decoder")
    command.add_argument("--voice", action="append", required=True, help="name=clip[,clip...]; once a voice")
    command.add_argument("--note", default="", help="who speaks and under which licence; kept in voices.json")
    command = commands.add_parser("carry", help="take the voices of a decoder with the same style encoder")
    command.add_argument("folder", type=Path, help="model folder of the decoder")
    command.add_argument("--from", dest="source", type=Path, required=True, help="model folder of the other decoder")
    options = parser.parse_args(arguments)
    try:
        carried = options.command == "carry"
        built = carry(options.folder, options.source) if carried else build(options.folder, options.voice, options.note)
    except SpeechkitError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for name, voice in built.items():
        print(f"{name}: {len(voice.clips)} clips, {sum(clip.seconds for clip in voice.clips):.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
