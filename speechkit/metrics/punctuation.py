"""The punctuation that evaluation scripts remove from Chinese and English text."""

from __future__ import annotations

import string

CHINESE_PUNCTUATION = "".join(
    map(
        chr,
        (
            *range(0xFF02, 0xFF0E), 0xFF0F, *range(0xFF1A, 0xFF1F), 0xFF20, *range(0xFF3B, 0xFF41),
            *range(0xFF5B, 0xFF61), *range(0xFF62, 0xFF65),  # full-width and half-width forms
            0x3000, 0x3001, 0x3003, *range(0x3008, 0x3012), *range(0x3014, 0x3020), 0x3030, 0x303E, 0x303F,  # CJK
            0x2013, 0x2014, 0x2018, 0x2019, *range(0x201B, 0x2020), 0x2026, 0x2027,  # dashes, quotes, ellipses
            0xFE4F, 0xFE51, 0xFE54, 0x00B7,
            0xFF0E, 0xFF01, 0xFF1F, 0xFF61, 0x3002,  # stops
        ),
    )
)  # fmt: skip
"""The characters of `zhon.hanzi.punctuation`, by their code points."""

ALL_PUNCTUATION = CHINESE_PUNCTUATION + string.punctuation
"""Chinese and ASCII punctuation together."""
