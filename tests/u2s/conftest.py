"""Tiny decoders."""

from collections.abc import Callable

import pytest
import torch

from u2s import U2S, GeneratorConfig, U2SConfig


def tiny_config(kind: str = "istft", **changes: object) -> U2SConfig:
    generator = GeneratorConfig(kind=kind, width=16, layers=1, kernel_size=3)
    fields: dict[str, object] = {
        "embedding_dim": 8, "unit_width": 16, "unit_layers": 1, "unit_kernel_size": 3, "prosody_width": 16,
        "prosody_layers": 1, "prosody_kernel_size": 3, "latent_dim": 8, "flow_layers": 2, "flow_width": 16, "flow_depth": 1,
        "posterior_width": 16, "posterior_layers": 1, "style_dim": 12, "style_width": 8, "style_mels": 20, "generator": generator,
    }  # fmt: skip
    return U2SConfig(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture(params=["istft", "hifigan", "implicit"])
def decoder(request: pytest.FixtureRequest) -> U2S:
    """One of each: source-filter, HiFi-GAN, HiFi-GAN with implicit prosody."""
    torch.manual_seed(0)
    kind = "istft" if request.param == "istft" else "hifigan"
    prosody = "implicit" if request.param == "implicit" else "explicit"
    return scramble(U2S(tiny_config(kind, prosody=prosody)).eval())


def scramble(model: U2S) -> U2S:
    """Move zero-initialised outputs off zero, so that every path can be seen."""
    with torch.no_grad():
        for coupling in model.flow.couplings:
            torch.nn.init.normal_(coupling.output.weight, std=0.3)
    return model


@pytest.fixture(name="tiny_config")
def tiny_config_fixture() -> Callable[..., U2SConfig]:
    """`tiny_config`, for tests that vary it."""
    return tiny_config


@pytest.fixture
def plain() -> U2S:
    """A tiny source-filter decoder."""
    torch.manual_seed(0)
    return scramble(U2S(tiny_config()).eval())


@pytest.fixture
def style() -> torch.Tensor:
    """A style of the tiny decoders."""
    return torch.nn.functional.normalize(torch.randn(12, generator=torch.Generator().manual_seed(1)), dim=0)
