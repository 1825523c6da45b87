from speechkit.errors import (
    AudioFileError as AudioFileError,
)
from speechkit.errors import (
    CheckpointError as CheckpointError,
)
from speechkit.errors import (
    CodecMismatchError as CodecMismatchError,
)
from speechkit.errors import (
    ConfigError as ConfigError,
)
from speechkit.errors import (
    DependencyError as DependencyError,
)
from speechkit.errors import (
    ManifestError as ManifestError,
)
from speechkit.errors import (
    SampleRateError as SampleRateError,
)
from speechkit.errors import (
    ShapeError as ShapeError,
)
from speechkit.errors import (
    SpeechkitError as SpeechkitError,
)
from speechkit.errors import (
    StreamingError as StreamingError,
)
from speechkit.errors import (
    StyleError as StyleError,
)
from speechkit.errors import (
    TextError as TextError,
)
from speechkit.errors import (
    UnitsError as UnitsError,
)
from speechkit.errors import (
    UnitsFileError as UnitsFileError,
)
from speechkit.errors import (
    WaveformError as WaveformError,
)
from speechkit.pipeline import Speechkit as Speechkit
from speechkit.pipeline import load as load
from speechkit.types import Speech as Speech
from speechkit.types import Units as Units
from speechkit.units_file import Utterance as Utterance
from speechkit.units_file import read_units as read_units
from speechkit.units_file import write_units as write_units
from speechkit.waveform import StreamResampler as StreamResampler
from speechkit.waveform import resample as resample
from u2s import Controls as Controls

__version__: str
__all__: list[str]
