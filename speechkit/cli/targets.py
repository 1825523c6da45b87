"""Where speech goes: one file, a folder with a file an utterance, or standard output."""

import sys
import time
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path

from speechkit.cli import wav_stream
from speechkit.cli.sources import unique
from speechkit.errors import AudioFileError, UnitsFileError
from speechkit.protocols import Waveform
from speechkit.types import Speech
from speechkit.waveform import FORMATS, save_blocks


class AudioFormat(str, Enum):
    """Formats of audio files."""

    wav = "wav"
    flac = "flac"
    ogg = "ogg"
    opus = "opus"
    mp3 = "mp3"


class Target:
    """Takes the speech of one utterance after another.

    Attributes:
        seconds: of speech, of the last utterance.
        first_piece_seconds: from asking for the last utterance to its first sound.
    """

    def __init__(self, output: str, format: AudioFormat, sample_rate: int) -> None:
        self.output = output
        self.format = format
        self.sample_rate = sample_rate
        self.seconds = 0.0
        self.first_piece_seconds = 0.0
        self._taken: set[str] = set()
        self._written = 0

    @property
    def is_file(self) -> bool:
        """Whether it is a single audio file, by its ending."""
        return Path(self.output).suffix.lower() in FORMATS and not Path(self.output).is_dir()

    def write(self, id: str, pieces: Iterable[Speech], source: Path | None = None) -> None:
        """Write one utterance as it is spoken; memory does not grow with its length.

        Args:
            id: of the utterance; names its file in a folder.
            pieces: in order.
            source: the recording that is spoken again, which must not be overwritten.
        Raises:
            AudioFileError: a place that cannot be written, a second utterance for a single file, or the source itself.
            UnitsFileError: an id that would leave the folder.
        """
        watched = self._watched(pieces)
        if self.output == "-":
            if not self._written:
                sys.stdout.buffer.write(wav_stream.header(self.sample_rate))
            wav_stream.write_pieces(sys.stdout.buffer, watched)
        else:
            save_blocks(self._path(id, source), watched, self.sample_rate)
        self._written += 1

    def _path(self, id: str, source: Path | None) -> Path:
        if self.is_file and self._written:
            raise AudioFileError(f"{self.output} is one file and holds the first utterance; name a folder for several.")
        path = Path(self.output) if self.is_file else self._in_folder(id)
        if source is not None and path.exists() and path.samefile(source):
            raise AudioFileError(f"{path} is the recording itself; write somewhere else.")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AudioFileError(f"cannot make the folder {path.parent}: {error.strerror}.") from error
        return path

    def _in_folder(self, id: str) -> Path:
        name = Path(unique(id or "utterance", self._taken))
        if name.is_absolute() or name.drive or ".." in name.parts:
            raise UnitsFileError(f"the id {id!r} leads out of the folder {self.output}; rename the utterance.")
        return Path(self.output) / name.with_name(f"{name.name}.{self.format.value}")

    def _watched(self, pieces: Iterable[Speech]) -> Iterator[Waveform]:
        start, samples = time.perf_counter(), 0
        for piece in pieces:
            if not samples:
                self.first_piece_seconds = time.perf_counter() - start
            samples += len(piece.samples)
            yield piece.samples
        self.seconds = samples / self.sample_rate
