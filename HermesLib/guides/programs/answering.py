"""What the programs share: they read a request, answer it, and end with whoever asked.

Imports the standard library only; see the package's own text for the rules.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

IMAGE = Path("image.nii.gz")
MAP = Path("map.nii.gz")
REQUEST = Path("request.json")
ANSWER = Path("answer.json")


def answer_request(segment: Callable[[dict[str, Any]], dict[str, str]]) -> None:
    """Answer the request in the working directory.

    Args:
        segment: takes the request, a dict; writes :data:`MAP`, where the organ's probability or its
            mask is; returns a dict with ``version``, of the program and its weights.
    """
    threading.Thread(target=_end_with_the_asker, daemon=True).start()
    try:
        answer = segment(json.loads(REQUEST.read_text(encoding="utf-8")))
    except ModuleNotFoundError as error:
        answer = {"missing": error.name or str(error)}
    except Exception as error:
        traceback.print_exc()
        lines = str(error).strip().splitlines()
        answer = {"error": lines[0] if lines else type(error).__name__}
    ANSWER.write_text(json.dumps(answer), encoding="utf-8")
    sys.exit(0 if "version" in answer else 1)


def device_name(request: dict[str, Any]) -> str:
    """``cuda`` or ``cpu``, as the request wants it."""
    if request["device"] != "auto":
        return str(request["device"])
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def version_of(distribution: str) -> str:
    """A distribution's name and version."""
    from importlib.metadata import version

    return f"{distribution} {version(distribution)}"


def weights_of(path: Path | str) -> str:
    """The first digits of a weight file's SHA-256, for a version."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return f"weights {digest.hexdigest()[:12]}"


def _end_with_the_asker() -> None:
    """End with all processes of one's own when standard input closes: the asker was killed."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
