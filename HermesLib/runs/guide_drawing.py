"""A run's guide: who hears of its program, who ends it, and where its map is kept."""

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.guides.registry import GuideEntry, draw_guide, split_spec
from HermesLib.io.digest import file_sha256, folder_sha256
from HermesLib.io.volumes import Volume
from HermesLib.notices import Notice, notice, overheard_by
from HermesLib.presets.preset import Preset
from HermesLib.runs.recorded import volume_sha256
from HermesLib.runs.request import RunRequest

if TYPE_CHECKING:
    from HermesLib.guides.map import GuideMap

#: What programs print to colour a line or to move the cursor.
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
#: The longest line of a program that is shown.
_LONGEST = 160


class KeptGuides:
    """Maps that programs have drawn, with the notices they gave.

    A run that starts again with less memory takes its guide from here, in another process too.

    Args:
        folder: private to the run, and outliving its processes; None to keep maps in memory.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._in_memory: dict[str, tuple[GuideMap, list[Notice]]] = {}

    def put(self, key: str, guide: "GuideMap", notices: list[Notice]) -> None:
        """Keep a map; without room on the disk it is not kept."""
        if self._folder is None:
            self._in_memory[key] = guide, notices
            return
        about = {
            "name": guide.name,
            "sha256": guide.sha256,
            "version": guide.version,
            "soft": guide.soft,
            "notices": [[one.kind, one.message] for one in notices],
        }
        values = guide.probability if guide.soft else guide.probability.astype(np.uint8)
        path = self._path(key)
        partial = path.with_suffix(".part")
        with suppress(OSError):
            with partial.open("wb") as stream:
                np.savez_compressed(stream, values=values, about=np.array(json.dumps(about)))
            partial.replace(path)

    def get(self, key: str) -> "tuple[GuideMap, list[Notice]] | None":
        """What is kept; None where nothing is, or a file is damaged."""
        if self._folder is None:
            return self._in_memory.get(key)
        from HermesLib.guides.map import guide_map

        try:
            with np.load(self._path(key), allow_pickle=False) as kept:
                about, values = json.loads(str(kept["about"])), kept["values"]
            guide = guide_map(values, about["name"], about["version"], about["soft"])
            notices = [Notice(*one) for one in about["notices"]]
        except (OSError, EOFError, BadZipFile, ValueError, KeyError, TypeError, HermesError):
            return None
        return (guide, notices) if guide.sha256 == about["sha256"] else None

    def _path(self, key: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{key[:32]}.guide"


@dataclass(frozen=True, eq=False)
class GuideDrawing:
    """How a run draws its guide.

    Attributes:
        given: by a caller who has the guide in memory.
        kept: where maps are kept.
        is_cancelled: asked several times a second while a program runs.
        progress: is given a line for the user while a program runs.
    """

    given: "GuideMap | None" = None
    kept: KeptGuides = field(default_factory=KeptGuides)
    is_cancelled: Callable[[], bool] = lambda: False
    progress: Callable[[str], None] = lambda line: None

    def draw(self, request: RunRequest, preset: Preset, volume: Volume, device: str) -> "GuideMap":
        """The guide; one that a program has drawn before is not drawn again.

        Args:
            request: names it, unless it is given.
            preset: of the organ.
            volume: the image.
            device: where networks compute. A map that is kept serves every device.

        Raises:
            HermesError, GuideCancelled: see :func:`HermesLib.guides.registry.draw_guide`.
        """
        if self.given is not None:
            return self.given
        assert request.guide is not None
        entry, path = split_spec(request.guide)
        if not entry.program:
            return draw_guide(request.guide, volume, preset, request.guide_labels)
        key = _key(request, entry, path, preset, volume)
        found = self.kept.get(key)
        if found is not None:
            guide, said = found
            for one in said:
                notice(one.kind, one.message)
            return guide
        said = []
        title = entry.title.split(" (")[0]
        with overheard_by(said.append):
            guide = draw_guide(
                request.guide,
                volume,
                preset,
                request.guide_labels,
                request.guide_python,
                self.is_cancelled,
                lambda line: self.progress(at_work(title, line)),
                device=device,
            )
        self.kept.put(key, guide, said)
        return guide


def at_work(title: str, line: str) -> str:
    """What a user reads while a program is at work: its latest line, without control characters.

    >>> at_work("nnU-Net", "\\x1b[32m 40%\\tdone\\x1b[0m"), at_work("nnU-Net", "")
    ('nnU-Net: 40% done', 'nnU-Net is at work')
    """
    printed = _CONTROL.sub("", line)
    words = " ".join("".join(c if c.isprintable() else " " for c in printed).split())
    if not words:
        return f"{title} is at work"
    return f"{title}: {words if len(words) <= _LONGEST else words[:_LONGEST] + '...'}"


def _key(
    request: RunRequest, entry: GuideEntry, path: Path | None, preset: Preset, volume: Volume
) -> str:
    """What a program's map follows from, by content: image, model, organ and labels."""
    content = ""
    if path is not None:
        content = folder_sha256(path) if path.is_dir() else file_sha256(path)
    facts = [
        volume_sha256(volume),
        [volume.grid.GetSize(), volume.grid.GetSpacing()],
        [volume.grid.GetOrigin(), volume.grid.GetDirection()],
        [entry.name, content, request.guide_labels, str(request.guide_python)],
        [preset.organ_label, preset.modality],
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
