"""Manifests: JSON lines that name what a suite measures, and a deterministic choice among them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speechkit.errors import ManifestError


@dataclass(frozen=True, kw_only=True)
class Item:
    """One row of a manifest."""

    id: str
    """Unique in the manifest; the row's `id`, or its audio path without the ending."""
    row: Mapping[str, Any]
    """The row as it is."""
    folder: Path
    """Where relative paths of the row start."""

    @property
    def text(self) -> str:
        """What is said; empty when the row does not tell."""
        return str(self.row.get("text") or "")

    @property
    def language(self) -> str:
        """ "en" or "zh"; "en" when the row does not tell."""
        return str(self.row.get("language") or self.row.get("lang") or "en")

    @property
    def speaker(self) -> str | None:
        """Who speaks, if the row tells."""
        return None if self.row.get("speaker") is None else str(self.row["speaker"])

    @property
    def seed(self) -> int:
        """Seed of everything random about this item: from its id alone, so that order and restarts do not matter."""
        return seed_of(self.id)

    def path(self, field: str = "audio") -> Path:
        """File that a field names.

        Raises:
            ManifestError: the row has no such field.
        """
        value = self.row.get(field)
        if not isinstance(value, str) or not value:
            raise ManifestError(f"item {self.id} has no {field!r}; the manifest row needs the path of a file there.")
        return self.folder / value


def seed_of(*parts: str) -> int:
    """A 32-bit seed from names, the same in every process.

    >>> seed_of("a", "noise") == seed_of("a", "noise") != seed_of("b", "noise")
    True
    """
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:4], "big")


def read_manifest(path: str | Path) -> list[Item]:
    """All rows of a manifest.

    Args:
        path: JSON lines, or a JSON file with a list of objects; relative paths inside start at its folder.
    Returns:
        Items in the order of the file.
    Raises:
        ManifestError: not readable, not JSON, a row that is no object, a row without id and audio, or an id twice.
    """
    source = Path(path)
    try:
        text = source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"manifest {source} cannot be read: {error}.") from error
    rows = list(_rows(text, source))
    items = [Item(id=_id_of(row, f"{source}, row {n}"), row=row, folder=source.parent) for n, row in enumerate(rows, 1)]
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise ManifestError(f"{source} holds the id {item.id!r} twice; ids must be unique.")
        seen.add(item.id)
    return items


def _rows(text: str, source: Path) -> Iterable[dict[str, Any]]:
    if text.lstrip().startswith("["):
        pieces = [(1, text)]
    else:
        pieces = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    for number, piece in pieces:
        try:
            value = json.loads(piece)
        except json.JSONDecodeError as error:
            raise ManifestError(f"{source}, line {number} is not JSON: {error}.") from error
        for row in value if isinstance(value, list) else [value]:
            if not isinstance(row, dict):
                raise ManifestError(f"{source}, line {number}: a row is a JSON object, got {type(row).__name__}.")
            yield row


def _id_of(row: Mapping[str, Any], where: str) -> str:
    for field in ("id", "audio", "turn_id", "utt"):
        value = row.get(field)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
            return str(Path(str(value)).with_suffix("")) if field == "audio" else str(value)
    raise ManifestError(f"{where} has neither 'id' nor 'audio'.")


def choose(
    items: Sequence[Item],
    *,
    limit: int | None = None,
    split: str | None = None,
    language: str | None = None,
    spread: str = "speaker",
) -> list[Item]:
    """Choose what to measure: filter, then take evenly from every group, always the same.

    Args:
        items: of a manifest.
        limit: at most so many; None takes all.
        split: keep rows of this `split`; rows without the field are dropped.
        language: keep rows of this `language`.
        spread: row field whose values take turns (speakers), so that a small limit still holds everyone.
    Returns:
        Items sorted by id. Within a group the choice follows a hash of the id, so that it does not favour the start of
        the manifest.
    Raises:
        ManifestError: limit below 1.
    """
    if limit is not None and limit < 1:
        raise ManifestError(f"limit must be at least 1, got {limit}.")
    kept = [item for item in items if split is None or item.row.get("split") == split]
    kept = [item for item in kept if language is None or item.language == language]
    groups: dict[str, list[Item]] = {}
    for item in sorted(kept, key=lambda item: (seed_of(item.id, "choose"), item.id)):
        groups.setdefault(str(item.row.get(spread)), []).append(item)
    turns = sorted((turn, name, item.id, item) for name in groups for turn, item in enumerate(groups[name]))
    return sorted((item for *_, item in turns[:limit]), key=lambda item: item.id)


def manifest_fingerprint(items: Iterable[Item]) -> str:
    """SHA-256 over the chosen rows, independent of where the manifest lies."""
    rows = sorted(json.dumps([item.id, item.row], ensure_ascii=False, sort_keys=True) for item in items)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
