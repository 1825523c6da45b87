"""One clip's units in the voice of another: it is what `decode` says, the listeners teach it, and prosody is left alone."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

pytest.importorskip("lightning")
pytest.importorskip("pyworld")

from prototypes.bank import Prototype, StyleBank
from prototypes.prosody import StyleProsody
from prototypes.store import save_bank
from recipes.u2s import U2STraining
from recipes.u2s_conversion import Manner, conversion_losses, convert, other_manners, read_manners
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


def manners(*styles: torch.Tensor) -> list[Manner]:
    """As the voices are."""
    return [Manner(style) for style in styles]


def test_styles_of_files_and_banks_are_put_together(tmp_path: Path) -> None:
    save_file({"female": unit(8), "male": unit(2, 8)}, tmp_path / "voices.safetensors")
    prosody = StyleProsody(pitch_range=1.5, speed=1.2, energy_db=3.0)
    items = [
        Prototype(style=unit(8), prosody=prosody, pitch_hz=210.0, labels={"emotion": emotion})
        for emotion in ("neutral", "happy")
    ]
    bank = StyleBank({"emotion": ("neutral", "happy")}, items)
    save_bank(tmp_path / "bank", bank, card="Two.")
    assert read_manners(()) == ()
    found = read_manners((str(tmp_path / "bank"), str(tmp_path / "voices.safetensors")))
    assert len(found) == 5 and {m.controls for m in found[2:]} == {Controls()}
    assert found[0].controls == Controls(pitch_range=1.5, pitch_hz=210.0)
    save_file({"other": unit(4)}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match="different sizes"):
        read_manners((str(tmp_path / "bank"), str(tmp_path / "other.safetensors")))
    with pytest.raises(CheckpointError, match="no style vectors"):
        read_manners((str(tmp_path / "missing.safetensors"),))


def test_no_clip_keeps_its_own_style() -> None:
    style, known = unit(4, 8).requires_grad_(True), manners(*unit(3, 8))
    others = other_manners(style, known, 3)
    assert len(others) == 3 and not any(other.style.requires_grad for other in others)
    assert others[0] in known and others[2] in known
    assert torch.equal(others[1].style, style[0]) and abs(others[1].controls.pitch_semitones) <= 3
    plain = other_manners(style, (), 2)
    assert torch.equal(torch.stack([other.style for other in plain]), style.detach()[[3, 0]])


@pytest.mark.parametrize(
    "controls", [Controls(), Controls(pitch_hz=230.0, pitch_range=1.4, pitch_slope=0.8, tilt_db=2.0, breath_db=7.0, effort_db=3.0)]
)
def test_it_is_what_the_decoder_says(monkeypatch: pytest.MonkeyPatch, controls: Controls) -> None:
    torch.manual_seed(0)
    decoder = U2S(TINY).eval()
    units, style = torch.randint(0, 4096, (1, 6)), unit(1, TINY.style_dim)
    theirs = decoder.decode_whole(units[0], style[0], controls=replace(controls, noise_scale=0.0))
    monkeypatch.setattr(
        torch, "randn", lambda *_, **__: gaussian(0, SOURCE, 0, 6, TINY.samples_per_unit).reshape(1, -1)
    )
    with torch.no_grad():
        ours = convert(decoder, units, [Manner(style[0], controls)], spread=0.0)[0]
    torch.testing.assert_close(ours.clamp(-1, 1), theirs, atol=1e-4, rtol=1e-3)


def test_the_listeners_teach_everything_but_prosody() -> None:
    torch.manual_seed(0)
    decoder = U2S(TINY)
    losses = conversion_losses(
        decoder,
        torch.randint(0, 4096, (2, 6)),
        manners(*unit(2, TINY.style_dim)),
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
