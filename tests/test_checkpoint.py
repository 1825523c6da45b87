import dataclasses
import hashlib
import json
import struct
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from speechkit import checkpoint
from speechkit.checkpoint import fingerprint, load_tensors, read_model_folder, save_model_folder
from speechkit.config import Config
from speechkit.errors import CheckpointError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tiny(Config):
    width: int = 4
    levels: tuple[int, ...] = (8, 8)


@pytest.fixture
def tensors() -> dict[str, Tensor]:
    scale = torch.rand(5, dtype=torch.float64)
    return {"weight": torch.randn(4, 3), "steps": torch.tensor(7), "scale": scale, "tied": torch.ones(2, 2).T}


@pytest.fixture
def folder(tmp_path: Path, tensors: dict[str, Tensor]) -> Path:
    save_model_folder(
        tmp_path / "model", kind="s2u", config=Tiny(), tensors=tensors, card="# card", extra={"voices": ["a"]}
    )
    return tmp_path / "model"


def edit(folder: Path, **changes: object) -> None:
    document = json.loads((folder / "config.json").read_text()) | changes
    (folder / "config.json").write_text(json.dumps(document))


def test_what_was_saved_is_read(folder: Path, tensors: dict[str, Tensor]) -> None:
    model = read_model_folder(folder, kind="s2u")
    assert Tiny.from_dict(model.config) == Tiny()
    assert (model.card, model.extra) == ("# card", {"voices": ["a"]})
    assert model.tensors["scale"].dtype == torch.float32 and model.tensors["steps"].dtype == torch.int64
    for name, tensor in tensors.items():
        assert torch.equal(model.tensors[name], tensor.float() if tensor.is_floating_point() else tensor)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["model"], "no temporary folder stays"


def test_others_can_read_what_was_saved(folder: Path) -> None:
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in folder.iterdir())


def test_half_rounds_once(tmp_path: Path, tensors: dict[str, Tensor]) -> None:
    save_model_folder(tmp_path / "half", kind="u2s", config=Tiny(), tensors=tensors, card="", half=True)
    model = read_model_folder(tmp_path / "half", kind="u2s")
    assert torch.equal(model.tensors["weight"], tensors["weight"].half().float())
    save_model_folder(tmp_path / "again", kind="u2s", config=Tiny(), tensors=model.tensors, card="", half=True)
    assert read_model_folder(tmp_path / "again", kind="u2s").fingerprint == model.fingerprint


def test_half_refuses_what_it_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="float16"):
        save_model_folder(
            tmp_path / "m", kind="s2u", config=Tiny(), tensors={"w": torch.tensor([1e6])}, card="", half=True
        )


def test_fingerprint_against_its_definition() -> None:
    weight = torch.tensor([[1.0, -2.0]])
    digest = hashlib.sha256(b'{"levels":[8,8],"width":4}' + b"\nw float32 [1, 2]\n" + struct.pack("<2f", 1.0, -2.0))
    assert fingerprint(Tiny(), {"w": weight}) == digest.hexdigest()[:16]


def test_fingerprint_sees_config_names_shapes_and_values(tensors: dict[str, Tensor]) -> None:
    variants = [
        fingerprint(Tiny(), tensors),
        fingerprint(Tiny(width=5), tensors),
        fingerprint(Tiny(), {**tensors, "weight": tensors["weight"] + 1e-3}),
        fingerprint(Tiny(), {**tensors, "weight": tensors["weight"].reshape(3, 4)}),
        fingerprint(Tiny(), {**tensors, "more": torch.zeros(1)}),
    ]
    assert len(set(variants)) == len(variants)
    assert fingerprint(Tiny().to_dict(), dict(reversed(tensors.items()))) == variants[0]


def test_large_models_are_sharded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint.weights, "SHARD_BYTES", 20_000)
    tensors = {f"layer{index}": torch.randn(1000) for index in range(11)} | {"huge": torch.randn(9000)}
    folder = tmp_path / "sharded"
    save_model_folder(folder, kind="s2u", config=Tiny(), tensors=tensors, card="")
    shards = sorted(folder.glob("model-*.safetensors"))
    assert [shard.name for shard in shards] == [f"model-{number:05d}-of-00004.safetensors" for number in range(1, 5)]
    assert all(shard.stat().st_size <= 20_000 for shard in shards[:-1])
    read = read_model_folder(folder, kind="s2u").tensors
    assert all(torch.equal(read[name], tensors[name]) for name in tensors) and len(read) == len(tensors)
    shards[1].unlink()
    with pytest.raises(CheckpointError, match=r"00002-of-00004.* is missing"):
        read_model_folder(folder, kind="s2u")


def test_saving_again_replaces_weights_and_keeps_other_files(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    (folder / "clips").mkdir()
    (folder / "model-00001-of-00002.safetensors").write_bytes(b"old shard")
    save_model_folder(folder, kind="s2u", config=Tiny(width=9), tensors={"w": torch.ones(1)}, card="new")
    assert read_model_folder(folder, kind="s2u").config["width"] == 9
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "clips",
        "config.json",
        "model.safetensors",
        "notes.txt",
    ]


def test_saving_never_replaces_what_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    (tmp_path / "file").write_text("")
    for name in ("thesis", "file"):
        with pytest.raises(CheckpointError):
            save_model_folder(tmp_path / name, kind="s2u", config=Tiny(), tensors={}, card="")
    assert (tmp_path / "thesis" / "chapter.txt").exists()


def test_a_failed_save_leaves_the_old_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(checkpoint.folder, "write_weights", fail)
    with pytest.raises(OSError, match="disk full"):
        save_model_folder(folder, kind="s2u", config=Tiny(), tensors={}, card="")
    assert read_model_folder(folder, kind="s2u").extra == {"voices": ["a"]}
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_extra_must_be_json(tmp_path: Path) -> None:
    for extra in ({"x": float("nan")}, {"x": object()}):
        with pytest.raises(CheckpointError, match="JSON"):
            save_model_folder(tmp_path / "m", kind="s2u", config=Tiny(), tensors={}, card="", extra=extra)  # type: ignore[dict-item]


def test_missing_folder_and_missing_files(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(CheckpointError, match="not a folder"):
        read_model_folder(tmp_path / "nowhere", kind="s2u")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        read_model_folder(tmp_path / "empty", kind="s2u")
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="is missing"):
        read_model_folder(folder, kind="s2u")


def test_other_kind_and_newer_format(folder: Path) -> None:
    with pytest.raises(CheckpointError, match=r"'s2u'.*'u2s'"):
        read_model_folder(folder, kind="u2s")
    edit(folder, format=2)
    with pytest.raises(CheckpointError, match="Upgrade"):
        read_model_folder(folder, kind="s2u")


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"kind": "s2u"}', '{"kind": "s2u", "format": 1}', "\x00\xff"])
def test_broken_config_json(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text, encoding="latin-1")
    with pytest.raises(CheckpointError):
        read_model_folder(folder, kind="s2u")


@pytest.mark.parametrize("keep", [0, 4, 60, -1])
def test_truncated_weights(folder: Path, keep: int) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match="truncated"):
        read_model_folder(folder, kind="s2u")


def test_damaged_weights_and_edited_config(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x5a")
    with pytest.raises(CheckpointError, match="damaged"):
        read_model_folder(folder, kind="s2u")


def test_an_index_cannot_point_elsewhere(folder: Path) -> None:
    for weight_map in ({"w": "../model.safetensors"}, {"w": "model.bin"}, {"w": 3}, {}, None):
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
        with pytest.raises(CheckpointError):
            read_model_folder(folder, kind="s2u")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"w": "model.safetensors"}}))
    with pytest.raises(CheckpointError, match="does not hold"):
        read_model_folder(folder, kind="s2u")


def test_load_tensors_is_strict_and_lists_everything() -> None:
    module = nn.Linear(3, 4)
    before = module.weight.clone()
    with pytest.raises(CheckpointError) as caught:
        load_tensors(module, {"weight": torch.zeros(4, 2), "other": torch.zeros(1)})
    message = str(caught.value)
    assert all(
        words in message
        for words in ("missing: bias", "unexpected: other", "weight [4, 2] instead of [4, 3]", "Linear")
    )
    assert torch.equal(module.weight, before)


def test_save_load_gives_the_same_output(tmp_path: Path) -> None:
    first, second = nn.Linear(3, 4), nn.Linear(3, 4)
    save_model_folder(tmp_path / "m", kind="linear", config=Tiny(), tensors=first.state_dict(), card="")
    load_tensors(second, read_model_folder(tmp_path / "m", kind="linear").tensors)
    probe = torch.randn(2, 3)
    assert torch.equal(first(probe), second(probe))
