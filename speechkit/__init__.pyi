from speechkit.dialogue import Answer as Answer, Dialogue as Dialogue, DialogueConfig as DialogueConfig
from speechkit.errors import (
    AudioFileError as AudioFileError,
    CheckpointError as CheckpointError,
    CodecMismatchError as CodecMismatchError,
    ConfigError as ConfigError,
    DependencyError as DependencyError,
    ManifestError as ManifestError,
    SampleRateError as SampleRateError,
    ShapeError as ShapeError,
    SpeechkitError as SpeechkitError,
    StreamingError as StreamingError,
    StyleError as StyleError,
    TextError as TextError,
    ThinkerError as ThinkerError,
    ThinkerTimeoutError as ThinkerTimeoutError,
    ThoughtsError as ThoughtsError,
    UnitsError as UnitsError,
    UnitsFileError as UnitsFileError,
    WaveformError as WaveformError,
)
from speechkit.pipeline import Speechkit as Speechkit, load as load
from speechkit.types import Speech as Speech, Units as Units
from speechkit.units_file import Utterance as Utterance, read_units as read_units, write_units as write_units
from speechkit.waveform import (
    StreamResampler as StreamResampler,
    load as load_audio,
    resample as resample,
    save as save_audio,
)
from u2s import Controls as Controls

__version__: str
__all__ = [
    "Answer",
    "AudioFileError",
    "CheckpointError",
    "CodecMismatchError",
    "ConfigError",
    "Controls",
    "DependencyError",
    "Dialogue",
    "DialogueConfig",
    "ManifestError",
    "SampleRateError",
    "ShapeError",
    "Speech",
    "Speechkit",
    "SpeechkitError",
    "StreamResampler",
    "StreamingError",
    "StyleError",
    "TextError",
    "ThinkerError",
    "ThinkerTimeoutError",
    "ThoughtsError",
    "Units",
    "UnitsError",
    "UnitsFileError",
    "Utterance",
    "WaveformError",
    "__version__",
    "load",
    "load_audio",
    "read_units",
    "resample",
    "save_audio",
    "write_units",
]
