"""Model folders on disk: strict, atomic, never pickle, never a class path."""

from speechkit.checkpoint.folder import JSON, ModelFolder, load_tensors, read_model_folder, save_model_folder
from speechkit.checkpoint.weights import SHARD_BYTES, fingerprint

__all__ = [
    "JSON",
    "SHARD_BYTES",
    "ModelFolder",
    "fingerprint",
    "load_tensors",
    "read_model_folder",
    "save_model_folder",
]
