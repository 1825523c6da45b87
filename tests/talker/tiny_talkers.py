"""Tiny untrained talkers."""

import torch

from speechkit.talker import GuidedBackbone, Talker, TalkerConfig

TINY = TalkerConfig(width=16, layers=2, heads=2, feed_forward=24, num_units=64, longest_hold=6, num_merges=3)


def tiny_model(seed: int = 0) -> Talker:
    torch.manual_seed(seed)
    model = Talker(TINY).eval()
    first = model.vocabulary.first_byte
    model.set_merges([(first + 115, first + 97), (first + 256, first + 100), (first + 108, first + 121)])
    return model


def tiny_backbone(seed: int = 0) -> GuidedBackbone:
    return GuidedBackbone(tiny_model(seed))
