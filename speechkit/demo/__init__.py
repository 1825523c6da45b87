"""The demo: a few recordings spoken again in every default voice, as a page to open and figures measured on the spot.

    clips.py    what is spoken      measure.py  encode, decode, and what it cost
    picture.py  one figure a recording                              page.py     the HTML
"""

from speechkit.demo.clips import DemoClip, bundled_clips, read_clip
from speechkit.demo.measure import ClipResult, Rendition, respeak
from speechkit.demo.page import write_page

__all__ = ["ClipResult", "DemoClip", "Rendition", "bundled_clips", "read_clip", "respeak", "write_page"]
