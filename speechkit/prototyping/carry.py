"""A bank for another decoder whose style encoder is the same: its vectors stay true, its explicit prosody may need tuning."""

from prototypes.bank import StyleBank
from speechkit.checkpoint import fingerprint
from speechkit.errors import CheckpointError
from u2s import U2S


def style_fingerprint(decoder: U2S) -> str:
    """16 hex digits over the style encoder's weights: decoders that share it make the same vectors of the same clips."""
    return fingerprint({}, decoder.style_encoder.state_dict())


def carry(bank: StyleBank, decoder: U2S, previous: U2S | None = None) -> StyleBank:
    """The same bank, made out to another decoder.

    Args:
        decoder: that will speak with it.
        previous: the decoder that it was built with; needed for banks that did not keep its style encoder's fingerprint.
    Raises:
        CheckpointError: the style encoders differ, `previous` is not the bank's decoder, or nothing is known of the bank's.
    """
    known = bank.style_encoder
    if previous is not None:
        if previous.fingerprint != bank.decoder:
            raise CheckpointError(f"the bank belongs to decoder {bank.decoder}, not to {previous.fingerprint}.")
        known = style_fingerprint(previous)
    elif bank.decoder == decoder.fingerprint:
        known = style_fingerprint(decoder)
    if not known:
        raise CheckpointError(
            f"this bank does not say which style encoder made its vectors; name decoder {bank.decoder} with --from."
        )
    if known != (found := style_fingerprint(decoder)):
        raise CheckpointError(
            f"the bank's vectors come from style encoder {known}, this decoder has {found}: they mean nothing to it; "
            "build a bank from clips: speechkit prototypes build CLIPS -o BANK"
        )
    return bank.having(list(bank), decoder=decoder.fingerprint, style_encoder=found)
