"""One figure a recording: waveform, mel spectrogram with F0, and the units beneath, on one time axis. SVG with PNGs inside."""

import base64
import struct
import zlib
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray

from speechkit.features import LogMel, LogMelConfig
from speechkit.pitch import RATE as F0_RATE
from speechkit.pitch import f0_of
from speechkit.protocols import Waveform
from speechkit.waveform import resample

RATE = 24000
MEL = LogMelConfig(sample_rate=RATE, n_fft=1024, hop_length=240, num_mels=80)
RANGE = 15.0  # natural-log power shown below the loudest, 65 dB
COLOURS = np.array([(8, 8, 40), (78, 22, 110), (176, 48, 96), (240, 120, 40), (250, 236, 160)], np.float64)
HUES = np.array([(38, 120, 178), (44, 150, 110), (200, 130, 30), (150, 90, 170), (210, 50, 60)], np.float64)
F0_LOW, F0_HIGH = 60.0, 500.0
WIDTH, WAVE, SPECTRUM, STRIP, AXIS = 480, 44, 96, 34, 16  # in the figure's own pixels


def figure(
    waveform: Waveform,
    sample_rate: int,
    ids: NDArray[np.int64],
    *,
    levels: tuple[int, ...],
    compared_to: NDArray[np.int64] | None = None,
) -> str:
    """Draw a recording.

    Args:
        waveform: float32 [T] in [-1, 1].
        sample_rate: Hz.
        ids: int64 [N], its units; each becomes a column, a row for each FSQ dimension, darker for a higher level.
        levels: of the FSQ.
        compared_to: int64 [M]; a last row is red where the unit at the same time differs.
    Returns:
        An `<svg>` element.
    """
    samples = resample(waveform, sample_rate, RATE)
    seconds = len(samples) / RATE
    height = WAVE + SPECTRUM + STRIP + AXIS
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="waveform, mel spectrogram with F0, units">',
        _wave(samples),
        _image(_mel_picture(samples), 0, WAVE, SPECTRUM),
        _f0_line(samples),
        _image(_strip_picture(ids, levels, compared_to), 0, WAVE + SPECTRUM + 2, STRIP - 2),
        _ticks(seconds, height),
        "</svg>",
    ]
    return "".join(parts)


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode an image.

    Args:
        pixels: uint8 [H, W, 3], red green blue.
    Source: PNG specification, ISO/IEC 15948: truecolour, 8 bits, no interlace, no filter.
    """
    height, width, _ = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    framed = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def _image(pixels: NDArray[np.uint8], x: int, y: int, height: int) -> str:
    data = base64.b64encode(png(pixels)).decode()
    place = f'x="{x}" y="{y}" width="{WIDTH}" height="{height}"'
    return f'<image {place} preserveAspectRatio="none" class="pixels" href="data:image/png;base64,{data}"/>'


def _wave(samples: Waveform) -> str:
    """Envelope: highest and lowest sample of each pixel column."""
    edges = np.linspace(0, len(samples), WIDTH + 1).astype(int)
    columns = [samples[first : max(last, first + 1)] for first, last in zip(edges[:-1], edges[1:], strict=True)]
    middle, scale = WAVE / 2, WAVE / 2 - 1
    upper = [f"{x},{middle - scale * min(float(column.max(initial=-1.0)), 1.0):.1f}" for x, column in enumerate(columns)]
    lower = [f"{x},{middle - scale * max(float(column.min(initial=1.0)), -1.0):.1f}" for x, column in enumerate(columns)]
    return f'<polygon class="wave" points="{" ".join(upper + lower[::-1])}"/>'


def _mel_picture(samples: Waveform) -> NDArray[np.uint8]:
    mel = LogMel(MEL).whole(torch.from_numpy(samples)[None], MEL.hop_length)[0].numpy()
    step = max(1, mel.shape[1] // (2 * WIDTH))
    mel = mel[::-1, : mel.shape[1] // step * step].reshape(mel.shape[0], -1, step).max(axis=2)
    shade = np.clip((mel - mel.max() + RANGE) / RANGE, 0.0, 1.0)
    return _coloured(shade)


def _coloured(shade: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Values in [0, 1], [H, W], to colours [H, W, 3] from dark blue over red to light yellow."""
    anchors = np.linspace(0.0, 1.0, len(COLOURS))
    return np.stack([np.interp(shade, anchors, COLOURS[:, channel]) for channel in range(3)], axis=-1).astype(np.uint8)


def _f0_line(samples: Waveform) -> str:
    """F0 over the spectrogram on its own logarithmic axis; the line breaks where nothing is voiced."""
    f0 = f0_of(resample(samples, RATE, F0_RATE), F0_RATE)
    voiced = np.flatnonzero(f0)
    runs = np.split(voiced, np.flatnonzero(np.diff(voiced) > 1) + 1)
    x = np.arange(len(f0)) * MEL.hop_length / max(len(samples), 1) * WIDTH
    place = np.log(np.clip(f0, F0_LOW, F0_HIGH) / F0_LOW) / np.log(F0_HIGH / F0_LOW)
    y = WAVE + SPECTRUM * (1 - place)
    lines = (" ".join(f"{x[index]:.1f},{y[index]:.1f}" for index in run) for run in runs if len(run) > 2)
    return "".join(f'<polyline class="f0" points="{points}"/>' for points in lines)


def _strip_picture(
    ids: NDArray[np.int64], levels: tuple[int, ...], compared_to: NDArray[np.int64] | None
) -> NDArray[np.uint8]:
    """[dimensions (+ 1), N, 3]: white at the lowest level of a dimension, its full hue at the highest."""
    rows = []
    for index, count in enumerate(levels):
        digit = ids // prod(levels[:index]) % count
        rows.append((digit + 1) / count)
    if compared_to is not None:
        other = np.full(len(ids), -1, np.int64)
        other[: len(compared_to)] = compared_to[: len(ids)]
        rows.append((ids != other).astype(np.float64))
    shade = np.stack(rows)[..., None]
    hues = np.resize(HUES[:-1], (len(levels), 3))
    hues = np.concatenate([hues, HUES[-1:]])[: len(rows), None, :]
    return (255 - shade * (255 - hues)).astype(np.uint8)


def _ticks(seconds: float, height: int) -> str:
    step = next((size for size in (0.5, 1.0, 2.0, 5.0) if seconds / size <= 10), 10.0)
    marks = []
    for number in range(int(seconds / step) + 1):
        x = number * step / max(seconds, 1e-9) * WIDTH
        anchor = "start" if number == 0 else "middle"
        marks.append(f'<text class="tick" x="{x:.1f}" y="{height - 4}" text-anchor="{anchor}">{number * step:g} s</text>')
    return "".join(marks[:-1] if len(marks) > 1 and seconds - (len(marks) - 1) * step < 0.3 * step else marks)
