"""From turns to what the processor of a Qwen omni model takes: a conversation, and its sounds, images and videos in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from speechkit.errors import ThinkerError
from speechkit.protocols import Turn, Waveform
from speechkit.thinker.media import Video, read_image, read_video
from speechkit.waveform import resample

SAMPLE_RATE = 16000


@dataclass(kw_only=True)
class OmniInputs:
    """A conversation, and its media in the order of their placeholders."""

    conversation: list[dict[str, Any]] = field(default_factory=list)
    """Messages whose content is a list of dicts, the system turn's too: the template indexes it so."""
    audio: list[Waveform] = field(default_factory=list)
    """float32 [T] at 16 kHz, those of videos included."""
    audio_video: list[int | None] = field(default_factory=list)
    """For each sound, the video that it belongs to."""
    images: list[Any] = field(default_factory=list)
    """`PIL.Image`, RGB."""
    videos: list[Video] = field(default_factory=list)
    """Decoded."""

    @property
    def audio_in_video(self) -> bool:
        """Whether sound is to be interleaved with frames."""
        return any(index is not None for index in self.audio_video)


def omni_inputs(
    turns: Sequence[Turn], *, frames_per_second: float, max_seconds: float, max_side: int, audio_in_video: bool
) -> OmniInputs:
    """Read all media of the turns.

    Args:
        turns: checked.
        frames_per_second: of videos.
        max_seconds: longest video and longest sound.
        max_side: of video frames, in pixels.
        audio_in_video: hear videos that have sound.
    Raises:
        ThinkerError: a file that cannot be read.
    """
    inputs = OmniInputs()
    for turn in turns:
        content: list[dict[str, Any]] = []
        if turn.video:
            video = read_video(
                turn.video, frames_per_second=frames_per_second, max_seconds=max_seconds, max_side=max_side
            )
            content.append({"type": "video", "video": "video"})
            if video.audio is not None and audio_in_video:
                inputs.audio.append(video.audio)
                inputs.audio_video.append(len(inputs.videos))
            inputs.videos.append(video)
        for path in turn.images:
            content.append({"type": "image", "image": "image"})
            inputs.images.append(read_image(path))
        if turn.audio is not None and turn.sample_rate:
            content.append({"type": "audio", "audio": "audio"})
            inputs.audio.append(resample(turn.audio, turn.sample_rate, SAMPLE_RATE))
            inputs.audio_video.append(None)
        if turn.text:
            content.append({"type": "text", "text": turn.text})
        inputs.conversation.append({"role": turn.role, "content": content})
    return inputs


def processor_arguments(inputs: OmniInputs, processor: Any, frames_per_second: float) -> dict[str, Any]:
    """Keyword arguments of the processor, beside the text.

    Sound is never truncated (the feature extractor would cut it in silence). How sound is tied to its video differs
    between versions of transformers; both ways are known.

    Raises:
        ThinkerError: this version of transformers cannot mix videos with and without sound.
    """
    arguments: dict[str, Any] = {"return_tensors": "pt", "padding": True}
    if inputs.audio:
        arguments |= {"audio": inputs.audio, "audio_kwargs": {"truncation": False, "sampling_rate": SAMPLE_RATE}}
    if inputs.images:
        arguments["images"] = inputs.images
    if inputs.videos:
        arguments["videos"] = [video.frames for video in inputs.videos]
        arguments["videos_kwargs"] = {"fps": frames_per_second, "do_sample_frames": False}
    if not inputs.audio_in_video:
        return arguments
    if hasattr(processor, "load_audio_from_video"):
        return {**arguments, "load_audio_from_video": True, "audio_from_video_indices": inputs.audio_video}
    heard = [index for index in inputs.audio_video if index is not None]
    if heard != list(range(len(inputs.videos))):
        raise ThinkerError("this version of transformers cannot mix videos with and without sound; send one a turn.")
    return {**arguments, "use_audio_in_video": True}
