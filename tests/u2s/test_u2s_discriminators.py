"""Discriminators and their losses."""

import torch

from u2s.discriminators import DiscriminatorConfig, Discriminators
from u2s.losses import adversarial_loss, discriminator_loss, feature_loss

SMALL = DiscriminatorConfig(periods=(2, 5), period_widths=(4, 4), resolutions=(512,), resolution_width=4)


def test_every_member_judges_and_sends_gradients() -> None:
    judges = Discriminators(SMALL)
    waveform = torch.randn(2, 3001, requires_grad=True)
    judgement = judges(waveform)
    assert len(judgement.scores) == len(judgement.features) == 3
    adversarial_loss(judgement.scores).backward()
    assert waveform.grad is not None and float(waveform.grad.abs().sum()) > 0


def test_losses_against_by_hand() -> None:
    real, fake = [torch.tensor([1.0, 0.0])], [torch.tensor([0.5, 1.0])]
    assert float(discriminator_loss(real, fake)) == 0.5 + 0.625
    assert float(adversarial_loss(fake)) == 0.125
    assert float(feature_loss([real], [real])) == 0.0
    assert abs(float(feature_loss([real], [fake])) - 0.75 / 0.501) < 1e-6


def test_a_judge_learns_to_tell_noise_from_a_tone() -> None:
    torch.manual_seed(0)
    judges = Discriminators(SMALL)
    optimizer = torch.optim.Adam(judges.parameters(), 1e-2)
    tone = torch.sin(torch.arange(2048) * 0.1).repeat(2, 1)
    losses = []
    for _ in range(40):
        loss = discriminator_loss(judges(tone).scores, judges(torch.randn(2, 2048)).scores)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]
