import dataclasses
import json
from pathlib import Path

import pytest

from speechkit.config import Config
from speechkit.errors import ConfigError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Inner(Config):
    width: int = 4


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outer(Config):
    name: str
    inner: Inner = Inner()
    levels: tuple[int, ...] = (8, 8)
    grid: tuple[tuple[int, ...], ...] = ((1, 2), (3,))
    rate: float | None = None


def test_json_and_back(tmp_path: Path) -> None:
    config = Outer(name="a", inner=Inner(width=7), levels=(5,), rate=2.5)
    assert config.to_dict()["levels"] == [5]
    assert Outer.from_dict(config.to_dict()) == config
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()))
    assert Outer.from_json(tmp_path / "config.json") == config


def test_defaults_fill_in() -> None:
    assert Outer.from_dict({"name": "a", "grid": [[9]]}) == Outer(name="a", grid=((9,),))


@pytest.mark.parametrize(
    "data, words",
    [
        ({"name": "a", "wdith": 3}, "Outer has no field wdith; it has grid, inner"),
        ({"name": "a", "inner": {"depth": 3}}, "Inner has no field depth"),
        ({}, "Outer: .*name"),
    ],
)
def test_wrong_keys(data: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Outer.from_dict(data)


def test_unreadable_files(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    for name in ("broken.json", "missing.json"):
        with pytest.raises(ConfigError, match=name):
            Outer.from_json(tmp_path / name)


def test_frozen_and_keyword_only() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Inner().width = 5  # type: ignore[misc]
    with pytest.raises(TypeError):
        Inner(5)  # type: ignore[misc]
