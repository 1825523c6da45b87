"""The talker's own model: step by step = at once, padding, save and load."""

from pathlib import Path

import numpy as np
import pytest
import torch
from talker.tiny_talkers import TINY, tiny_model

from speechkit.errors import CheckpointError, ConfigError
from speechkit.talker import GuidedBackbone, StyleHeader, Talker, UnitStream, write_header
from speechkit.talker.layers import Cache
from speechkit.talker.model import Sequences


def sequences(model: Talker, steps: int, units: int) -> Sequences:
    tokens = torch.randint(0, model.embedding.num_embeddings, (1, steps))
    places = torch.full((1, steps), -1)
    places[0, -units:] = torch.arange(units) // 2
    held = torch.zeros(1, steps, dtype=torch.int64)
    held[0, -units:] = torch.arange(units) % 2
    texts = torch.randint(model.first_text, model.first_text + 200, (1, 7))
    return Sequences(tokens=tokens, texts=texts, places=places, held=held)


@torch.inference_mode()
def test_with_a_cache_as_without() -> None:
    model = tiny_model()
    tokens = torch.randint(0, 300, (1, 40))
    at_once = model.decoder(model.embedding(tokens))[0]
    cache = Cache(TINY, model.embedding.weight, room=4)  # grows more than once
    parts = [model.extend(part.tolist(), cache) for part in tokens[0].split([3, 1, 1, 7, 1, 27])]
    ends = np.cumsum([3, 1, 1, 7, 1, 27]) - 1
    torch.testing.assert_close(torch.stack(parts), at_once[ends], atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_padding_changes_nothing() -> None:
    model = tiny_model()
    short, long = sequences(model, 20, 8), sequences(model, 33, 12)
    pad = torch.nn.functional.pad
    batch = Sequences(
        tokens=torch.cat([pad(short.tokens, (0, 13)), long.tokens]), texts=torch.cat([short.texts, long.texts]),
        places=torch.cat([pad(short.places, (0, 13), value=-1), long.places]),
        held=torch.cat([pad(short.held, (0, 13)), long.held]),
    )  # fmt: skip
    hidden = model(batch)
    torch.testing.assert_close(hidden[0, :20], model(short)[0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(hidden[1], model(long)[0], atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_surroundings_are_those_of_a_loop() -> None:
    model = tiny_model()
    texts = torch.tensor([[5, 9, 7, -1]])
    table = torch.cat([model.embedding.weight, torch.zeros(1, 16)])
    row = [-1, -1, 5, 9, 7, -1, -1, -1]
    for place in range(3):
        wanted = model.around(torch.cat([table[symbol] for symbol in row[place : place + 5]]))
        torch.testing.assert_close(model.surroundings(texts)[0, place], wanted)


def test_saved_and_loaded(tmp_path: Path) -> None:
    model = tiny_model()
    model.save(tmp_path / "talker", card="Tiny.")
    loaded = Talker.load(tmp_path / "talker")
    assert loaded.vocabulary.merges == model.vocabulary.merges
    assert loaded.config == TINY and loaded.fingerprint
    one, two = (list(_units(GuidedBackbone(each))) for each in (model, loaded))
    assert one == two


def _units(backbone: GuidedBackbone) -> UnitStream:
    utterance = backbone.utterance("happy")
    write_header(utterance, StyleHeader())
    return UnitStream(backbone, utterance, "One two.", "en", seed=5)


def test_another_kind_of_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"kind": "u2s", "format": 1, "config": {}, "extra": {}}')
    with pytest.raises(CheckpointError, match="'talker' model is needed"):
        Talker.load(tmp_path)


def test_merges_must_be_as_many_as_the_config_says() -> None:
    with pytest.raises(ConfigError, match="spells with 3 merges, got 1"):
        tiny_model().set_merges([(1, 2)])
