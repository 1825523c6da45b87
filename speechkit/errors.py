"""Every error a user can meet. All derive from SpeechkitError, and from the built-in error they refine."""


class SpeechkitError(Exception):
    """Anything that speechkit raises on purpose; its message says what was expected, what came and what to do."""


class ShapeError(SpeechkitError, ValueError):
    """An array or tensor has another shape or dtype than the contract states."""


class SampleRateError(SpeechkitError, ValueError):
    """A waveform comes at another sample rate than the model takes; nothing is resampled in silence."""


class WaveformError(SpeechkitError, ValueError):
    """A waveform is empty, holds NaN or infinities, or is otherwise unusable."""


class AudioFileError(SpeechkitError, OSError):
    """An audio file is missing, unreadable, or not audio."""


class UnitsError(SpeechkitError, ValueError):
    """Unit ids are out of range, empty where they may not be, or of the wrong type."""


class CodecMismatchError(UnitsError):
    """Units were made by another codec than the one asked to decode them."""


class UnitsFileError(SpeechkitError, ValueError):
    """A units file is truncated, corrupt, or not a units file."""


class CheckpointError(SpeechkitError, ValueError):
    """A model folder is incomplete, of another kind, or its weights do not fit its config."""


class ConfigError(SpeechkitError, ValueError):
    """A config holds unknown keys, wrong types or contradictions."""


class StreamingError(SpeechkitError, RuntimeError):
    """Streaming was asked of a model whose config declares `streamable: false`, or a stream was used after its end."""


class StyleError(SpeechkitError, ValueError):
    """An unknown voice, style label or axis value; the message lists the valid ones."""


class TextError(SpeechkitError, ValueError):
    """Text that cannot be read: unknown phone labels, syllables or languages."""


class ManifestError(SpeechkitError, ValueError):
    """A manifest row misses a field, or names a file that is not there."""


class DependencyError(SpeechkitError, ImportError):
    """An optional package is missing; the message names the extra that installs it."""


class ThoughtsError(SpeechkitError, ValueError):
    """A chain of thought or a turn that breaks its contract: no response, unknown fields, texts its format cannot hold."""


class ThinkerError(SpeechkitError, RuntimeError):
    """A thinker cannot answer: its model or server failed, or the turn is more than it takes."""


class ThinkerTimeoutError(ThinkerError, TimeoutError):
    """A thinker's server did not answer in time."""
