"""nnInteractive behind the protocol of models for whole volumes.

Its arrays, boxes and points have the index order of the image that it is given. HERMES gives its
own arrays, so that every index is (slice, row, column) on both sides.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from HermesLib.errors import ComputerError, HermesError
from HermesLib.models.nninteractive.address import DEFAULT, checked_address, is_here
from HermesLib.models.nninteractive.client import (
    SessionLostError,
    one_line,
    open_client,
    plain_errors,
)
from HermesLib.models.volume_protocol import Start, VolumeImage
from HermesLib.notices import notice
from HermesLib.progress import progress
from HermesLib.prompts.volume import (
    BoxOnSlice,
    InitialMask,
    Points3D,
    VolumePrompt,
    require_within,
)
from HermesLib.prompts.volume_drawn import Lasso, StrokesOnSlice

#: What the server states where it does not know the licence.
_NO_LICENCE = "!!MISSING!!"
#: What the loop needs of the model on the server.
_NEEDED = ("points", "scribble")
#: What the server states of its model, for the checksum.
_STATED = (
    "INFERENCE_SESSION_VERSION",
    "license",
    "supported_interactions",
    "channel_mapping",
    "num_interaction_channels",
    "preferred_scribble_thickness",
    "interaction_decay",
)


class NnInteractive:
    """nnInteractive on a server.

    Args:
        address: of the server.
        licence: of the weights there, as the server states it; empty if it does not know.
        sha256: of all that the server states of its model; it gives no checksum of the weights.
    """

    name = "nninteractive"
    prompt_kinds = ("clicks", "scribbles")
    starts_from: Start = "initial-mask"

    def __init__(self, address: str, licence: str, sha256: str) -> None:
        self.address = address
        self.licence = licence
        self.sha256 = sha256

    @classmethod
    def connect(cls, server: str | None = None) -> "NnInteractive":
        """The model on a server, by default on this computer.

        Raises:
            HermesError: a bad address, no such server, one that asks for another key, or whose
                model takes no initial mask, points or strokes; the client is not installed.
        """
        address = checked_address(server or DEFAULT)
        client = open_client(address)
        try:
            _require_abilities(client)
            stated = {name: getattr(client, name) for name in _STATED}
            licence = "" if client.license in (None, _NO_LICENCE) else one_line(client.license, 60)
        finally:
            client.close()
        model = cls(address, licence, _sha256(stated))
        model._say()
        return model

    def open(self, image: VolumeImage, needed: range) -> "NnInteractiveSession":
        """See :class:`HermesLib.models.volume_protocol.VolumeModel`; the whole image is sent."""
        return NnInteractiveSession(self.address, image)

    def _say(self) -> None:
        """Say under which terms the weights are, and where the image goes."""
        licence = self.licence or "a licence that the server does not know"
        notice("model-licence", f"the weights of nnInteractive on its server are under {licence}")
        if not is_here(self.address):
            hidden = "" if self.address.startswith("https:") else ", not encrypted"
            notice(
                "image-sent",
                f"the image is sent to the server that --server names, on another computer{hidden}",
            )


class NnInteractiveSession:
    """One volume on the server.

    Args:
        address: of the server.
        image: the intensities are sent.
    """

    def __init__(self, address: str, image: VolumeImage) -> None:
        self._address = address
        self._image = np.ascontiguousarray(image.intensities, np.float32)[None]
        self._spacing = image.spacing
        self._mask = np.zeros(image.intensities.shape, bool)
        self._client: Any = None
        self._buffer: Any = None
        try:
            self._start()
        except SessionLostError as error:
            raise _lost() from error

    @property
    def stroke_thickness(self) -> tuple[int, int, int]:
        """See :class:`HermesLib.models.volume_protocol.VolumeSession`."""
        first, second, third = self._client.preferred_scribble_thickness
        return int(first), int(second), int(third)

    def predict(self, prompts: Sequence[VolumePrompt]) -> np.ndarray:
        """See :class:`HermesLib.models.volume_protocol.VolumeSession`.

        Each prompt is a call of the network, as the server uses the last one as the centre of its
        work; an initial mask that others follow is not.
        """
        if not prompts:
            raise ValueError("there is no prompt")
        for prompt in prompts:
            require_within(prompt, self._mask.shape)
        for position, prompt in enumerate(prompts):
            self._take(prompt, is_last=position == len(prompts) - 1)
            progress(f"{position + 1} of {len(prompts)} prompts answered")
        return self._mask.copy()

    def reset(self) -> None:
        """See :class:`HermesLib.models.volume_protocol.VolumeSession`."""
        self._mask = np.zeros_like(self._mask)
        try:
            with plain_errors():
                self._client.reset_interactions()
        except SessionLostError:
            self._restart()

    def close(self) -> None:
        """See :class:`HermesLib.models.volume_protocol.VolumeSession`."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _start(self) -> None:
        self._client = open_client(self._address)
        self._buffer = np.zeros(self._mask.shape, np.uint8)
        with plain_errors():
            self._client.set_image(self._image, {"spacing": [float(mm) for mm in self._spacing]})
            self._client.set_target_buffer(self._buffer)

    def _restart(self) -> None:
        """Open another session, from the mask that the last one gave.

        Servers end sessions that give them nothing to do for a while, as while the quality control
        works on a large volume.
        """
        self.close()
        try:
            self._start()
            if self._mask.any():
                with plain_errors():
                    self._client.add_initial_seg_interaction(
                        self._mask.astype(np.uint8), run_prediction=False
                    )
        except SessionLostError as error:
            raise _lost() from error

    def _take(self, prompt: VolumePrompt, *, is_last: bool) -> None:
        try:
            self._send(prompt, is_last=is_last)
        except SessionLostError:
            self._restart()
            try:
                self._send(prompt, is_last=is_last)
            except SessionLostError as error:
                raise _lost() from error
        self._mask = self._buffer.astype(bool)

    def _send(self, prompt: VolumePrompt, *, is_last: bool) -> None:
        client = self._client
        with plain_errors():
            match prompt:
                case InitialMask():
                    mask = prompt.mask.astype(np.uint8)
                    client.add_initial_seg_interaction(mask, run_prediction=is_last)
                case Points3D():
                    for voxels, positive in ((prompt.positive, True), (prompt.negative, False)):
                        for voxel in voxels.tolist():
                            client.add_point_interaction(tuple(voxel), positive)
                case BoxOnSlice():
                    client.add_bbox_interaction(_box(prompt), prompt.positive)
                case StrokesOnSlice():
                    client.add_scribble_interaction(
                        prompt.voxels.astype(np.uint8),
                        prompt.positive,
                        interaction_bbox=_box(prompt),
                    )
                case Lasso():
                    client.add_lasso_interaction(
                        prompt.voxels.astype(np.uint8),
                        prompt.positive,
                        interaction_bbox=_box(prompt),
                    )
                case _:
                    raise HermesError(f"nnInteractive takes no '{prompt.kind}' prompts")


def _box(prompt: VolumePrompt) -> list[list[int]]:
    return [list(limits) for limits in prompt.bounds]


def _require_abilities(client: Any) -> None:
    supported = client.supported_interactions
    missing = [name for name in _NEEDED if not supported.get(name, False)]
    if not (client.supports_initial_label and client.supports_zero_shot_label_refinement):
        missing.append("initial mask")
    if missing:
        raise HermesError(
            f"the model on the nnInteractive server does not take: {', '.join(missing)}; start the"
            " server with another model"
        )


def _sha256(stated: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(stated, sort_keys=True, default=str).encode()).hexdigest()


def _lost() -> ComputerError:
    return ComputerError("the nnInteractive server ended the session twice; see its log")
