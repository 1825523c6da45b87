"""How a codebook is used, and what its units cost: utilisation, perplexity, bit rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speechkit.errors import ConfigError, UnitsError
from speechkit.metrics.aggregate import skip_counts
from speechkit.metrics.phone_purity import entropy_nats
from speechkit.metrics.result import MetricResult, Skip, null_result
from speechkit.metrics.unit_distance import deduplicate

TOKENS_PER_UNIT = 20
"""Fewer tokens than this per code bound utilisation and perplexity from above; a warning says so."""


def unit_counts(units: Sequence[Sequence[int]], num_units: int) -> NDArray[np.int64]:
    """How often each code occurs, int64 [K].

    Raises:
        UnitsError: a unit outside [0, num_units).
        ConfigError: num_units < 1.
    """
    if num_units < 1:
        raise ConfigError(f"num_units must be at least 1, got {num_units}.")
    parts = [np.asarray(sequence, np.int64) for sequence in units]
    flat = np.concatenate(parts) if parts else np.empty(0, np.int64)
    if flat.size and not 0 <= flat.min() <= flat.max() < num_units:
        raise UnitsError(f"units must lie in [0, {num_units}), got {int(flat.min())}..{int(flat.max())}.")
    return np.bincount(flat, minlength=num_units)


def level_indices(units: NDArray[np.int64], levels: Sequence[int]) -> NDArray[np.int64]:
    """FSQ level of each dimension: idx = sum_d level_d prod_{e < d} levels_e, dimension 0 fastest.

    Args:
        units: int [N].
        levels: levels per dimension, L of them.
    Returns:
        int64 [N, L].
    Source: Mentzer et al. 2023; the order of the EMOVA release.
    """
    basis = np.concatenate([[1], np.cumprod(levels)[:-1]])
    return (np.asarray(units, np.int64)[:, None] // basis) % np.asarray(levels)


def codebook_statistics(
    units: Sequence[Sequence[int]], num_units: int, *, levels: Sequence[int] | None = None
) -> dict[str, MetricResult]:
    """Utilisation, perplexity and entropy of a codebook over a corpus.

        utilisation = used / K     perplexity = exp(-sum q ln q), in [1, used]     ppl_ratio = perplexity / K

    Args:
        units: units per utterance (empty ones are skipped, "empty_units").
        num_units: K.
        levels: FSQ levels with product K; adds "perplexity_dim_0", ... in [1, levels_d].
    Returns:
        "utilisation", "perplexity", "ppl_ratio", "unit_entropy" (bit) and the dimensions. `details` hold tokens, used
        and dead codes after that many tokens. Null ("no_tokens") without a token.
    Raises:
        UnitsError: a unit outside [0, K).
        ConfigError: levels whose product is not K.
    Source: metrics.md 1.4.
    """
    if levels is not None and math.prod(levels) != num_units:
        raise ConfigError(f"the product of levels {tuple(levels)} must be num_units {num_units}.")
    counts = unit_counts(units, num_units)
    tokens, used = int(counts.sum()), int((counts > 0).sum())
    skips = skip_counts(Skip("empty_units") for sequence in units if not len(sequence))
    few = tokens < TOKENS_PER_UNIT * num_units
    fields: dict[str, Any] = {
        "n": len(units) - sum(skips.values()),
        "n_skipped": sum(skips.values()),
        "skipped_reasons": skips,
        "params": {"num_units": num_units, "levels": None if levels is None else list(levels)},
        "details": {"n_tokens": tokens, "used": used, "dead_after_N": num_units - used},
        "warnings": (f"{tokens} tokens for {num_units} units: values are bounded by the corpus",) if few else (),
    }
    names = {"utilisation": "ratio", "perplexity": "units", "ppl_ratio": "ratio", "unit_entropy": "bit"}
    names |= {f"perplexity_dim_{d}": "levels" for d in range(len(levels or ()))}
    if not tokens:
        return {name: null_result(name, "no_tokens", unit=unit, **fields) for name, unit in names.items()}
    entropy = entropy_nats(counts / tokens)
    values = [used / num_units, math.exp(entropy), math.exp(entropy) / num_units, entropy / math.log(2)]
    values += _level_perplexities(counts, levels or ())
    return {
        name: MetricResult(metric=name, value=value, unit=unit, **fields)
        for (name, unit), value in zip(names.items(), values, strict=True)
    }


def _level_perplexities(counts: NDArray[np.int64], levels: Sequence[int]) -> list[float]:
    if not levels:
        return []
    indices = level_indices(np.arange(len(counts)), levels)
    marginals = [np.bincount(indices[:, d], counts, size) / counts.sum() for d, size in enumerate(levels)]
    return [math.exp(entropy_nats(marginal)) for marginal in marginals]


def bit_rate(frame_rate: float, num_units: int, num_codebooks: int = 1) -> float:
    """Nominal bit rate: frame_rate x codebooks x log2(K), in bit/s.

    Raises:
        ConfigError: a rate or size that is not positive.
    >>> bit_rate(25, 4096)
    300.0
    """
    if frame_rate <= 0 or num_units < 1 or num_codebooks < 1:
        raise ConfigError(f"bit_rate takes positive values, got {frame_rate}, {num_units}, {num_codebooks}.")
    return frame_rate * num_codebooks * math.log2(num_units)


def rate_statistics(units: Sequence[Sequence[int]], num_units: int, *, unit_rate: float) -> dict[str, MetricResult]:
    """What the units cost: nominal and entropy bit rate, and tokens per second after deduplication.

        nominal_bit_rate = unit_rate log2 K   entropy_bit_rate = unit_rate H_bits   dedup_rate = unit_rate runs / tokens

    Deduplicated units have a variable rate and have lost their durations.

    Args:
        units: units per utterance.
        num_units: K.
        unit_rate: Hz.
    Returns:
        "nominal_bit_rate", "entropy_bit_rate" (bit/s), "dedup_rate" (Hz); the last two null without tokens.
    Raises:
        UnitsError: a unit outside [0, K).
    Source: metrics.md 1.5.
    """
    entropy = codebook_statistics(units, num_units)["unit_entropy"]
    tokens = entropy.details["n_tokens"]
    runs = sum(len(deduplicate(list(sequence))) for sequence in units)
    values = {
        "nominal_bit_rate": (bit_rate(unit_rate, num_units), "bit/s"),
        "entropy_bit_rate": (None if entropy.value is None else unit_rate * entropy.value, "bit/s"),
        "dedup_rate": (unit_rate * runs / tokens if tokens else None, "Hz"),
    }
    fields: dict[str, Any] = {
        "n": entropy.n,
        "n_skipped": entropy.n_skipped,
        "skipped_reasons": entropy.skipped_reasons,
        "params": {"num_units": num_units, "unit_rate": unit_rate},
        "higher_is_better": None,
    }
    return {
        name: MetricResult(
            metric=name, value=value, unit=unit, null_reason="no_tokens" if value is None else None, **fields
        )
        for name, (value, unit) in values.items()
    }
