"""The public face: lazy, complete, the same for type checkers, and light."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

import speechkit

ROOT = Path(__file__).parents[1]
HAS_PIPELINE = importlib.util.find_spec("speechkit.pipeline") is not None


def run(script: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", script], check=True, cwd=ROOT, timeout=120, capture_output=True, text=True
    ).stdout


def test_importing_loads_nothing_heavy() -> None:
    loaded = run("import sys, speechkit; print(*{name.partition('.')[0] for name in sys.modules})").split()
    assert not {"torch", "numpy", "lightning", "transformers", "funasr", "soundfile", "librosa", "s2u", "u2s"} & set(
        loaded
    )


def test_values_and_audio_need_no_torch() -> None:
    assert (
        run("import sys, speechkit as s; s.Units, s.resample, s.read_units; print('torch' in sys.modules)").strip()
        == "False"
    )


@pytest.mark.parametrize("name", speechkit.__all__)
def test_every_public_name_resolves(name: str) -> None:
    if name in ("load", "Speechkit") and not HAS_PIPELINE:
        pytest.skip("no pipeline yet")
    assert getattr(speechkit, name) is getattr(speechkit, name)
    assert name in dir(speechkit)


def test_stub_names_what_the_package_has() -> None:
    tree = ast.parse((ROOT / "speechkit" / "__init__.pyi").read_text(encoding="utf-8"))
    homes = {
        alias.asname: node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert homes == speechkit._HOMES
    assert set(speechkit.__all__) == {*homes, "__version__"}
    (listed,) = (node.value for node in tree.body if isinstance(node, ast.Assign))
    assert ast.literal_eval(listed) == speechkit.__all__


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        speechkit.nonsense  # type: ignore[attr-defined]  # noqa: B018


def test_no_pickle_and_no_blind_loading() -> None:
    forbidden = re.compile(
        r"\btorch\.load\(|\bimport (pickle|dill|joblib)\b|allow_pickle=True|load_state_dict\(.*strict=False"
    )
    files = [path for package in ("speechkit", "s2u", "u2s", "prototypes") for path in (ROOT / package).rglob("*.py")]
    found = [
        str(path) for path in files for line in path.read_text(encoding="utf-8").splitlines() if forbidden.search(line)
    ]
    assert not found


def test_version_and_changelog_agree() -> None:
    assert f"[{speechkit.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_pinned_package_is_pinned_exactly() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line) for line in lines)
