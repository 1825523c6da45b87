"""A WAV whose length nobody knows yet, for a pipe: a header that leaves it open, then 16-bit samples as they come."""

import struct
from collections.abc import Iterable
from typing import BinaryIO

from speechkit.protocols import Waveform
from speechkit.waveform import to_int16

OPEN_ENDED = 0xFFFFFFFF


def header(sample_rate: int) -> bytes:
    """RIFF header of mono 16-bit PCM of unknown length, 44 bytes."""
    layout = struct.pack("<HHIIHH", 1, 1, sample_rate, 2 * sample_rate, 2, 16)
    sizes = struct.pack("<I", OPEN_ENDED)
    return b"RIFF" + sizes + b"WAVEfmt " + struct.pack("<I", len(layout)) + layout + b"data" + sizes


def write_pieces(stream: BinaryIO, pieces: Iterable[Waveform]) -> None:
    """Write float32 [T_i] pieces as 16-bit samples, each at once; values beyond full scale saturate."""
    for piece in pieces:
        stream.write(to_int16(piece).astype("<i2").tobytes())
        stream.flush()
