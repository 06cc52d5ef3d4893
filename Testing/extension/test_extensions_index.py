"""What the Extensions Index checks and asks of an extension, as far as the repository can tell."""

import json
import re
import shutil
import subprocess
import zlib
from pathlib import Path
from types import ModuleType

import pytest

from Testing.standins.sources import source_text

ROOT = Path(__file__).resolve().parents[2]
NAME = "HermesExtension"
CHECKER = "scripts/check_description_files.py"
#: What a release leaves out.
LEFT_OUT = "Resources/Research/"
CHECKS = "Testing/extension/test_extensions_index.py"
DESCRIPTIONS = ("CMakeLists.txt", f"{NAME}.json", f"{NAME}.s4ext")


@pytest.fixture(scope="module")
def checker() -> ModuleType:
    """The script that the index runs on every submission."""
    module = ModuleType("check_description_files")
    text = source_text("Slicer/ExtensionsIndex", CHECKER)
    # A function that only Python 3.12 can read, and that no check needs.
    text = re.sub(r"def print_categories.*?(?=def main)", "", text, flags=re.DOTALL)
    exec(compile(text, CHECKER, "exec"), module.__dict__)
    return module


def test_the_indexs_own_checks_pass(checker, monkeypatch):
    entry = json.loads((ROOT / f"{NAME}.json").read_text(encoding="utf-8"))
    checker.check_json_file_format(NAME, entry, str(ROOT / f"{NAME}.json"))
    for check in (
        "check_category",
        "check_scm_url_syntax",
        "check_extension_name",
        "check_git_repository_name",
    ):
        getattr(checker, check)(NAME, entry)

    # Without the network, a picture is there if the repository has it.
    def image(url: str, kind: str, *_: str) -> None:
        assert url.startswith("http") and (ROOT / url.split("/main/")[1]).is_file(), url

    monkeypatch.setattr(checker, "validate_image_url", image)
    checker.check_cmakelists_content(NAME, entry, str(ROOT))
    checker.check_license_file(NAME, entry, str(ROOT))


def test_the_entry_fits_the_indexs_schema():
    jsonschema = pytest.importorskip("jsonschema")
    entry = json.loads((ROOT / f"{NAME}.json").read_text(encoding="utf-8"))
    name = entry["$schema"].rpartition("/")[2].rstrip("#")
    schema = json.loads(source_text("Slicer/ExtensionsIndex", f"schemas/{name}"))
    jsonschema.validate(entry, schema)


def test_the_description_names_patents_terms_and_purpose_in_plain_words():
    text = re.search(
        r'EXTENSION_DESCRIPTION "([^"]*)"', (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    )[1]
    for word in ("MIDeepSeg call their method patented", "research only", "not for clinical use"):
        assert word in text
    for word in ("pGT", "pDSC", "diffusion", "pseudo ground truth"):
        assert word not in text


def test_the_homepage_has_what_reviewers_look_for():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for word in ("HERMES Segment", "docs/images/", "Apache", "Quality Control Automates"):
        assert word in text, word


def test_one_command_writes_the_repositorys_address_everywhere(tmp_path):
    cmake = shutil.which("cmake") or pytest.skip("cmake is not installed")
    for name in DESCRIPTIONS:
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "CMake", tmp_path / "CMake")
    script = tmp_path / "CMake" / "SetRepository.cmake"

    def write(*values: str) -> int:
        command = [cmake, *values, "-P", str(script)]
        return subprocess.run(command, capture_output=True, check=False).returncode

    assert write("-DOWNER=somebody", "-DNAME=hermes") != 0
    assert write("-DOWNER=somebody") == 0 and write("-DOWNER=a-group", "-DNAME=SlicerHERMES") == 0
    for name in DESCRIPTIONS:
        text = (tmp_path / name).read_text(encoding="utf-8")
        addresses = re.findall(r"(?:github|githubusercontent)\.com/([\w-]+/[\w-]+)", text)
        own = [address for address in addresses if not address.startswith("Slicer/")]
        assert own and set(own) == {"a-group/SlicerHERMES"}, name
        assert "example.org" not in text


def published() -> list[Path]:
    """The files of a release, as ``docs/release.md`` publishes them."""
    git = shutil.which("git") or pytest.skip("git is not installed")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is no checkout of git")
    names = [name for name in listed.stdout.decode().split("\0") if name]
    return [
        ROOT / name for name in names if not name.startswith(LEFT_OUT) and (ROOT / name).is_file()
    ]


def test_a_clone_of_a_release_is_smaller_than_the_index_allows():
    rule = source_text("Slicer/ExtensionsIndex", CHECKER)
    (limit,) = re.findall(r"size_limit_mb = (\d+)", rule)
    contents = [path.read_bytes() for path in published()]
    # A clone holds every file twice: as it is, and compressed by git.
    size = sum(len(content) + len(zlib.compress(content, 1)) for content in contents)
    assert size / 2**20 < int(limit)


def test_the_owners_placeholder_is_only_where_one_command_replaces_it():
    known = {*DESCRIPTIONS, "CMake/Repository.cmake", "docs/release.md"}
    for path in published():
        if path.suffix in (".py", ".md", ".json", ".cmake", ".s4ext", ".toml", ".cff", ".txt"):
            text = path.read_text(encoding="utf-8", errors="replace")
            name = path.relative_to(ROOT).as_posix()
            assert "com/OWNER" not in text or name in known | {CHECKS}, name


def test_the_release_page_says_every_step():
    text = (ROOT / "docs" / "release.md").read_text(encoding="utf-8")
    for word in (
        "SetRepository.cmake",
        "squash",
        "git rm -rq --cached Resources/Research",
        "100 MB",
        "3d-slicer-extension",
        "manual-checklist.md",
        "ExtensionsIndex",
        "ctest",
        "HermesExtension.json",
    ):
        assert word in text, word
