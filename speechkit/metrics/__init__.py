"""Metrics as pure functions: numpy or Python values in, `MetricResult` out; no model is loaded here.

| family | modules |
|---|---|
| results | result (the result object), aggregate (means, ratios, paired differences), bootstrap, missing_values |
| sequences | edit_distance, dtw |
| tokenizer | phone_error, phone_purity, unit_distance, codebook, leakage |
| text | error_rate, text_protocols, english_text, english_numbers, english_spelling, mandarin_text, punctuation |
| speech | speaker, pitch, pitch_control, cepstral, mel_cepstrum, quality, speed, emotion_control |
| judges | judge_reply, judge_scores, ecot, spoken_dialogue, instruct, seed_tts |
| emotion recognition | confusion, classification, answers, open_vocabulary |
| affect dynamics | affect, affect_dialogue, concordance, modality_conflict, appropriateness |
| reinforcement learning | rewards, grpo |

Every corpus-level function returns results that hold the value, how many items entered it, which were skipped and why,
every decision that changes the number, and a bootstrap interval. Nothing is dropped in silence; a metric without a value
is null with a reason, never 0 or NaN.
"""

from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.result import MetricResult, Skip

__all__ = ["BootstrapConfig", "MetricResult", "Skip"]
