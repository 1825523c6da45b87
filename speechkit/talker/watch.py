"""Bounds and alarms for a model that could go astray: how many units a text may take, loops, silence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from speechkit.config import Config
from speechkit.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Watch(Config):
    """When units are cut off, or written once more with other random numbers."""

    most_per_symbol: float = 8.0
    """Units that a text may take, per phone or mark."""
    spare_units: int = 25
    """And so many more."""
    fewest_per_symbol: float = 0.6
    """An end is not allowed before so many."""
    longest_run: int = 40
    """More units alike in a row are a loop."""
    loop_units: int = 12
    """Longest stretch that is looked at for repetition."""
    loop_rounds: int = 5
    """So often said again in a row, it is a loop."""
    longest_silence: int = 50
    """More silent units in a row are an alarm."""
    hold_units: int = 16
    """Units that are held back, so that they can be written again after an alarm."""
    retries: int = 3
    """How often in an utterance."""

    def __post_init__(self) -> None:
        if self.most_per_symbol <= self.fewest_per_symbol or self.fewest_per_symbol < 0 or self.spare_units < 1:
            raise ConfigError("Watch: most_per_symbol must be more than fewest_per_symbol, spare_units at least 1.")
        counts = (self.longest_run, self.loop_units, self.loop_rounds, self.longest_silence)
        if min(counts) < 2 or self.hold_units < 0 or self.retries < 0:
            raise ConfigError("Watch: runs, loops and silence are at least 2 units, hold_units and retries not negative.")

    def most(self, symbols: int) -> int:
        """Units that a text of so many symbols may take."""
        return self.spare_units + int(self.most_per_symbol * symbols)

    def fewest(self, symbols: int) -> int:
        """Units that it must take."""
        return int(self.fewest_per_symbol * symbols)

    def alarm(self, units: Sequence[int], silent: Collection[int] = ()) -> str | None:
        """What is wrong at the end of the units: "repetition", "silence" or None.

        >>> Watch().alarm([3, 4] * 5), Watch().alarm([7] * 41), Watch().alarm([1, 2, 3])
        ('repetition', 'repetition', None)
        """
        if silent and _tail(units, silent) > self.longest_silence:
            return "silence"
        if _tail(units, units[-1:]) > self.longest_run and not (silent and units[-1] in silent):
            return "repetition"
        loops = any(self._loops(units, period) for period in range(2, self.loop_units + 1))
        return "repetition" if loops else None

    def _loops(self, units: Sequence[int], period: int) -> bool:
        """Whether the end is one stretch of different units, again and again."""
        span = period * self.loop_rounds
        if len(units) < span or units[-1] == units[-2] == units[-period]:
            return False
        end = list(units[-span:])
        return len(set(end)) > 1 and end[period:] == end[:-period]


def _tail(units: Sequence[int], among: Collection[int]) -> int:
    """How many units at the end are among these."""
    count = 0
    for unit in reversed(units):
        if unit not in among:
            break
        count += 1
    return count
