"""Word, character and mixed error rate under the named text protocols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from speechkit.errors import ConfigError
from speechkit.metrics.aggregate import Clusters, check_same_length, mean_result, ratio_result
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.edit_distance import EditCounts, edit_counts
from speechkit.metrics.result import MetricResult, Outcome, Skip
from speechkit.metrics.text_protocols import (
    Language,
    ProtocolName,
    TextProtocol,
    detect_language,
    mixed_tokens,
    normalise_text,
    text_protocol,
    to_simplified,
    tokens_of,
)


@dataclass(frozen=True, kw_only=True)
class ErrorRateItem:
    """One compared utterance."""

    reference: str
    """As compared."""
    hypothesis: str | None
    """As compared; None when there was none."""
    reference_tokens: int
    """Words or characters of the reference."""
    counts: EditCounts | Skip
    """Errors, or why they were not counted."""

    @property
    def rate(self) -> Outcome:
        """Errors per reference token; 1 for text where silence was expected."""
        if isinstance(self.counts, Skip):
            return self.counts
        length = self.counts.reference_length
        return self.counts.errors / length if length else 1.0


def error_rate(
    references: Sequence[str],
    hypotheses: Sequence[str | None],
    *,
    language: Language | Literal["auto"],
    protocol: ProtocolName = "seedtts",
    parity: bool = False,
    mixed: bool = False,
    simplify: Callable[[str], str] | None = None,
    clusters: Clusters = None,
    bootstrap: BootstrapConfig | None = None,
) -> MetricResult:
    """Error rate (S + D + I) / N of transcripts, averaged as the protocol does.

        micro = sum of errors / sum of reference tokens       macro = mean of the utterances' rates

    Args:
        references: what should have been said.
        hypotheses: what a recogniser heard; None when there is no waveform or transcript.
        language: "en" (words, WER), "zh" (characters, CER), or "auto" (by the reference, utterance by utterance).
        protocol: see `PROTOCOLS`.
        parity: with the quirks of the published code: hypotheses it leaves out are skipped, and "seedtts" converts
            Mandarin hypotheses to simplified characters.
        mixed: count CJK by character and the rest by word (MER); protocols that space out Mandarin characters then
            prepare text as in English.
        simplify: applied to Mandarin hypotheses before anything else; zhconv in "seedtts" parity when None.
        clusters: speaker or dialogue per utterance.
        bootstrap: interval settings.
    Returns:
        "WER", "CER" or "MER" >= 0, possibly above 1. An empty reference with an empty hypothesis is skipped
        ("empty_ref"); with a non-empty one it counts as rate 1 (macro) or as insertions (micro). An empty hypothesis
        is all deletions. `details` hold micro, macro, strict_value (left-out hypotheses count as rate 1), the counts,
        the rounded percentage and, without the utterances above 50 %, the macro mean.
    Raises:
        ShapeError: different lengths.
        ConfigError: unknown protocol or language.
        DependencyError: "seedtts" parity on Mandarin without zhconv and without `simplify`.
    Source: metrics.md 2.1. jiwer gives the same rates; its split into S, D, I may differ among equal alignments.
    """
    check_same_length("error_rate", references, hypotheses)
    rules = text_protocol(protocol)
    if language not in ("en", "zh", "auto"):
        raise ConfigError(f"language must be 'en', 'zh' or 'auto', got {language!r}.")
    if parity and protocol == "seedtts" and simplify is None:
        simplify = to_simplified
    items = [
        compare(ref, hyp, rules, detect_language(ref) if language == "auto" else language, parity, mixed, simplify)
        for ref, hyp in zip(references, hypotheses, strict=True)
    ]
    name = "MER" if mixed else "CER" if language == "zh" else "WER"
    params = {
        "protocol": protocol,
        "language": language,
        "parity": parity,
        "mixed": mixed,
        "aggregate": rules.aggregate,
    }
    shared: dict[str, Any] = {"clusters": clusters, "bootstrap": bootstrap, "higher_is_better": False, "params": params}
    if rules.aggregate == "macro":
        result = mean_result(name, [item.rate for item in items], **shared)
    else:
        result = ratio_result(name, [_pair(item.counts) for item in items], **shared)
    return MetricResult(**{**result.__dict__, "details": _details(items, rules, result.value)})


def compare(
    reference: str,
    hypothesis: str | None,
    protocol: TextProtocol,
    language: Language,
    parity: bool = False,
    mixed: bool = False,
    simplify: Callable[[str], str] | None = None,
) -> ErrorRateItem:
    """One utterance under a protocol; see `error_rate`."""
    prepared: Language = "en" if mixed and not protocol.characters_with_spaces else language
    ref = normalise_text(reference, prepared, protocol.name, parity=parity)
    left = _tokens(ref, language, protocol, mixed)
    if hypothesis is None:
        return ErrorRateItem(
            reference=ref, hypothesis=None, reference_tokens=len(left), counts=Skip("missing_hypothesis")
        )
    heard = simplify(hypothesis) if simplify and language == "zh" else hypothesis
    hyp = normalise_text(heard, prepared, protocol.name, parity=parity)
    right = _tokens(hyp, language, protocol, mixed)
    limit = protocol.longest_hypothesis
    counts: EditCounts | Skip = edit_counts(left, right) if left or right else Skip("empty_ref")
    if parity and limit is not None and len(hypothesis) > limit:
        counts = Skip("hypothesis_too_long")
    if parity and protocol.skips_empty_hypotheses and not hypothesis.strip():
        counts = Skip("empty_hypothesis")
    return ErrorRateItem(reference=ref, hypothesis=hyp, reference_tokens=len(left), counts=counts)


def _tokens(text: str, language: Language, protocol: TextProtocol, mixed: bool) -> list[str]:
    return mixed_tokens(text) if mixed else tokens_of(text, language, protocol.name)


def _pair(counts: EditCounts | Skip) -> tuple[float, float] | Skip:
    return counts if isinstance(counts, Skip) else (float(counts.errors), float(counts.reference_length))


def _details(items: list[ErrorRateItem], rules: TextProtocol, value: float | None) -> dict[str, Any]:
    counted = [item.counts for item in items if isinstance(item.counts, EditCounts)]
    rates = [rate for item in items if not isinstance(rate := item.rate, Skip)]
    errors, words = sum(c.errors for c in counted), sum(c.reference_length for c in counted)
    low = [rate for rate in rates if rate <= 0.5]
    left_out = [item for item in items if isinstance(item.counts, Skip) and item.counts.reason != "empty_ref"]
    lost = sum(item.reference_tokens for item in left_out)
    strict = (
        _mean([*rates, *[1.0] * len(left_out)]) if rules.aggregate == "macro" else _over(errors + lost, words + lost)
    )
    return {
        "micro": _over(errors, words),
        "macro": _mean(rates),
        "macro_below_50_percent": _mean(low),
        "strict_value": strict,
        "percent": None if value is None else round(100 * value, 3),
        "hits": sum(c.hits for c in counted),
        "substitutions": sum(c.substitutions for c in counted),
        "deletions": sum(c.deletions for c in counted),
        "insertions": sum(c.insertions for c in counted),
        "reference_tokens": words,
    }


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _over(numerator: int, denominator: int) -> float | None:
    return numerator / denominator if denominator else None
