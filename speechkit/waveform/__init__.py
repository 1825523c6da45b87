"""Waveforms in and out: load, save, resample, check. The only place where float becomes int16, saturating."""

from speechkit.waveform.files import (
    FORMATS,
    SUBTYPES,
    UNKNOWN_LENGTH,
    AudioInfo,
    Channel,
    info,
    load,
    load_blocks,
    save,
    save_blocks,
)
from speechkit.waveform.samples import StreamResampler, check, resample, to_int16

__all__ = [
    "FORMATS", "SUBTYPES", "UNKNOWN_LENGTH", "AudioInfo", "Channel", "StreamResampler", "check", "info", "load", "load_blocks",
    "resample", "save", "save_blocks", "to_int16",
]  # fmt: skip
