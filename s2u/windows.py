"""How an utterance is cut into windows. Each window is computed alone, at its own shape, and gives its core's units.

That is what makes units independent of company: alone, in a batch, streamed in chunks of any size or read from a file of
an hour, the very same windows are computed, so the units are equal bit for bit (on CPU) and memory is flat.
"""

from dataclasses import dataclass

from s2u.config import WindowConfig


@dataclass(frozen=True, kw_only=True)
class Window:
    """One window, all in units from the start of the utterance: it sees [start, stop) and gives [core_start, core_stop)."""

    start: int
    core_start: int
    core_stop: int
    stop: int


def plan(num_units: int, config: WindowConfig | None) -> list[Window]:
    """Windows of a whole utterance; one that sees everything when config is None.

    >>> plan(130, WindowConfig(left=50, core=100, right=25))[1]
    Window(start=50, core_start=100, core_stop=130, stop=130)
    """
    if config is None:
        return [Window(start=0, core_start=0, core_stop=num_units, stop=num_units)] if num_units else []
    starts = range(0, num_units, config.core)
    return [window_at(index, config, num_units) for index in range(len(starts))]


def window_at(index: int, config: WindowConfig, num_units: int) -> Window:
    """The window number `index` of an utterance of `num_units` units."""
    first = index * config.core
    return Window(
        start=max(0, first - config.left),
        core_start=first,
        core_stop=min(first + config.core, num_units),
        stop=min(first + config.core + config.right, num_units),
    )


def ready_windows(num_whole_units: int, config: WindowConfig) -> int:
    """How many windows are final once `num_whole_units` whole units have come and more may follow.

    A window is final when the stream has passed its right context by at least one unit's samples of look-ahead.
    """
    return max(0, (num_whole_units - 1 - config.right) // config.core)
