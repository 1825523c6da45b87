"""Labelled clips to choose prototypes from: a manifest, or folders named after styles."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from speechkit.errors import ManifestError

AUDIO = (".wav", ".flac", ".ogg", ".opus", ".mp3")
KEPT = ("audio", "speaker", "text", "source", "engine", "voice")
"""Fields of a manifest's row that a bank remembers."""


@dataclass(frozen=True, kw_only=True)
class LabelledClip:
    """A file, its label, and what else is known of it."""

    path: Path
    labels: Mapping[str, str]
    record: Mapping[str, object]


def clips_of(source: Path, axes: Mapping[str, Sequence[str]], speakers: Sequence[str] = ()) -> list[LabelledClip]:
    """Clips of a manifest, or of a folder of folders named after the axes' values (`female/happy/high/a.wav`).

    Args:
        source: a folder, or a JSON-lines manifest with `audio` and one field an axis.
        axes: values per axis; clips of other values are left out.
        speakers: keep only these, where a manifest names speakers; none keeps all.
    Raises:
        ManifestError: no clip of these axes in it.
    """
    manifest = source / "manifest.jsonl" if source.is_dir() else source
    found = list(_of_manifest(manifest, axes) if manifest.is_file() else _of_folders(source, axes))
    kept = [clip for clip in found if not speakers or str(clip.record.get("speaker", "")) in speakers]
    if not kept:
        raise ManifestError(
            f"{source} holds no clip labelled by {', '.join(axes)}" + (f" of {list(speakers)}." if speakers else ".")
        )
    return kept


def _of_manifest(manifest: Path, axes: Mapping[str, Sequence[str]]) -> Iterator[LabelledClip]:
    for number, line in enumerate(manifest.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            path = manifest.parent / row["audio"]
        except (ValueError, KeyError, TypeError) as error:
            raise ManifestError(f"{manifest}, line {number}: expected an object with audio ({error!r}).") from error
        labels = {axis: str(row.get(axis, "")) for axis in axes}
        if all(labels[axis] in axes[axis] for axis in axes):
            record = {key: row[key] for key in KEPT if key in row}
            yield LabelledClip(path=path, labels=labels, record=record)


def _of_folders(source: Path, axes: Mapping[str, Sequence[str]]) -> Iterator[LabelledClip]:
    for path in sorted(item for item in source.rglob("*") if item.suffix.lower() in AUDIO):
        parts = path.relative_to(source).parts[-len(axes) - 1 : -1]
        if len(parts) == len(axes) and all(part in axes[axis] for part, axis in zip(parts, axes, strict=True)):
            yield LabelledClip(
                path=path, labels=dict(zip(axes, parts, strict=True)), record={"audio": str(path.relative_to(source))}
            )
