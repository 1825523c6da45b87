"""IEMOCAP: five sessions; emotions in EmoEvaluation files, sentences as wav files, transcripts beside them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

EMOTIONS = {
    "neu": "neutral", "hap": "happy", "exc": "excited", "sad": "sad", "ang": "angry", "fea": "fearful",
    "sur": "surprised", "fru": "frustrated", "dis": "disgusted", "oth": "other", "xxx": "none",
}  # fmt: skip
_TURN = re.compile(r"^\[([\d.]+) - ([\d.]+)\]\t(\S+)\t(\w{3})\t")
_WORDS = re.compile(r"^(\S+) \[[^\]]*\]: (.*)$")


def read_iemocap(folder: Path) -> list[dict[str, Any]]:
    """Rows of `Session*/dialog/EmoEvaluation/*.txt` with `Session*/sentences/wav/<dialog>/<utterance>.wav`.

    "excited" and "frustrated" stay labels of their own here; a suite's label list decides what counts.
    Source: Busso et al. 2008.
    """
    rows = []
    for table in sorted(folder.glob("Session*/dialog/EmoEvaluation/*.txt")):
        session, dialog = table.parents[2], table.stem
        words = _transcript(session / "dialog" / "transcriptions" / f"{dialog}.txt")
        for line in table.read_text(encoding="utf-8", errors="replace").splitlines():
            if not (match := _TURN.match(line)):
                continue
            name, code = match[3], match[4]
            audio = session / "sentences" / "wav" / dialog / f"{name}.wav"
            gender = "female" if name.rsplit("_", 1)[1].startswith("F") else "male"
            rows.append(
                {
                    "id": name,
                    "audio": audio.relative_to(folder).as_posix(),
                    "emotion": EMOTIONS.get(code, code),
                    "text": words.get(name, ""),
                    "language": "en",
                    "speaker": f"{session.name}-{gender}",
                    "gender": gender,
                    "split": session.name,
                    "dialogue_id": dialog,
                }
            )
    return rows


def _transcript(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return {match[1]: match[2].strip() for line in lines if (match := _WORDS.match(line))}
