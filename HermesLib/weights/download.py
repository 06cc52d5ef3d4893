"""Downloads over TLS: with a limit, resumed where they broke off, whole or not there.

What has arrived is kept in the folder beside the target under a name that follows from the address,
so that the next try asks for the rest (RFC 9110, section 14: ``Range`` and ``If-Range``).
"""

import hashlib
import json
import os
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from HermesLib.errors import ComputerError, HermesError

#: Called with the bytes read so far and the total, None where the server does not state it.
DownloadProgress = Callable[[int, int | None], None]

PART = ".part"
_NOTES = ".part-notes"
_LOCK = ".part-lock"
_BLOCK_BYTES = 1 << 20
_TIMEOUT_SECONDS = 60
#: What nobody has gone on with for so long is removed, seconds.
_STALE = 7 * 86400.0
#: A full disk is noticed before the download; this much stays free, bytes.
_KEPT_FREE = 100 << 20


class _OnlyTLS(urllib.request.HTTPRedirectHandler):
    """Follows redirections to addresses with TLS only."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        if urllib.parse.urlsplit(newurl).scheme != "https":
            raise HermesError("the server sends the download on to an address without TLS")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def shown(url: str) -> str:
    """An address for messages: the server and the file, without user, password, query and path.

    >>> shown("https://me:secret@host.org:8443/a/token/model.pth?key=1#x")
    'https://host.org:8443/.../model.pth'
    """
    parts = urllib.parse.urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    folder, _, name = parts.path.rpartition("/")
    return f"{parts.scheme}://{host}/{'.../' if folder else ''}{name}"


def split_address(url: str) -> urllib.parse.SplitResult:
    """The parts of an address.

    Raises:
        HermesError: it is none; the message does not repeat it, as it may hold a password.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        if parts.port is None or parts.hostname:
            return parts
    except ValueError:
        pass
    raise HermesError("the address is not well formed; give https://server/path/file")


@contextmanager
def downloaded(
    url: str, folder: Path, largest: int, on_progress: DownloadProgress | None = None
) -> Iterator[Path]:
    """A file with the content of an address; removed at the end of a block without an exception.

    After a lost connection or a kill it stays, and the next call goes on with it. After a
    :class:`HermesError` in the block, which does not want this content, it is removed.

    Args:
        url: with ``https``.
        folder: for the file.
        largest: the most bytes that are taken.
        on_progress: called with every block.

    Raises:
        HermesError: an address without TLS, too large, or refused by the server.
        ComputerError: the connection was lost, or the disk is full.
    """
    parts = split_address(url)
    if parts.scheme != "https":
        raise HermesError(
            f"{shown(url)} is an address without TLS, where anybody on the way can change the"
            " file; use https, or download it yourself and import the file"
        )
    name = hashlib.sha256(f"{parts.hostname}{parts.port}{parts.path}".encode()).hexdigest()[:16]
    lock = FileLock(folder / f"{name}{_LOCK}", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise HermesError(f"{shown(url)} is being downloaded already; wait for it") from None
    part = folder / f"{name}{PART}"
    try:
        _fetch(url, part, largest, on_progress)
        try:
            yield part
        except HermesError:
            _remove(part)
            raise
        _remove(part)
    finally:
        (folder / f"{name}{_LOCK}").unlink(missing_ok=True)
        lock.release()


def remove_stale(folder: Path) -> None:
    """Remove what broken downloads left a week ago, and the staging folders of earlier versions."""
    for path in folder.glob(f"*{PART}*"):
        with suppress(OSError):
            if path.stat().st_mtime > time.time() - _STALE:
                continue
            if path.is_dir() and path.name.startswith("tmp"):
                shutil.rmtree(path, ignore_errors=True)
            elif path.is_file():
                path.unlink()


def _remove(part: Path) -> None:
    part.unlink(missing_ok=True)
    part.with_suffix(_NOTES).unlink(missing_ok=True)


def _fetch(url: str, part: Path, largest: int, on_progress: DownloadProgress | None) -> None:
    """Bring what is missing of a file."""
    request = urllib.request.Request(url)
    there = _there(part)
    if there:
        request.add_header("Range", f"bytes={there}-")
        request.add_header(
            "If-Range", json.loads(part.with_suffix(_NOTES).read_text(encoding="utf-8"))["version"]
        )
    try:
        with urllib.request.build_opener(_OnlyTLS).open(
            request, timeout=_TIMEOUT_SECONDS
        ) as response:
            if response.status != 206:
                there = 0
            total = _total(response, there)
            _require_room(url, part, there, total, largest)
            _note(part, response)
            _store(response, part, there, total, largest, on_progress)
    except HermesError:
        raise
    except urllib.error.HTTPError as error:
        if error.code == 416 and there:
            _remove(part)
        raise _refused(url, error.code) from error
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        words = getattr(reason, "strerror", None) or type(reason).__name__
        raise ComputerError(
            f"could not download {shown(url)}: {words}; check the address and the connection, and"
            " call again, which goes on where it broke off"
        ) from error


def _refused(url: str, code: int) -> HermesError:
    kind = ComputerError if code >= 500 else HermesError
    return kind(f"could not download {shown(url)}: the server answers with code {code}")


def _there(part: Path) -> int:
    """How many bytes can be gone on with: none without the version of the file they are of."""
    try:
        version = json.loads(part.with_suffix(_NOTES).read_text(encoding="utf-8"))["version"]
        return part.stat().st_size if version else 0
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _note(part: Path, response: HTTPResponse) -> None:
    """Keep the version of the file that the server names; a weak one does not promise the bytes."""
    version = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
    notes = {"version": "" if version.startswith("W/") else version}
    part.with_suffix(_NOTES).write_text(json.dumps(notes), encoding="utf-8")


def _total(response: HTTPResponse, there: int) -> int | None:
    """The size of the whole file, if the server states it.

    Raises:
        ValueError: a part of the file other than the one that was asked for.
    """
    if response.status == 206:
        stated = response.headers.get("Content-Range", "")
        unit, _, places = stated.partition(" ")
        first, _, rest = places.partition("-")
        if unit != "bytes" or int(first) != there:
            raise ValueError("another part of the file")
        end = rest.partition("/")[2]
        return None if end in ("", "*") else int(end)
    length = response.headers.get("Content-Length")
    return None if length is None else int(length)


def _require_room(url: str, part: Path, there: int, total: int | None, largest: int) -> None:
    if total is None:
        return
    size = f"{shown(url)} has {total / 1e6:.0f} MB"
    if total > largest:
        raise HermesError(
            f"{size}, above the limit of {largest / 1e6:.0f} MB; raise it with --largest if this"
            " is right"
        )
    free = shutil.disk_usage(part.parent).free
    if total - there + _KEPT_FREE > free:
        raise ComputerError(f"{size}, the disk has {free / 1e6:.0f} MB left; free space")


def _store(
    response: HTTPResponse,
    part: Path,
    there: int,
    total: int | None,
    largest: int,
    on_progress: DownloadProgress | None,
) -> None:
    done = there
    with open(part, "ab" if there else "wb") as stream:
        while block := response.read(_BLOCK_BYTES):
            done += len(block)
            if done > largest:
                stream.close()
                _remove(part)
                raise HermesError(
                    f"the download is above the limit of {largest / 1e6:.0f} MB; raise it with"
                    " --largest if this is right"
                )
            stream.write(block)
            if on_progress:
                on_progress(done, total)
        stream.flush()
        os.fsync(stream.fileno())
    if total is not None and done != total:
        raise ComputerError(
            f"the download stopped at {done} of {total} bytes; call again, which goes on there"
        )
