"""From clips to a bank of styles that a decoder obeys: read, score, choose, measure what the decoder makes of them, and tune."""

from speechkit.prototyping.build import build, card_of
from speechkit.prototyping.calibrate import calibrate, settle
from speechkit.prototyping.carry import carry
from speechkit.prototyping.clips import LabelledClip, clips_of
from speechkit.prototyping.tune import TuneConfig, Tuner

__all__ = ["LabelledClip", "TuneConfig", "Tuner", "build", "calibrate", "card_of", "carry", "clips_of", "settle"]
