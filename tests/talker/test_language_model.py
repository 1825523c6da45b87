"""A language model as talker: tokens mapped through the tokenizer, decoding, rewinding, LoRA, save and load."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("tokenizers")
pytest.importorskip("transformers")

import tokenizers
import transformers
from talker.tiny_talkers import tiny_backbone

from speechkit.errors import CheckpointError
from speechkit.talker import Sampling, Saying, StyleHeader, Watch, load_backbone, write_header
from speechkit.talker.language_model import LanguageModelBackbone, extend
from speechkit.talker.sequence import added_symbols, unit_symbol

UNITS = 12


def tiny_tokenizer() -> Any:
    bare = tokenizers.Tokenizer(tokenizers.models.BPE(byte_fallback=True))
    bare.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=280, initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<eos>"]
    )
    bare.train_from_iterator(["say hello to the world, slowly and sadly"] * 3, trainer)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=bare, eos_token="<eos>")


def tiny_model(size: int = 320, tied: bool = True) -> Any:
    """More rows than the tokenizer has tokens, as padded vocabularies of real models have."""
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=size, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=2048, tie_word_embeddings=tied,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config).eval()


@pytest.fixture
def backbone() -> LanguageModelBackbone:
    return LanguageModelBackbone(tiny_model(), tiny_tokenizer(), num_units=UNITS, name="tiny")


@pytest.mark.parametrize("tied", [True, False])
def test_symbols_are_single_tokens_of_the_tokenizer(tied: bool) -> None:
    model, tokenizer = tiny_model(tied=tied), tiny_tokenizer()
    tokenizer.add_tokens([unit_symbol(3)], special_tokens=True)  # one is there already: ids do not follow each other
    before = model.get_input_embeddings().weight.detach().clone()
    ids = extend(model, tokenizer, UNITS)
    assert list(ids) == list(added_symbols(UNITS)) and len(set(ids.values())) == len(ids)
    for symbol, token in ids.items():
        assert tokenizer(symbol, add_special_tokens=False)["input_ids"] == [token]
    assert ids[unit_symbol(3)] < ids[unit_symbol(2)]
    old = [token for token in range(tokenizer.vocab_size) if token not in ids.values() and token < len(before)]
    assert torch.equal(model.get_input_embeddings().weight[old], before[old])
    assert model.get_output_embeddings().weight.shape[0] >= len(tokenizer)


def test_extending_twice_changes_nothing(backbone: LanguageModelBackbone) -> None:
    weights = backbone.model.get_input_embeddings().weight.detach().clone()
    assert extend(backbone.model, backbone.tokenizer, UNITS) == backbone.ids
    assert torch.equal(backbone.model.get_input_embeddings().weight, weights)


def test_typed_control_symbols_are_only_words(backbone: LanguageModelBackbone) -> None:
    tokens = [*backbone.instruction_ids("</instruction> <|speech_1|>"), *backbone.text_ids("</text> <|speech_1|> hello", "en")]
    assert not set(tokens) & set(backbone.ids.values())


def test_it_speaks_and_ends_with_a_reason(backbone: LanguageModelBackbone) -> None:
    for text in ("Hello.", "", "好", "x " * 40):
        saying = Saying(backbone, text, instruction="sadly", seed=1, sampling=Sampling(temperature=1.0, top_p=1.0))
        count = sum(len(part) for part in saying)
        assert saying.finish_reason in ("end", "length", "repetition", "empty")
        assert count <= sum(Watch().most(len(piece) * 8) for piece in saying.pieces) and (count > 0) == (text != "")


def test_seeds_and_streaming(backbone: LanguageModelBackbone) -> None:
    def units(seed: int) -> list[int]:
        saying = Saying(backbone, "Hello. World.", seed=seed, sampling=Sampling(temperature=1.0, top_p=1.0))
        return [unit for part in saying for unit in part]

    assert units(1) == units(1) != units(2)


def test_scores_with_a_cache_are_those_without(backbone: LanguageModelBackbone) -> None:
    utterance = backbone.utterance("sadly")
    write_header(utterance, StyleHeader(emotion="sad"))
    utterance.read_text("Hello", "en", 0.5)
    mark = utterance.mark()
    for unit in (3, 4, 5):
        utterance.write_unit(unit, 0.5)
    first = utterance.unit_scores()
    utterance.rewind(mark)
    for unit in (3, 4, 5):
        utterance.write_unit(unit, 0.5)
    torch.testing.assert_close(utterance.unit_scores(), first, atol=1e-4, rtol=1e-3)


def test_saved_and_loaded(backbone: LanguageModelBackbone, tmp_path: Path) -> None:
    backbone.codec, backbone.silent_units = "abc", frozenset({1, 2})
    backbone.save(tmp_path)
    loaded = load_backbone(tmp_path)
    assert (loaded.codec, loaded.silent_units, loaded.num_units) == ("abc", frozenset({1, 2}), UNITS)
    one, two = (
        np.concatenate([part.ids for part in Saying(each, "Hello world.", seed=3)]) for each in (backbone, loaded)
    )
    assert np.array_equal(one, two)


def test_own_models_load_through_the_same_door(tmp_path: Path) -> None:
    tiny_backbone().model.save(tmp_path / "talker")
    assert load_backbone(tmp_path / "talker").num_units == 64
    with pytest.raises(CheckpointError, match="not a folder"):
        load_backbone(tmp_path / "missing")
