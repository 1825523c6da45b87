"""From clips to a bank of styles that a decoder obeys: read, score, choose, and measure what the decoder makes of them."""

from speechkit.prototyping.build import build, card_of
from speechkit.prototyping.calibrate import calibrate
from speechkit.prototyping.clips import LabelledClip, clips_of

__all__ = ["LabelledClip", "build", "calibrate", "card_of", "clips_of"]
