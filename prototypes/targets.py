"""The standard styles: two genders, four emotions, three pitches, and what each emotion and pitch does to a voice.

Directions and rough sizes are those that reviews of vocal emotion agree on: Juslin and Laukka 2003 (table 7: happiness and
anger fast, loud, high, varied, rich in high frequencies; sadness slow, soft, low, flat, dull), Scherer 2003 (table 1),
Banse and Scherer 1996, and the synthesis experiments of Murray and Arnott 1993 and Burkhardt and Sendlmeier 2000, who
found joy carried by a range up to twice as wide and raised F0, sadness by a narrow range, slow pace and breath, hot anger
by tense phonation and pace. A bank starts from these sizes; `speechkit prototypes tune` then looks, within the bounds of
`speechkit.prototyping.knobs`, for what judges trained on acted speech hear; docs/styles.md says how often they do.
"""

from collections.abc import Mapping

from prototypes.prosody import StyleProsody

GENDERS = ("female", "male")
EMOTIONS = ("neutral", "happy", "sad", "angry")
PITCHES = ("low", "normal", "high")
AXES: Mapping[str, tuple[str, ...]] = {"gender": GENDERS, "emotion": EMOTIONS, "pitch": PITCHES}
"""Axes of the standard bank, 24 styles; the first value of an axis is what is taken where none is asked for."""

NEUTRAL: Mapping[str, str] = {"emotion": "neutral"}
"""Which value of which axis intensity starts from."""

EMOTION_PROSODY: Mapping[str, StyleProsody] = {
    "neutral": StyleProsody(),
    "happy": StyleProsody(
        pitch_semitones=4.5, pitch_range=1.6, pitch_slope=0.8, energy_db=2.0, speed=1.08, tilt_db=0.8
    ),
    "sad": StyleProsody(
        pitch_semitones=-1.0,
        pitch_range=0.4,
        pitch_slope=0.2,
        energy_db=-4.0,
        speed=0.88,
        tilt_db=-4.0,
        breath_db=7.0,
    ),
    "angry": StyleProsody(
        pitch_semitones=2.5,
        pitch_range=1.6,
        pitch_slope=-0.2,
        energy_db=4.0,
        speed=1.14,
        tilt_db=4.0,
        breath_db=-3.0,
    ),
}
"""What each emotion does, whatever the pitch."""

PITCH_PROSODY: Mapping[str, StyleProsody] = {
    "low": StyleProsody(pitch_semitones=-3.0),
    "normal": StyleProsody(),
    "high": StyleProsody(pitch_semitones=3.0),
}
"""What each pitch does, whatever the emotion: three semitones, as far as a voice stays the same voice."""
