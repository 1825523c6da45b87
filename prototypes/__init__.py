"""prototypes: named styles and where they come from; clips in, a bank of style vectors and explicit prosody out."""

from prototypes.bank import Prototype, Setting, StyleBank, parse_mix
from prototypes.prosody import StyleProsody
from prototypes.store import load_bank, save_bank

__all__ = ["Prototype", "Setting", "StyleBank", "StyleProsody", "load_bank", "parse_mix", "save_bank"]
