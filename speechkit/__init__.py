"""Speech to discrete units and expressive speech back.

The public names are resolved when they are first used (PEP 562), so that `import speechkit` takes milliseconds and the
stages can import speechkit's lower files without a circle.

>>> import speechkit
>>> speechkit.Units(ids=[1, 1, 2]).to_text()
'<|speech_1|><|speech_1|><|speech_2|>'
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_ERRORS = (
    "AudioFileError",
    "CheckpointError",
    "CodecMismatchError",
    "ConfigError",
    "DependencyError",
    "ManifestError",
    "SampleRateError",
    "ShapeError",
    "SpeechkitError",
    "StreamingError",
    "StyleError",
    "TextError",
    "ThinkerError",
    "ThinkerTimeoutError",
    "ThoughtsError",
    "UnitsError",
    "UnitsFileError",
    "WaveformError",
)

_HOMES = {
    "Answer": "speechkit.dialogue",
    "Controls": "u2s",
    "Dialogue": "speechkit.dialogue",
    "DialogueConfig": "speechkit.dialogue",
    "Speech": "speechkit.types",
    "Speechkit": "speechkit.pipeline",
    "StreamResampler": "speechkit.waveform",
    "Style": "speechkit.types",
    "Units": "speechkit.types",
    "Utterance": "speechkit.units_file",
    "load": "speechkit.pipeline",
    "load_audio": "speechkit.waveform",
    "read_units": "speechkit.units_file",
    "resample": "speechkit.waveform",
    "save_audio": "speechkit.waveform",
    "write_units": "speechkit.units_file",
} | dict.fromkeys(_ERRORS, "speechkit.errors")

_NAMES_THERE = {"load_audio": "load", "save_audio": "save"}  # where the face needs a longer name

__all__ = sorted([*_HOMES, "__version__"])


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'speechkit' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), _NAMES_THERE.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
