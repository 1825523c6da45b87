"""MELD: a CSV per split and clips named after dialogue and utterance; and the list that EmoOmniEval releases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from speechkit.errors import ManifestError
from speechkit.evaluation.layouts.tables import first_existing, read_table

TABLES = {"train": "train_sent_emo.csv", "dev": "dev_sent_emo.csv", "test": "test_sent_emo.csv"}
COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")


def read_meld(folder: Path) -> list[dict[str, Any]]:
    """Rows of `{train,dev,test}_sent_emo.csv` with clips `dia<D>_utt<U>.wav` or `.mp4` anywhere below a folder of the split.

    A row whose clip is missing keeps its place without `audio` and `video`; the suite then skips it with a reason.
    Source: declare-lab/MELD.
    """
    rows = []
    for split, name in TABLES.items():
        table = folder / name
        for entry in read_table(table, COLUMNS) if table.is_file() else []:
            dialogue, clip = entry["Dialogue_ID"], f"dia{entry['Dialogue_ID']}_utt{entry['Utterance_ID']}"
            row: dict[str, Any] = {
                "id": f"{split}/{clip}", "text": entry["Utterance"], "language": "en", "split": split,
                "speaker": entry["Speaker"], "emotion": entry["Emotion"], "dialogue_id": f"{split}/{dialogue}",
            }  # fmt: skip
            for field, suffix in (("audio", ".wav"), ("video", ".mp4")):
                if found := first_existing(folder, (f"{split}*/**/{clip}{suffix}", f"{clip}{suffix}")):
                    row[field] = found
            rows.append(row)
    return rows


def read_meld_list(path: Path) -> list[dict[str, Any]]:
    """Rows of the list that EmoOmniEval releases for MELD, for the `dialogue` suite.

    Each entry has `messages` (chat turns with `role` and `content`), `videos` and `audios` (paths, both empty in the
    released list). The last user turn is the text, the turn after it the reference; earlier turns are the context.

    Raises:
        ManifestError: not JSON or JSON lines, or an entry without messages.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        whole = text.lstrip().startswith("[")
        entries = json.loads(text) if whole else [json.loads(line) for line in text.splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise ManifestError(f"{path} is no list of EmoOmniEval: {error}.") from error
    return [_list_row(number, entry, path) for number, entry in enumerate(entries)]


def _list_row(number: int, entry: Any, path: Path) -> dict[str, Any]:
    turns = entry.get("messages") if isinstance(entry, dict) else None
    if not isinstance(turns, list) or not any(turn.get("role") == "user" for turn in turns):
        raise ManifestError(f"{path}, entry {number} has no 'messages' with a user turn.")
    last = max(index for index, turn in enumerate(turns) if turn.get("role") == "user")
    after = next((turn["content"] for turn in turns[last + 1 :] if turn.get("role") == "assistant"), None)
    return {
        "id": str(entry.get("id") or f"meld-{number:04d}"),
        "dataset": "meld",
        "lang": "en",
        "user_text": str(turns[last].get("content") or "").replace("<video>", "").replace("<audio>", "").strip(),
        "context": [turn for turn in turns[:last] if turn.get("role") != "system"],
        "reference_response": after,
        "video": next(iter(entry.get("videos") or []), None),
        "user_audio": next(iter(entry.get("audios") or []), None),
    }
