"""u2s: units and a style vector to a waveform."""

from u2s.config import GeneratorConfig, U2SConfig
from u2s.model import U2S
from u2s.prosody import Controls

__all__ = ["U2S", "Controls", "GeneratorConfig", "U2SConfig"]
