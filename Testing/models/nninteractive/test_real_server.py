"""nnInteractive's real client and server on this computer, where the package is installed."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from HermesLib.errors import HermesError
from HermesLib.models.nninteractive.adapter import NnInteractive
from HermesLib.models.volume_protocol import VolumeImage
from HermesLib.notices import heard_by
from HermesLib.prompts.volume import BoxOnSlice, InitialMask, Points3D
from HermesLib.prompts.volume_drawn import Lasso, StrokesOnSlice
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume_refiner import VolumeRefiner
from Testing.models.nninteractive.tiny_model import write_model
from Testing.refinement.analytic import OrganQuality
from Testing.refinement.analytic_volume import task_of, volume_of

ROOT = Path(__file__).parents[3]
SHAPE = (14, 22, 26)
SPACING = (3.0, 1.0, 1.0)
SECONDS = 300


def _installed() -> bool:
    try:
        metadata.version("nninteractive")
    except metadata.PackageNotFoundError:
        return False
    return True


pytestmark = pytest.mark.skipif(not _installed(), reason="nninteractive is not installed")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _serve(folder: Path, *options: str) -> tuple[subprocess.Popen, str]:
    port = _free_port()
    words = ["--model-dir", str(folder), "--fold", "0", "--device", "cpu", "--no-torch-compile"]
    words += ["--port", str(port), "--torch-n-threads", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "nnInteractive.inference.server.main", *words, *options],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, f"http://127.0.0.1:{port}"
        time.sleep(0.2)
    process.kill()
    raise AssertionError("the server did not start")


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Starts servers that end with the module."""
    with ExitStack() as ends:

        def start(*options: str, seeded: bool) -> str:
            folder = tmp_path_factory.mktemp("model") / "folder"
            process, address = _serve(write_model(folder, seeded=seeded), *options)
            ends.callback(process.wait)
            ends.callback(process.kill)
            return address

        yield start


@pytest.fixture(scope="module")
def foreseen(serve) -> str:
    """The address of a server whose model marks what is prompted."""
    return serve(seeded=False)


@pytest.fixture
def session(foreseen):
    rng = np.random.default_rng(0)
    image = VolumeImage(rng.normal(100, 10, SHAPE).astype(np.float32), np.zeros(SHAPE), SPACING)
    session = NnInteractive.connect(foreseen).open(image, range(SHAPE[0]))
    yield session
    session.close()


def test_points_and_boxes_are_where_they_are_given(session):
    assert session.stroke_thickness == (1, 2, 3)
    answer = session.predict([Points3D(positive=np.array([[4, 9, 17]]))])
    assert answer.shape == SHAPE and answer[4, 9, 17]
    assert np.rint(np.argwhere(answer).mean(0)).tolist() == [4, 9, 17]
    box = BoxOnSlice(1, 12, (6, 9), (3, 8))
    window = tuple(slice(*limits) for limits in box.bounds)
    assert session.predict([box])[window].all()
    assert not session.predict([Points3D(negative=np.array([[4, 9, 17]]))])[4, 9, 17]


@pytest.mark.parametrize("kind", [StrokesOnSlice, Lasso])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_drawn_prompts_land_where_they_are_drawn_on_all_three_axes(session, axis, kind):
    pixels = np.array([[True, True, False, True], [False, True, True, True]])
    prompt = kind(axis, 6, pixels, (5, 7))
    expected = np.zeros(SHAPE, bool)
    expected[tuple(slice(*limits) for limits in prompt.bounds)] = prompt.voxels
    assert (session.predict([prompt]) == expected).all()


def test_an_initial_mask_is_kept_and_corrected(session):
    mask = np.zeros(SHAPE, bool)
    mask[3:9, 5:12, 6:15] = True
    assert (session.predict([InitialMask(mask)]) == mask).all()
    answer = session.predict([InitialMask(mask), Points3D(negative=np.array([[3, 5, 6]]))])
    assert not answer[3, 5, 6] and answer[8, 11, 14]
    session.reset()
    answer = session.predict([Points3D(positive=np.array([[10, 18, 20]]))])
    assert not answer[8, 11, 14] and answer[10, 18, 20]


def test_the_loop_runs_on_a_seeded_network_and_repeats(serve):
    # A network of random weights changes its answer everywhere: zooming out would never end.
    address = serve("--no-autozoom", seeded=True)
    images, _organ = volume_of(5, 8, 8)
    settings = RefinementSettings(threshold=0.999, max_iterations=2)
    quality = OrganQuality()

    def run(kind: str) -> list:
        heard: list = []
        with heard_by(heard.append):
            model = NnInteractive.connect(address)
        assert [(item.kind, "CC0 1.0" in item.message) for item in heard] == [
            ("model-licence", True)
        ]
        refiner = VolumeRefiner(model, quality, kind, settings)
        return list(refiner.refine(task_of(images, quality)))

    for kind in ("clicks", "scribbles"):
        first, again = run(kind), run(kind)
        assert {event.slice_index for event in first if event.final} == {0, 1, 2}
        assert len(first) == len(again) > 3
        assert all((a.mask == b.mask).all() for a, b in zip(first, again, strict=True))


def test_a_server_with_a_key_and_a_single_session(serve, monkeypatch):
    address = serve("--api-key", "right", "--max-sessions", "1", seeded=False)
    with pytest.raises(HermesError, match="wants another key") as refused:
        NnInteractive.connect(address)
    assert "right" not in str(refused.value)
    monkeypatch.setenv("NN_INTERACTIVE_API_KEY", "right")
    model = NnInteractive.connect(address)
    noise = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
    session = model.open(VolumeImage(noise, noise, SPACING), range(SHAPE[0]))
    with pytest.raises(HermesError, match="all sessions of the nnInteractive server are taken"):
        NnInteractive.connect(address)
    session.close()
    assert NnInteractive.connect(address).licence == "CC0 1.0"


def test_a_port_without_a_server_and_a_server_of_another_kind():
    with pytest.raises(HermesError, match="no server answers at"):
        NnInteractive.connect(f"http://127.0.0.1:{_free_port()}")
    port = _free_port()
    other = subprocess.Popen(
        [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        with pytest.raises(HermesError, match="server"):
            NnInteractive.connect(f"http://127.0.0.1:{port}")
    finally:
        other.kill()
        other.wait()
