"""Weights are imported over TLS only, within a limit, gone on with, whole, under a safe name."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from HermesLib.errors import ComputerError, HermesError
from HermesLib.io.digest import file_sha256
from HermesLib.weights import official
from HermesLib.weights.imported import import_weights, imported_weights
from HermesLib.weights.official import OfficialFile, git_blob, require_official
from Testing.models.small import write_checkpoint
from Testing.weights.tls_server import TlsServer

SECRET = "me:secret"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HERMES_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TlsServer]:
    server = TlsServer(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
    yield server
    server.close()


@pytest.fixture
def weights(tmp_path: Path, server: TlsServer) -> Path:
    path = write_checkpoint(tmp_path, "mideepseg")
    server.files["/a/model.safetensors"] = path.read_bytes()
    return path


def left(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.rglob("*") if path.is_file())


def test_a_download_that_broke_off_is_gone_on_with(server: TlsServer, weights: Path, cache: Path):
    address = f"{server.address}/a/model.safetensors"
    server.break_at = 5000
    with pytest.raises(ComputerError, match="goes on"):
        import_weights(address)
    assert imported_weights() == []
    server.break_at = None
    seen: list[int] = []
    path = import_weights(address, on_progress=lambda done, total: seen.append(done))
    assert file_sha256(path) == file_sha256(weights) and left(cache) == [path.name]
    assert server.asked[-1] == ("/a/model.safetensors", "bytes=5000-") and seen[0] > 5000


def test_a_file_that_has_changed_since_is_fetched_from_its_beginning(
    server: TlsServer, weights: Path, cache: Path
):
    address = f"{server.address}/a/model.safetensors"
    server.break_at = 5000
    server.files["/a/model.safetensors"] = b"x" * 9000
    with pytest.raises(ComputerError):
        import_weights(address)
    server.break_at, server.version = None, '"2"'
    server.files["/a/model.safetensors"] = weights.read_bytes()
    assert file_sha256(import_weights(address)) == file_sha256(weights)


def test_addresses_without_tls_are_refused_directly_and_by_redirection(
    server: TlsServer, tmp_path: Path, cache: Path
):
    plain = TlsServer(tmp_path, tls=False)
    server.redirections["/b/model.safetensors"] = f"{plain.address}/model.safetensors"
    try:
        for address in (f"{plain.address}/m.safetensors", f"{server.address}/b/model.safetensors"):
            with pytest.raises(HermesError, match="without TLS"):
                import_weights(address)
        assert plain.asked == []
    finally:
        plain.close()
    assert left(cache) == []


def test_a_certificate_of_nobody_known_is_refused(
    server: TlsServer, weights: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(ComputerError, match="could not download"):
        import_weights(f"{server.address}/a/model.safetensors")
    assert server.asked == []


@pytest.mark.parametrize("stated", [None, 10_000_000_000, 100])
def test_a_download_has_a_limit_whatever_the_server_states(
    server: TlsServer, weights: Path, cache: Path, stated: int | None
):
    server.stated_length = stated
    with pytest.raises(HermesError):
        import_weights(f"{server.address}/a/model.safetensors", largest=4000)
    assert left(cache) == []


def test_messages_have_neither_user_nor_password_nor_token(
    server: TlsServer, weights: Path, cache: Path
):
    host = server.address.removeprefix("https://")
    for address, options in (
        (f"https://{SECRET}@{host}/a/none.pth?token=secret", {}),
        (f"http://{SECRET}@{host}/a/none.pth?token=secret#secret", {}),
        (f"https://{SECRET}@127.0.0.1:1/secret/none.pth", {}),
        (f"https://{host}/a/model.safetensors?token=secret", {"sha256": "0" * 64}),
        (f"https://{SECRET}@{host}:secret/a/none.pth", {}),
        (f"https://{SECRET}@{host}/?token=secret", {}),
    ):
        with pytest.raises(HermesError) as caught:
            import_weights(address, **options)
        assert "secret" not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "a\nb",
        "a\x1b[2J",
        "a:b",
        "nul.pth",
        ".x",
        "x.part",
        "x" * 300,
    ],
)
def test_a_name_that_is_none_on_some_system_is_refused(weights: Path, cache: Path, name: str):
    with pytest.raises(HermesError, match="usable file name") as caught:
        import_weights(str(weights), name)
    assert "\n" not in str(caught.value)
    assert not cache.exists() or left(cache) == []


def test_what_broken_downloads_left_is_removed_after_a_week(weights: Path, cache: Path):
    cache.mkdir()
    names = ["old.part", "old.part-notes", "new.part", "model.pth"]
    for name in names:
        (cache / name).write_text("x")
    (cache / "tmpabc.part").mkdir()
    for name in ("old.part", "old.part-notes", "model.pth", "tmpabc.part"):
        os.utime(cache / name, (time.time() - 8 * 86400,) * 2)
    import_weights(str(weights))
    assert left(cache) == sorted(["model.pth", "new.part", weights.name])
    assert [path.name for path in imported_weights()] == [weights.name, "model.pth"]


def test_another_content_under_the_name_of_an_official_file_is_refused(
    weights: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(HermesError, match="is not that file"):
        import_weights(str(weights), "iter_15000.pth")
    assert left(cache) == []
    known = OfficialFile(
        "mideepseg", "known.safetensors", "the authors", git_blob=git_blob(weights)
    )
    monkeypatch.setattr(official, "OFFICIAL_FILES", (known,))
    assert require_official("mine.safetensors", import_weights(str(weights))) == known


def test_git_names_a_content_as_git_does(tmp_path: Path):
    (tmp_path / "empty").write_bytes(b"")
    assert git_blob(tmp_path / "empty") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
