"""The way to nnInteractive's server: what is refused, what the user is shown, what stays secret."""

import ast
import inspect
import sys
from importlib import metadata

import pytest

from HermesLib.errors import ComputerError, HermesError
from HermesLib.models.loading import load_volume_model
from HermesLib.models.nninteractive.adapter import NnInteractive
from HermesLib.models.nninteractive.address import checked_address, is_here
from HermesLib.models.registry import MODELS, load_model, model_checkpoint
from HermesLib.notices import heard_by


def notices_of(server: str | None = None) -> dict[str, str]:
    heard = []
    with heard_by(heard.append):
        NnInteractive.connect(server)
    return {notice.kind: notice.message for notice in heard}


def test_the_licence_of_the_weights_is_shown_as_the_server_states_it(remote):
    assert "CC BY-NC-SA 4.0" in notices_of()["model-licence"]
    remote.SERVER.license = "Mine\x1b[31m\nsecond " + "x" * 400
    message = notices_of()["model-licence"]
    assert "Mine [31m second" in message and message.isprintable() and len(message) < 150
    for unknown in ("!!MISSING!!", None):
        remote.SERVER.license = unknown
        assert "does not know" in notices_of()["model-licence"]
    assert "CC BY-NC-SA 4.0" in MODELS["nninteractive"].licence
    assert "no commercial use" in MODELS["nninteractive"].notice


def test_an_image_that_leaves_the_computer_is_announced_without_naming_the_server(remote):
    for here in (None, "http://localhost:1527/", "http://[::1]:8000"):
        assert "image-sent" not in notices_of(here)
    sent = notices_of("http://gpu.example.org:1527")["image-sent"]
    assert "not encrypted" in sent and "example" not in sent
    assert "not encrypted" not in notices_of("https://gpu.example.org")["image-sent"]
    assert not is_here("http://127.example.org")


def test_the_checksum_follows_all_that_the_server_states_of_its_model(remote):
    first = NnInteractive.connect().sha256
    assert NnInteractive.connect().sha256 == first and len(first) == 64
    remote.SERVER.thickness = (3, 3, 3)
    assert NnInteractive.connect().sha256 != first


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"refusal": lambda r: r.httpx.TransportError()}, HermesError, "no server answers at http"),
        (
            {"refusal": lambda r: r.httpx.HTTPStatusError(401)},
            HermesError,
            "NN_INTERACTIVE_API_KEY",
        ),
        ({"refusal": lambda r: r.httpx.HTTPStatusError(404)}, HermesError, "not a server of nnInt"),
        ({"refusal": lambda r: KeyError("lease_token")}, HermesError, "not a server of nnInt"),
        (
            {"refusal": lambda r: ValueError("no JSON")},
            HermesError,
            "not a server of nnI",
        ),
        ({"refusal": lambda r: r.httpx.InvalidURL()}, HermesError, "not a server of nnI"),
        ({"refusal": lambda r: r.httpx.HTTPStatusError(502)}, ComputerError, "HTTP 502"),
        ({"refusal": lambda r: r.ServerAtCapacityError()}, ComputerError, "all sessions"),
        ({"version": lambda r: "3.0.1"}, HermesError, "version 3.0.1; HERMES needs 2"),
        ({"initial_label": lambda r: False}, HermesError, "does not take: initial mask"),
        ({"supported": lambda r: {"scribble": True}}, HermesError, "does not take: points"),
    ],
)
def test_a_server_that_cannot_serve_is_one_clear_line(remote, change, kind, message):
    for name, value in change.items():
        setattr(remote.SERVER, name, value(remote))
    with pytest.raises(HermesError, match=message) as raised:
        NnInteractive.connect()
    assert type(raised.value) is kind and "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "127.0.0.1:1527",
        "ftp://a",
        "http://",
        "http://a:port",
        "http://a b",
        "http://a\nb",
        "file:///x",
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_sent(remote, address):
    remote.SERVER.refusal = AssertionError("a session was claimed")
    with pytest.raises(HermesError, match="cannot be read"):
        checked_address(address)


@pytest.mark.parametrize(
    "address",
    ["http://me:secret@a", "http://secret@a", "https://a/?key=secret", "http://a/#secret"],
)
def test_secrets_in_an_address_are_refused_and_not_repeated(address):
    with pytest.raises(HermesError, match="NN_INTERACTIVE_API_KEY") as raised:
        checked_address(address)
    assert "secret@" not in str(raised.value) and "=secret" not in str(raised.value)


def test_without_the_client_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "nnInteractive.inference.remote.remote_session", None)
    with pytest.raises(HermesError, match=r"pip install 'hermes-segment\[nninteractive\]'"):
        NnInteractive.connect()


def test_importing_the_adapter_does_not_import_the_client():
    assert "HermesLib.models.nninteractive.adapter" in sys.modules
    source = inspect.getsource(sys.modules["HermesLib.models.nninteractive.adapter"])
    assert "import nnInteractive" not in source and "from nnInteractive" not in source


def test_models_for_volumes_and_for_slices_are_not_mistaken_for_each_other(remote):
    assert load_volume_model("nninteractive").name == "nninteractive"
    with pytest.raises(HermesError, match="medsam segments slices, not whole volumes"):
        load_volume_model("medsam", server="http://127.0.0.1:1527")
    for load in (load_model, model_checkpoint):
        for name in ("nninteractive", "sam2-volume", "medsam2-volume"):
            with pytest.raises(HermesError, match=r"whole volumes.*choose medsam, scribbleprompt"):
                load(name)


def test_the_stand_in_has_the_names_and_arguments_of_the_real_client(remote):
    """Where the client is installed; the stand-in lies before it on the path."""
    try:
        files = metadata.files("nninteractive-client") or []
    except metadata.PackageNotFoundError:
        pytest.skip("nninteractive-client is not installed")
    file = next(file for file in files if file.name == "remote_session.py")
    tree = ast.parse(file.read_text(encoding="utf-8"))
    theirs = {
        node.name: [argument.arg for argument in node.args.args]
        for real in ast.walk(tree)
        if isinstance(real, ast.ClassDef) and real.name == "nnInteractiveRemoteInferenceSession"
        for node in real.body
        if isinstance(node, ast.FunctionDef)
    }
    ours = remote.nnInteractiveRemoteInferenceSession
    for name, function in vars(ours).items():
        if inspect.isfunction(function) and (name == "__init__" or not name.startswith("_")):
            assert list(inspect.signature(function).parameters) == theirs[name], name
