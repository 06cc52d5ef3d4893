"""The address of a server that a model runs on."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from HermesLib.errors import HermesError

#: Where nnInteractive's own server listens unless it is started otherwise.
DEFAULT = "http://127.0.0.1:1527"


def checked_address(text: str) -> str:
    """An address as it may be used and shown, without a slash at its end.

    >>> checked_address("http://127.0.0.1:1527/")
    'http://127.0.0.1:1527'

    Raises:
        HermesError: no address of a server, or one that holds more than scheme, host, port and
            path, such as a password.
    """
    parts = _parts(text)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise HermesError(
            f"--server takes the address of a server, e.g. {DEFAULT}; this one cannot be read"
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise HermesError(
            "--server takes no user, password or other secret, as command lines are seen by"
            " others; the key of nnInteractive's server is read from NN_INTERACTIVE_API_KEY"
        )
    return text.strip().rstrip("/")


def is_here(address: str) -> bool:
    """Whether an address is of this computer.

    >>> is_here("http://localhost:1527"), is_here("https://gpu.example.org")
    (True, False)
    """
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parts(text: str) -> SplitResult | None:
    text = text.strip()
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts if text.isprintable() and " " not in text else None
