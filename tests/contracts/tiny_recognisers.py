"""Model folders of real classes, tiny and with random weights, written where a test says."""

import json
from pathlib import Path

import torch

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def write_tiny_whisper(folder: Path) -> Path:
    """A folder that transformers loads as Whisper: it hears one letter, then ends."""
    from transformers import GenerationConfig, WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

    special = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|zh|>", "<|translate|>", "<|transcribe|>",
               "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]  # fmt: skip
    ids = {text: len(LETTERS) + number for number, text in enumerate(special)}
    end, start = ids["<|endoftext|>"], ids["<|startoftranscript|>"]
    config = WhisperConfig(
        vocab_size=len(LETTERS) + len(special), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, num_mel_bins=80, max_target_positions=448,
        pad_token_id=end, bos_token_id=end, eos_token_id=end, decoder_start_token_id=start,
        suppress_tokens=None, begin_suppress_tokens=None,
    )  # fmt: skip
    torch.manual_seed(0)
    model = WhisperForConditionalGeneration(config)
    last = model.model.decoder.layer_norm
    wanted = model.model.decoder.embed_tokens.weight[end].detach()
    last.weight.data.fill_(0.01)
    last.bias.data.copy_(wanted / wanted.norm() ** 2)  # the end is always likeliest, and forbidden at the beginning
    model.generation_config = GenerationConfig(
        is_multilingual=True, lang_to_id={name: ids[name] for name in ("<|en|>", "<|zh|>")},
        task_to_id={"transcribe": ids["<|transcribe|>"], "translate": ids["<|translate|>"]},
        no_timestamps_token_id=ids["<|notimestamps|>"], decoder_start_token_id=start, eos_token_id=end, bos_token_id=end,
        pad_token_id=end, max_length=448, begin_suppress_tokens=[end],
        suppress_tokens=[number for text, number in ids.items() if number != end],
    )  # fmt: skip
    model.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
    added = {number: {"content": text, "special": True, "lstrip": False, "rstrip": False, "normalized": False,
                      "single_word": False} for text, number in ids.items()}  # fmt: skip
    settings = {"tokenizer_class": "WhisperTokenizer", "added_tokens_decoder": added, "eos_token": special[0],
                "bos_token": special[0], "unk_token": special[0], "pad_token": special[0]}  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    vocabulary = {letter: number for number, letter in enumerate(LETTERS)} | {special[0]: end}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return folder


def write_tiny_paraformer(folder: Path) -> Path:
    """A folder that funasr loads as Paraformer: 25 letters a second of noise, more or less."""
    import funasr.models.paraformer.cif_predictor
    import funasr.models.paraformer.decoder
    import funasr.models.sanm.encoder  # noqa: F401  # the imports fill funasr's tables
    from funasr.models.paraformer.model import Paraformer

    tokens = ["<blank>", "<s>", "</s>", *LETTERS, "<unk>"]
    layers = {"attention_heads": 2, "linear_units": 16, "num_blocks": 2, "kernel_size": 3, "sanm_shfit": 0}
    config = {
        "model": "Paraformer",
        "model_conf": {"ctc_weight": 0.0, "predictor_weight": 1.0, "predictor_bias": 1, "sampling_ratio": 0.0},
        "encoder": "SANMEncoder",
        "encoder_conf": {**layers, "output_size": 16, "input_layer": "pe", "selfattention_layer_type": "sanm"},
        "decoder": "ParaformerSANMDecoder",
        "decoder_conf": {**layers, "att_layer_num": 2},
        "predictor": "CifPredictorV2",
        "predictor_conf": {"idim": 16, "threshold": 1.0, "l_order": 1, "r_order": 1, "tail_threshold": 0.45},
        "frontend": "WavFrontend",
        "frontend_conf": {"fs": 16000, "window": "hamming", "n_mels": 80, "frame_length": 25, "frame_shift": 10,
                          "lfr_m": 7, "lfr_n": 6},
        "tokenizer": "CharTokenizer",
        "tokenizer_conf": {"unk_symbol": "<unk>", "split_with_space": True},
    }  # fmt: skip
    torch.manual_seed(0)
    parts = {key: value for key, value in config.items() if not key.startswith(("model", "frontend", "tokenizer"))}
    model = Paraformer(**parts, **config["model_conf"], input_size=560, vocab_size=len(tokens))  # type: ignore[arg-type]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(json.dumps(config))  # JSON is YAML
    (folder / "tokens.json").write_text(json.dumps(tokens))
    torch.save(model.state_dict(), folder / "model.pt")
    return folder
