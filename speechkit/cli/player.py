"""Playing speech while it is spoken, with a player of the system."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator

from speechkit.cli import wav_stream
from speechkit.errors import DependencyError
from speechkit.types import Speech

PLAYERS = (
    ("aplay", "-q", "-"), ("paplay", "/dev/stdin"), ("ffplay", "-loglevel", "error", "-nodisp", "-autoexit", "-"),
)  # fmt: skip
"""Commands that play a WAV from standard input; the first that is installed is taken."""


def play_stream(pieces: Iterable[Speech], sample_rate: int) -> Iterator[Speech]:
    """Pass pieces on, each after it was given to the player; returns when all has been heard.

    Raises:
        DependencyError: there is no player, or it cannot play here.
    """
    command = next((command for command in PLAYERS if shutil.which(command[0])), None)
    if command is None:
        raise DependencyError(f"--play needs one of {', '.join(name for name, *_ in PLAYERS)}; or write a file with -o.")
    player = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        player.stdin.write(wav_stream.header(sample_rate))  # type: ignore[union-attr]
        for piece in pieces:
            wav_stream.write_pieces(player.stdin, [piece.samples])  # type: ignore[arg-type]
            yield piece
        player.stdin.close()  # type: ignore[union-attr]
    except BrokenPipeError as error:
        raise DependencyError(f"{command[0]} stopped playing (exit code {player.wait()}).") from error
    finally:
        if player.poll() is None and player.stdin is not None and not player.stdin.closed:
            player.kill()
        player.wait()
