"""The result object: one number, what it was computed from, and why it is missing when it is missing."""

from __future__ import annotations

import json
import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from speechkit.errors import ConfigError


@dataclass(frozen=True)
class Skip:
    """An item that could not be measured, with the reason; it is counted, never dropped in silence."""

    reason: str


Outcome = float | Skip
"""What measuring one item gives: a finite number, or the reason why there is none."""


@dataclass(frozen=True, kw_only=True)
class MetricResult:
    """One metric over one set of items, ready for JSON.

    Ratios are stored in [0, 1]; a printer may show percent. The object never holds NaN or infinities: a metric
    that has no value has `value=None` and says why in `null_reason`.

    Raises:
        ConfigError: NaN or infinity anywhere, a null without its reason, or skip counts that do not add up.
    Source: metrics.md 0.1-0.3, with `null_reason`, `details` and `warnings` added.
    """

    metric: str
    """Name of the metric, for instance "PER"."""
    value: float | None
    """The number, finite; None when there is none."""
    n: int
    """Items that entered the value."""
    n_skipped: int = 0
    """Items that did not."""
    skipped_reasons: Mapping[str, int] = field(default_factory=dict)
    """How many items were skipped for which reason; sums to `n_skipped`."""
    unit: str = "ratio"
    """ratio, percent, dB, score, ms, Hz, bit, ..."""
    higher_is_better: bool | None = True
    """None where neither direction is better (a bit rate, a signed difference)."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Every decision that changes the number."""
    ci95: tuple[float, float] | None = None
    """Lower and upper end of the 95 % interval; None when it was not computed or cannot be."""
    per_item: str | None = None
    """Path of the per-item file, when a suite wrote one."""
    null_reason: str | None = None
    """Why `value` is None; None when there is a value."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Companions of the number: counts, strict value, coverage, histogram."""
    warnings: tuple[str, ...] = ()
    """What a reader should know before trusting the number."""

    def __post_init__(self) -> None:
        value = None if self.value is None else _finite(self.value, f"{self.metric}.value")
        if (value is None) != bool(self.null_reason):
            raise ConfigError(f"{self.metric}: a null value needs a null_reason, and only a null value may have one.")
        reasons = {str(reason): int(count) for reason, count in self.skipped_reasons.items()}
        if self.n < 0 or sum(reasons.values()) != self.n_skipped:
            raise ConfigError(f"{self.metric}: n={self.n}, n_skipped={self.n_skipped} do not fit reasons {reasons}.")
        interval = None if self.ci95 is None else tuple(_finite(end, f"{self.metric}.ci95") for end in self.ci95)
        if interval is not None and (len(interval) != 2 or interval[0] > interval[1]):
            raise ConfigError(f"{self.metric}: ci95 must be (low, high), got {interval}.")
        clean = {"value": value, "skipped_reasons": reasons, "ci95": interval, "warnings": tuple(self.warnings)}
        clean |= {"params": plain(self.params, "params"), "details": plain(self.details, "details")}
        for name, item in clean.items():
            object.__setattr__(self, name, item)

    def to_dict(self) -> dict[str, Any]:
        """All fields as JSON types."""
        return {item.name: plain(getattr(self, item.name), item.name) for item in fields(self)}

    def to_json(self) -> str:
        """One line of strict JSON (no NaN, no Infinity)."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> MetricResult:
        """Read what `to_dict` wrote.

        Raises:
            ConfigError: an unknown or missing field.
        """
        unknown = sorted(set(data) - {item.name for item in fields(cls)})
        if unknown:
            raise ConfigError(f"MetricResult has no field {', '.join(unknown)}.")
        interval = data.get("ci95")
        try:
            return cls(**{**data, "ci95": None if interval is None else tuple(interval)})
        except TypeError as error:
            raise ConfigError(f"MetricResult: {error}.") from error

    @classmethod
    def from_json(cls, text: str) -> MetricResult:
        """Read what `to_json` wrote.

        Raises:
            ConfigError: not JSON, or not a result.
        """
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise ConfigError(f"not a JSON result: {error}.") from error
        if not isinstance(data, dict):
            raise ConfigError(f"a result is a JSON object, got {type(data).__name__}.")
        return cls.from_dict(data)


def null_result(metric: str, reason: str, **fields_: Any) -> MetricResult:
    """A result without a value, for `reason`; `n` is 0 unless given."""
    return MetricResult(metric=metric, value=None, null_reason=reason, **{"n": 0, **fields_})


def plain(value: Any, where: str = "value") -> Any:
    """Turn numpy values, tuples and mappings into JSON types.

    Raises:
        ConfigError: NaN, infinity, or a type that JSON has not.
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return _finite(value, where)
    if isinstance(value, Mapping):
        return {str(key): plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item, where) for item in value]
    raise ConfigError(f"{where} holds a {type(value).__name__}, which JSON has not.")


def _finite(value: Any, where: str) -> float:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise ConfigError(f"{where} must be a number, got {value!r}.")
    if not math.isfinite(value):
        raise ConfigError(f"{where} is {value}; a metric without a value is None with a null_reason.")
    return float(value)
