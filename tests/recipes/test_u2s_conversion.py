"""One clip's units in the voice of another: it is what `decode` says, the listeners teach it, and prosody is left alone."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

pytest.importorskip("lightning")
pytest.importorskip("pyworld")

from recipes.u2s import U2STraining
from recipes.u2s_conversion import conversion_losses, convert, other_styles, read_styles
from recipes.u2s_training import TrainingConfig
from s2u import S2U
from speechkit.errors import CheckpointError, ConfigError
from tests.recipes.test_u2s import TINY
from tests.recipes.test_u2s_spelled import listening_config
from tests.s2u.searching import searching
from u2s import U2S, Controls
from u2s.noise import SOURCE, gaussian


def unit(*shape: int) -> torch.Tensor:
    """Random styles."""
    return torch.nn.functional.normalize(torch.randn(*shape), dim=-1)


def test_styles_of_files_are_put_together(tmp_path: Path) -> None:
    save_file({"styles": unit(3, 8)}, tmp_path / "bank.safetensors")
    save_file({"female": unit(8), "male": unit(8)}, tmp_path / "voices.safetensors")
    assert read_styles(()).shape == (0, 0)
    assert read_styles((str(tmp_path / "bank.safetensors"), str(tmp_path / "voices.safetensors"))).shape == (5, 8)
    save_file({"other": unit(4)}, tmp_path / "other.safetensors")
    for wrong in ("other.safetensors", "missing.safetensors"):
        with pytest.raises(CheckpointError, match="no style vectors"):
            read_styles((str(tmp_path / "bank.safetensors"), str(tmp_path / wrong)))


def test_no_clip_keeps_its_own_style() -> None:
    style, known = unit(4, 8).requires_grad_(True), unit(3, 8)
    others = other_styles(style, known, 3)
    assert others.shape == (3, 8) and not others.requires_grad
    assert any(torch.equal(others[0], row) for row in known) and any(torch.equal(others[2], row) for row in known)
    assert torch.equal(others[1], style[0])
    assert torch.equal(other_styles(style, torch.zeros(0, 0), 2), style.detach()[[3, 0]])


def test_it_is_what_the_decoder_says(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    decoder = U2S(TINY).eval()
    units, style = torch.randint(0, 4096, (1, 6)), unit(1, TINY.style_dim)
    theirs = decoder.decode_whole(units[0], style[0], controls=Controls(noise_scale=0.0))
    monkeypatch.setattr(
        torch, "randn", lambda *_, **__: gaussian(0, SOURCE, 0, 6, TINY.samples_per_unit).reshape(1, -1)
    )
    with torch.no_grad():
        ours = convert(decoder, units, style, spread=0.0)[0]
    torch.testing.assert_close(ours.clamp(-1, 1), theirs, atol=1e-4, rtol=1e-3)


def test_the_listeners_teach_everything_but_prosody() -> None:
    torch.manual_seed(0)
    decoder = U2S(TINY)
    losses = conversion_losses(
        decoder,
        torch.randint(0, 4096, (2, 6)),
        unit(2, TINY.style_dim),
        0.3,
        lambda waveform, _: waveform.square().mean(),
    )
    assert losses.keys() == {"heard_units", "heard_style"} and 0 <= losses["heard_style"].item() <= 2
    torch.stack(list(losses.values())).sum().backward()
    assert decoder.prosody is not None and all(p.grad is None for p in decoder.prosody.parameters())
    assert all(p.grad is not None for p in decoder.generator.parameters())


def test_a_stage_with_conversion(tmp_path: Path) -> None:
    folder = tmp_path / "s2u"
    searching(S2U(listening_config())).save(folder, card="Tiny.")
    save_file({"styles": unit(3, TINY.style_dim)}, tmp_path / "bank.safetensors")
    training = TrainingConfig(
        stage=2,
        prior_share=1.0,
        recognition_weight=0.5,
        conversion_share=0.5,
        styles=(str(tmp_path / "bank.safetensors"),),
    )
    system = U2STraining(TINY, training, listener=str(folder))
    batch = {
        "waveform": torch.randn(2, 12 * 960) * 0.1, "reference": torch.randn(2, 24_000) * 0.1,
        "prosody": torch.tensor([5.0, 1.0, -3.0]).expand(2, 48, 3), "units": torch.randint(0, 4096, (2, 12)),
    }  # fmt: skip
    losses = system.losses(batch)[1]
    assert {"recognition", "heard_units", "heard_style"} <= losses.keys()
    plain = sum(
        value
        for name, value in losses.items()
        if not name.startswith("heard") and name not in ("prosody", "recognition")
    )
    wanted = plain + 0.5 * (losses["prosody"] + losses["recognition"] + losses["heard_units"] + losses["heard_style"])
    torch.testing.assert_close(system.total(losses), wanted)
    with pytest.raises(ConfigError, match="needs a listener"):
        TrainingConfig(conversion_share=0.5)
