"""Small plots as inline SVG: bars with intervals, histograms, matrices. No library, no script."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

import numpy as np

WIDTH, ROW, LEFT = 640, 22, 190
INK, BAR, WARM = "#1f2933", "#4c7fb0", "#d98032"


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
    return head + "".join(parts) + "</svg>"


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" fill="{INK}" text-anchor="{anchor}">{html.escape(text)}</text>'
    )


def _number(value: float) -> str:
    return f"{value:.4g}"


def bars(values: Mapping[str, float | None], intervals: Mapping[str, tuple[float, float] | None] | None = None) -> str:
    """Horizontal bars from zero with 95 % intervals; a missing value is written as a dash.

    Args:
        values: label to value.
        intervals: label to (low, high).
    Returns:
        SVG.
    """
    spans = intervals or {}
    ends = [
        0.0,
        *(v for v in values.values() if v is not None),
        *(end for pair in spans.values() if pair for end in pair),
    ]
    low, high = min(ends), max(ends)
    scale = (WIDTH - LEFT - 80) / ((high - low) or 1.0)
    parts = []
    for row, (label, value) in enumerate(values.items()):
        y, zero = row * ROW + 4, LEFT - low * scale
        parts.append(_text(LEFT - 8, y + 13, label, "end"))
        if value is None:
            parts.append(_text(zero + 4, y + 13, "–"))
            continue
        start, length = zero + min(value, 0) * scale, abs(value) * scale
        parts.append(f'<rect x="{start:.1f}" y="{y}" width="{max(length, 0.5):.1f}" height="{ROW - 6}" fill="{BAR}"/>')
        span = spans.get(label)
        if span:
            x0, x1, middle = zero + span[0] * scale, zero + span[1] * scale, y + (ROW - 6) / 2
            parts.append(f'<path d="M{x0:.1f} {middle}H{x1:.1f}" stroke="{WARM}" stroke-width="2"/>')
        parts.append(_text(max(start + length, zero + (span[1] if span else 0) * scale) + 6, y + 13, _number(value)))
    return _svg(WIDTH, max(1, len(values)) * ROW + 8, parts)


def histogram(values: Sequence[float], *, label: str, bins: int = 20) -> str:
    """How often values occur.

    Args:
        values: finite numbers; others are left out.
        label: of the axis.
        bins: number of bars.
    Returns:
        SVG.
    """
    finite = [float(value) for value in values if math.isfinite(value)]
    if not finite:
        return _svg(WIDTH, 40, [_text(10, 24, f"{label}: no values")])
    counts, edges = np.histogram(finite, bins=bins)
    step, height = (WIDTH - 40) / bins, 120
    parts = [
        f'<rect x="{20 + i * step:.1f}" y="{10 + height * (1 - count / counts.max()):.1f}" width="{step - 1:.1f}" '
        f'height="{height * count / counts.max():.1f}" fill="{BAR}"><title>{int(count)}</title></rect>'
        for i, count in enumerate(counts)
    ]
    parts += [_text(20, height + 26, _number(edges[0])), _text(WIDTH - 20, height + 26, _number(edges[-1]), "end")]
    parts.append(_text(WIDTH / 2, height + 26, f"{label} (n = {len(finite)})", "middle"))
    return _svg(WIDTH, height + 36, parts)


def matrix(counts: Sequence[Sequence[float]], rows: Sequence[str], columns: Sequence[str]) -> str:
    """A table as shades: rows normalised to their sums, the numbers written in.

    Args:
        counts: [rows, columns], not negative.
        rows: labels (requested, or gold).
        columns: labels (recognised).
    Returns:
        SVG.
    """
    cell, left, top = 62, 110, 24
    parts = [_text(left + (j + 0.5) * cell, 16, label, "middle") for j, label in enumerate(columns)]
    for i, label in enumerate(rows):
        parts.append(_text(left - 8, top + (i + 0.5) * cell / 2 + 4, label, "end"))
        total = sum(counts[i]) or 1.0
        for j in range(len(columns)):
            share = counts[i][j] / total
            shade = f"rgba(76,127,176,{0.08 + 0.9 * share:.3f})"
            x, y = left + j * cell, top + i * cell / 2
            parts.append(f'<rect x="{x}" y="{y}" width="{cell - 2}" height="{cell / 2 - 2}" fill="{shade}"/>')
            parts.append(_text(x + cell / 2, y + cell / 4 + 4, f"{counts[i][j]:g}", "middle"))
    return _svg(left + len(columns) * cell + 10, top + len(rows) * cell // 2 + 10, parts)


def scatter(pairs: Sequence[tuple[float, float]], *, x_label: str, y_label: str) -> str:
    """Points with the diagonal; for paired values of two reports.

    Args:
        pairs: (x, y), finite.
        x_label: of the horizontal axis.
        y_label: of the vertical axis.
    Returns:
        SVG.
    """
    if not pairs:
        return _svg(WIDTH, 40, [_text(10, 24, "no shared items")])
    flat = [value for pair in pairs for value in pair]
    low, high = min(flat), max(flat)
    span, size, left = (high - low) or 1.0, 260, 40
    place = [(left + (x - low) / span * size, 10 + size - (y - low) / span * size) for x, y in pairs]
    parts = [f'<path d="M{left} {10 + size}L{left + size} 10" stroke="#ccc"/>']
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{BAR}" fill-opacity="0.6"/>' for x, y in place]
    parts += [
        _text(left, size + 28, f"{x_label}: {_number(low)} to {_number(high)}"),
        _text(left + size + 10, 24, y_label),
    ]
    return _svg(WIDTH, size + 40, parts)
