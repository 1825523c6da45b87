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
from speechkit.waveform import StreamResampler as StreamResampler, resample as resample
from u2s import Controls as Controls

__version__: str
__all__: list[str]
