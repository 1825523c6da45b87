"""Style-rich speech: what engines say, rendered in every emotion and pitch by analysis and synthesis with WORLD.

Text-to-speech engines have no emotions of their own. A clip is analysed once (F0, envelope, aperiodicity) and rendered
several times, each time by an explicit setting of `recipes.style_corpus.styles`; which renditions are really heard as the
emotion is for an EmotionScorer to say. Neutral speech at normal pitch is the engine's own audio, untouched.
"""
