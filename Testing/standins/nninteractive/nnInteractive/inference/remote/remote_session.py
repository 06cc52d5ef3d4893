"""nnInteractive's client and server in one: at least as strict as both, with a model to foresee.

The model segments bright voxels (above 0.5 of the brightest). An initial mask is corrected to the
bright voxels within one voxel of it; a point or a stroke adds or removes bright voxels near it.
Whatever the real client or server would refuse, and some that they would not, fails here.
"""

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
from scipy import ndimage

#: How far a point reaches, voxels.
RADIUS = 6


class SessionExpiredError(RuntimeError):
    pass


class ServerAtCapacityError(RuntimeError):
    pass


class _TransportError(Exception):
    pass


class _TimeoutError(_TransportError):
    pass


class _HTTPStatusError(Exception):
    def __init__(self, status_code: int, detail: str = "") -> None:
        super().__init__(f"HTTP {status_code}")
        self.response = SimpleNamespace(status_code=status_code, json=lambda: {"detail": detail})


class _InvalidURLError(Exception):
    pass


httpx = SimpleNamespace(
    TransportError=_TransportError,
    TimeoutException=_TimeoutError,
    HTTPStatusError=_HTTPStatusError,
    InvalidURL=_InvalidURLError,
)


@dataclass
class Server:
    """What the server is, for tests to change.

    Attributes:
        refusal: raised when a session is claimed.
        failures: raised by the calls of these names, each once.
        calls: (name, arguments) of all calls that the model has answered.
        taken: sessions that were claimed and not given back.
    """

    version: str = "2.6.0"
    license: str | None = "CC BY-NC-SA 4.0"
    supported: dict = field(
        default_factory=lambda: {
            "points": True,
            "bbox2d": True,
            "bbox3d": False,
            "scribble": True,
            "lasso": True,
        }
    )
    initial_label: bool = True
    thickness: tuple = (2, 2, 2)
    refusal: Exception | None = None
    failures: dict[str, Exception] = field(default_factory=dict)
    calls: list = field(default_factory=list)
    taken: int = 0


SERVER = Server()


class nnInteractiveRemoteInferenceSession:  # noqa: N801
    """The client's class: the same names, arguments and results."""

    def __init__(
        self,
        server_url,
        api_key=None,
        connect_timeout=10.0,
        read_timeout=60.0,
        set_image_read_timeout=600.0,
        write_timeout=120.0,
        pool_timeout=10.0,
    ):
        self._closed = True
        if SERVER.refusal is not None:
            raise SERVER.refusal
        assert server_url.startswith("http") and api_key is None
        self._closed = False
        SERVER.taken += 1
        self.supported_interactions = dict(SERVER.supported)
        self.channel_mapping = {"prev_seg": 0, "points": (3, 4)}
        self.num_interaction_channels = 7
        self.supports_initial_label = SERVER.initial_label
        self.supports_zero_shot_label_refinement = SERVER.initial_label
        self.preferred_scribble_thickness = list(SERVER.thickness)
        self.interaction_decay = 0.98
        self.INFERENCE_SESSION_VERSION = SERVER.version
        self.license = SERVER.license
        self.supports_undo = True
        self.original_image_shape = None
        self.target_buffer = None

    def set_image(self, image, image_properties=None):
        self._call("set_image", image)
        assert isinstance(image, np.ndarray) and image.ndim == 4 and image.dtype == np.float32
        assert image.shape[0] == 1 and image.flags.c_contiguous and np.isfinite(image).all()
        _plain(image_properties)
        if not image.any():
            raise _HTTPStatusError(400, "Input image is entirely zero")
        self._bright = image[0] > 0.5 * image.max()
        self.original_image_shape = image.shape
        self.target_buffer = None

    def set_target_buffer(self, target_buffer):
        self._call("set_target_buffer", target_buffer)
        assert self.original_image_shape is not None, "the image comes first"
        assert target_buffer.ndim == 3 and target_buffer.dtype.kind in "biu"
        assert target_buffer.shape == self.original_image_shape[1:]
        assert not target_buffer.any()
        self.target_buffer = target_buffer

    def set_do_autozoom(self, do_autozoom):
        self._call("set_do_autozoom", do_autozoom)

    def reset_interactions(self):
        self._call("reset_interactions")
        self.target_buffer.fill(0)

    def undo(self):
        raise AssertionError("HERMES does not undo")

    def add_point_interaction(
        self,
        coordinates,
        include_interaction,
        run_prediction=True,
        override_capability_checks=False,
    ):
        self._call("add_point_interaction", coordinates, include_interaction, run_prediction)
        self._require("points", include_interaction, run_prediction)
        self._inside([[index, index + 1] for index in coordinates])
        grid = np.indices(self._bright.shape)
        place = np.array(coordinates).reshape(3, 1, 1, 1)
        self._paint(((grid - place) ** 2).sum(0) <= RADIUS**2, include_interaction)

    def add_bbox_interaction(
        self,
        bbox_coords,
        include_interaction,
        run_prediction=True,
        override_capability_checks=False,
    ):
        self._call("add_bbox_interaction", bbox_coords, include_interaction, run_prediction)
        self._require("bbox2d", include_interaction, run_prediction)
        self._inside(bbox_coords)
        assert 1 in [high - low for low, high in bbox_coords], "a 3D box is not supported"
        marked = np.zeros_like(self._bright)
        marked[tuple(slice(*limits) for limits in bbox_coords)] = True
        self._paint(marked, include_interaction)

    def add_scribble_interaction(
        self,
        scribble_image,
        include_interaction,
        run_prediction=True,
        override_capability_checks=False,
        interaction_bbox=None,
    ):
        self._call("add_scribble_interaction", interaction_bbox, include_interaction)
        self._require("scribble", include_interaction, run_prediction)
        self._paint(self._drawn(scribble_image, interaction_bbox), include_interaction)

    def add_lasso_interaction(
        self,
        lasso_image,
        include_interaction,
        run_prediction=True,
        override_capability_checks=False,
        interaction_bbox=None,
    ):
        self._call("add_lasso_interaction", interaction_bbox, include_interaction)
        self._require("lasso", include_interaction, run_prediction)
        self._paint(self._drawn(lasso_image, interaction_bbox), include_interaction)

    def add_initial_seg_interaction(
        self, initial_seg, run_prediction=False, override_capability_checks=False
    ):
        self._call("add_initial_seg_interaction", initial_seg, run_prediction)
        assert self.supports_initial_label and type(run_prediction) is bool
        assert initial_seg.dtype == np.uint8 and initial_seg.max() == 1
        assert initial_seg.shape == self.original_image_shape[1:]
        self.target_buffer[:] = initial_seg
        if run_prediction:
            near = ndimage.binary_dilation(initial_seg, np.ones((3, 3, 3)))
            self.target_buffer[:] = near & self._bright

    def close(self):
        if not self._closed:
            self._closed = True
            SERVER.taken -= 1

    def _call(self, name, *arguments):
        assert not self._closed, f"{name} after close"
        if name in SERVER.failures:
            raise SERVER.failures.pop(name)
        SERVER.calls.append((name, arguments))

    def _require(self, kind, *flags):
        assert self.target_buffer is not None, "image and buffer come first"
        assert self.supported_interactions[kind], kind
        assert all(type(flag) is bool for flag in flags)

    def _inside(self, box):
        _plain(box)
        shape = self.original_image_shape[1:]
        assert len(box) == 3
        for (low, high), size in zip(box, shape, strict=True):
            assert 0 <= low < high <= size, f"{box} is not within {shape}"

    def _drawn(self, image, box):
        self._inside(box)
        assert image.dtype == np.uint8 and image.flags.c_contiguous
        assert set(np.unique(image)) <= {0, 1} and image.any()
        assert list(image.shape) == [high - low for low, high in box]
        marked = np.zeros_like(self._bright)
        marked[tuple(slice(*limits) for limits in box)] = image
        return ndimage.binary_dilation(marked, iterations=RADIUS)

    def _paint(self, marked, include):
        if include:
            self.target_buffer[marked & self._bright] = 1
        else:
            self.target_buffer[marked] = 0


def _plain(value):
    """Only what JSON takes: the real client converts numpy's values, this one does not."""
    if isinstance(value, dict):
        assert all(type(key) is str for key in value)
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            _plain(part)
    else:
        assert type(value) in (int, float, str, bool), type(value)
