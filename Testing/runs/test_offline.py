"""A run needs no network and sends nothing: the weights lie on this computer, and their hash is
known."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import SimpleITK

from HermesLib.samples.prostate_phantom import prostate_phantom
from HermesLib.weights.bundled import bundled_weights

ROOT = Path(__file__).resolve().parents[2]
#: Read by every Python that starts, the engine's included.
NO_NETWORK = """
import socket

def refuse(*arguments, **named):
    raise SystemExit("a connection was asked for")

_connect = socket.socket.connect

def connect(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6):
        refuse()
    return _connect(self, address)

socket.socket.connect = connect
socket.getaddrinfo = socket.create_connection = refuse
"""


def test_a_run_opens_no_connection_and_names_its_weights_by_their_hash(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK)
    places = os.pathsep.join([str(tmp_path), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": places, "OMP_NUM_THREADS": "1"}

    def python(*words: str) -> subprocess.CompletedProcess:
        command = [sys.executable, *words]
        return subprocess.run(
            command,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
            cwd=tmp_path,
        )

    asking = python("-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9')")
    assert asking.returncode and "a connection was asked for" in asking.stderr

    phantom = prostate_phantom(seed=1, side=64, slices=5, spacing=(3.0, 3.0, 14.0))
    SimpleITK.WriteImage(phantom.image, str(tmp_path / "image.nrrd"))
    options = ["--slices", "3", "--max-iterations", "1", "--device", "cpu", "-o", "out"]
    ended = python("-m", "HermesLib", "refine", "image.nrrd", *options)
    assert ended.returncode == 0, ended.stderr
    provenance = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))[
        "provenance"
    ]
    files = {weights.name: weights.path for weights in bundled_weights()}
    stored = {hashlib.sha256(path.read_bytes()).hexdigest() for path in files.values()}
    for part in ("model", "quality"):
        assert provenance[part]["sha256"] in stored, part
