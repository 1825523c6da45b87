"""What watches a decoder's training: a checkpoint by the clock, a line of losses by the clock."""

import time
from pathlib import Path
from typing import Any

import lightning
from torch import Tensor

Batch = dict[str, Tensor]


class Snapshot(lightning.Callback):
    """Write one checkpoint every so many seconds, and at the end; a reader sees the old file or the whole new one.

    Lightning's own ModelCheckpoint does not look at the clock under manual optimisation (2.6).
    """

    def __init__(self, path: str, seconds: float = 180.0) -> None:
        self.path, self.seconds, self.since = Path(path), seconds, time.monotonic()

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        """Save when it is time."""
        due = time.monotonic() - self.since > self.seconds
        if trainer.strategy.broadcast(due):  # one clock for all processes, or they would wait for each other forever
            self._save(trainer)

    def on_train_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        """Save what the run ends with."""
        self._save(trainer)

    def _save(self, trainer: lightning.Trainer) -> None:
        draft = self.path.with_suffix(".draft")
        trainer.save_checkpoint(draft)
        trainer.strategy.barrier()
        if trainer.is_global_zero:
            draft.replace(self.path)
        self.since = time.monotonic()


class Progress(lightning.Callback):
    """A line of losses every so many seconds: running means since the last line, and audio seconds per second."""

    def __init__(self, seconds: float = 30.0) -> None:
        self.seconds, self.since, self.count, self.audio = seconds, time.monotonic(), 0, 0.0
        self.sums: dict[str, float] = {}

    def on_train_batch_end(self, trainer: lightning.Trainer, module: Any, outputs: Any, batch: Batch, index: int) -> None:
        """Collect, and print when it is time."""
        self.count += 1
        self.audio += batch["waveform"].numel() / module.decoder.sample_rate
        for name, value in trainer.callback_metrics.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value)
        passed = time.monotonic() - self.since
        if passed > self.seconds:
            means = " ".join(f"{name} {total / self.count:.4f}" for name, total in self.sums.items())
            print(f"{time.strftime('%H:%M:%S')} step {int(module.steps)} {means} {self.audio / passed:.1f}x", flush=True)
            self.since, self.count, self.audio, self.sums = time.monotonic(), 0, 0.0, {}
