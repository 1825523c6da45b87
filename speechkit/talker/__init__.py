"""The talker: an instruction and a text become a style header and units."""

from speechkit.talker.config import TalkerConfig
from speechkit.talker.decoding import Backbone, UnitStream, write_header
from speechkit.talker.guided import GuidedBackbone
from speechkit.talker.header import ATTRIBUTES, DEFAULTS, StyleHeader, header_of
from speechkit.talker.model import Talker
from speechkit.talker.registry import load_backbone
from speechkit.talker.sampling import Sampling
from speechkit.talker.saying import Saying, SpeechStream, Spoken
from speechkit.talker.watch import Watch

__all__ = [
    "ATTRIBUTES", "DEFAULTS", "Backbone", "GuidedBackbone", "Sampling", "Saying", "SpeechStream", "Spoken",
    "StyleHeader", "Talker", "TalkerConfig", "UnitStream", "Watch", "header_of", "load_backbone", "write_header",
]  # fmt: skip
