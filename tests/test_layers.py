"""The house's floor plan as a test: imports point down, siblings do not know each other, the face loads nothing."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("speechkit", "s2u", "u2s", "prototypes", "recipes")
PLAN = {  # from the ground up; a module belongs to the longest name that is it or a parent of it
    "errors": ["speechkit.errors"],
    "values": ["speechkit.types", "speechkit.protocols", "speechkit.config", "speechkit.lengths"],
    "signals": [
        "speechkit.waveform",
        "speechkit.features",
        "speechkit.pitch",
        "speechkit.checkpoint",
        "speechkit.text",
        "speechkit.units_file",
        "speechkit.metrics",
        "speechkit.bundled",  # data only
    ],
    "stages": [
        "s2u",
        "u2s",
        "prototypes",
        "speechkit.talker",
        "speechkit.thinker",
        "speechkit.asr",
        "speechkit.emotion",
    ],
    "direction": ["speechkit.direction"],
    "pipeline": ["speechkit.pipeline"],
    "whole jobs": [
        "speechkit.demo",
        "speechkit.dialogue",
        "speechkit.evaluation",
        "speechkit.corpus",
        "speechkit.prototyping",
        "speechkit.styles_page",
    ],
    "doors": ["speechkit.cli", "speechkit.serve", "recipes"],
}
SAME_ROOM = {"speechkit.__main__": "speechkit.cli"}
FLOORS = {room: (floor, name) for floor, (name, rooms) in enumerate(PLAN.items()) for room in rooms}
TRAINERS = {"lightning", "pytorch_lightning"}
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def room_of(module: str) -> str | None:
    """The member of the plan that a dotted name lies in."""
    parts = module.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    found = next((prefix for prefix in prefixes if prefix in FLOORS or prefix in SAME_ROOM), None)
    return SAME_ROOM.get(found, found) if found else None


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> Iterator[str]:
    """Every absolute name that a file imports, wherever in it; `from a import b` counts as a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def problem(module: str, name: str) -> str | None:
    """What is wrong with `module` importing `name`, if anything."""
    room = room_of(module)
    top = name.partition(".")[0]
    if top in TRAINERS:
        return None if room == "recipes" else "only recipes import Lightning"
    if top not in PACKAGES or name.startswith("speechkit.__version__"):
        return None
    if name == "speechkit" and room and FLOORS[room][1] in ("whole jobs", "doors"):
        return None  # the face, for the version or the public names
    target = room_of(name)
    if room is None or target is None:
        return f"{module if room is None else name} has no floor; give it one in PLAN, on purpose"
    if target == room or FLOORS[target][0] < FLOORS[room][0]:
        return None
    return f"{FLOORS[room][1]} may not import {FLOORS[target][1]}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_point_down(path: Path) -> None:
    module = dotted(path)
    names = list(imported(path))
    assert not [name for name in names if name.endswith(".*")]
    if module == "speechkit":
        assert not [name for name in names if name.partition(".")[0] in PACKAGES], "the face resolves its names lazily"
        return
    assert room_of(module), f"{module} has no floor; give it one in PLAN, on purpose"
    wrong = {name: reason for name in names if (reason := problem(module, name))}
    assert not wrong


def test_the_plan_itself_refuses() -> None:
    assert problem("speechkit.errors", "speechkit.types.Units")
    assert problem("s2u.model", "u2s.model.U2S")
    assert problem("speechkit.waveform", "speechkit.pipeline.load")
    assert problem("u2s.model", "lightning.Trainer")
    assert problem("speechkit.cli.main", "speechkit.helpers.thing")
    assert problem("s2u.model", "speechkit")
    assert not problem("s2u.model", "s2u.fsq.FSQ")
    assert not problem("speechkit.pipeline", "u2s.model.U2S")
    assert not problem("speechkit.evaluation.runner", "speechkit")
    assert not problem("recipes.s2u", "lightning.Trainer")


def test_bundled_is_data_only() -> None:
    code = [path for path in (ROOT / "speechkit" / "bundled").rglob("*.py") if path.read_text(encoding="utf-8").strip()]
    assert not code


@pytest.mark.parametrize("first", ["speechkit", "s2u", "u2s", "prototypes"])
def test_any_package_imports_first(first: str) -> None:
    heavy = "lightning transformers funasr librosa sklearn torchaudio" + (" torch" if first == "speechkit" else "")
    script = (
        f"import sys, {first}, speechkit\n"
        f"loaded = [name for name in {heavy.split()} if name in sys.modules]\n"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, timeout=120)
