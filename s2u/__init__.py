"""S2U, speech to units: waveform -> log-mel -> encoder -> FSQ -> 25 units a second (EMOVA section 3.2, appendix A.1)."""

from s2u.config import S2UConfig, StageConfig, WindowConfig, paper_config
from s2u.fsq import Quantized, Quantizer
from s2u.model import S2U

__all__ = ["S2U", "Quantized", "Quantizer", "S2UConfig", "StageConfig", "WindowConfig", "paper_config"]
