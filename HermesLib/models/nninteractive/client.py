"""nnInteractive's own client, imported when it is used, and its errors in the user's terms.

The client (``nninteractive-client``) needs no PyTorch. It reads the key of a server from the
environment variable ``NN_INTERACTIVE_API_KEY``.
"""

import importlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from HermesLib.errors import ComputerError, HermesError
from HermesLib.waiting import VARIABLE, give_up_after

#: The versions of the server that HERMES speaks with begin so.
VERSION = "2."
#: A client that waits gives up a little before whoever waits for it.
_PATIENCE_SHARE = 0.9
_CLIENT = "nnInteractive.inference.remote.remote_session"


class SessionLostError(Exception):
    """The server has ended the session, as after a long time without a prompt."""


def open_client(address: str) -> Any:
    """Claim a session of the server at an address.

    Raises:
        HermesError: the client is not installed, the server does not answer, asks for another key,
            or is not one of nnInteractive 2; all its sessions are taken.
    """
    library = _library()
    limit = give_up_after() * _PATIENCE_SHARE
    seconds = None if math.isinf(limit) else limit
    try:
        client = library.nnInteractiveRemoteInferenceSession(
            address, read_timeout=seconds, set_image_read_timeout=seconds
        )
    except library.ServerAtCapacityError as error:
        raise ComputerError(
            "all sessions of the nnInteractive server are taken; try again later, or start it with"
            " more --max-sessions"
        ) from error
    except library.httpx.TransportError as error:
        raise HermesError(
            f"no server answers at {address}; start nninteractive-server there, or name another"
            " one with --server"
        ) from error
    except library.httpx.HTTPStatusError as error:
        raise _refused(error, address) from error
    except (
        KeyError,
        TypeError,
        ValueError,
        library.httpx.InvalidURL,
        library.SessionExpiredError,
    ) as error:
        raise _no_server(address) from error
    version = str(client.INFERENCE_SESSION_VERSION)
    if not version.startswith(VERSION):
        client.close()
        raise HermesError(
            f"the nnInteractive server at {address} has version {version[:20]}; HERMES needs"
            f" {VERSION}x"
        )
    return client


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn the errors of a session's calls into those of HERMES.

    Raises:
        SessionLostError: the server has ended the session.
        HermesError: the server is gone, too slow, or refuses what it is sent.
    """
    library = _library()
    try:
        yield
    except library.SessionExpiredError as error:
        raise SessionLostError from error
    except library.httpx.TimeoutException as error:
        raise ComputerError(
            "the nnInteractive server did not answer in time; use a faster one, or set"
            f" {VARIABLE} to more seconds"
        ) from error
    except library.httpx.TransportError as error:
        raise ComputerError("the connection to the nnInteractive server was lost") from error
    except library.ServerAtCapacityError as error:
        raise ComputerError("the nnInteractive server is not ready any more") from error
    except library.httpx.HTTPStatusError as error:
        code = error.response.status_code
        if code == 413:
            raise HermesError("the volume is too large for the nnInteractive server") from error
        if code >= 500:
            raise ComputerError(
                f"the nnInteractive server failed (HTTP {code}); its own log says why"
            ) from error
        raise HermesError(
            f"the nnInteractive server refused a prompt (HTTP {code}{_detail(error)})"
        ) from error


def _library() -> Any:
    try:
        return importlib.import_module(_CLIENT)
    except ImportError as error:
        raise HermesError(
            "nnInteractive needs its client: pip install 'hermes-segment[nninteractive]'"
        ) from error


def _refused(error: Any, address: str) -> HermesError:
    code = error.response.status_code
    if code in (401, 403):
        return HermesError(
            f"the nnInteractive server at {address} wants another key; put it into the environment"
            " variable NN_INTERACTIVE_API_KEY"
        )
    if code >= 500:
        return ComputerError(f"the server at {address} failed (HTTP {code}); its own log says why")
    return _no_server(address)


def _no_server(address: str) -> HermesError:
    return HermesError(
        f"what answers at {address} is not a server of nnInteractive {VERSION}x; start"
        " nninteractive-server, or name another address with --server"
    )


def _detail(error: Any) -> str:
    """What the server says of a refusal, in one short line."""
    try:
        detail = error.response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return ""
    return f": {one_line(detail)}" if isinstance(detail, str) else ""


def one_line(text: str, most: int = 120) -> str:
    """What another program states, as it may be shown: printable, one line, not long."""
    kept = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(kept.split())[:most]
