"""Segmentations of the scene as the guides of several volumes: each volume has its own."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import slicer
from slicer.i18n import tr as _

from HermesLib.io.pairing import names_for
from HermesSegmentLib.foreign_masks import ForeignMask, masks_of
from HermesSegmentLib.run_creation import run_record_nodes

#: What Slicer appends to the name of a node that another node has already.
_NUMBER = re.compile(r"_[1-9]\d?")
#: So many names stand in a message.
_SHOWN = 3


def guide_of(volume: Any, volumes: Sequence[Any], organs: Iterable[str]) -> ForeignMask:
    """The segment that guides a volume.

    The segmentation is the one that was made on the volume (its reference geometry), or else has
    the volume's name, as a file of masks is paired with its image. Of several segments, the organ's
    is taken.

    Args:
        volume: to segment.
        volumes: all volumes that are worked off.
        organs: names that the segment may have, the preferred one first.

    Raises:
        RuntimeError: none, or several; one line.
    """
    name = volume.GetName()
    nodes = _segmentations()
    role = slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
    found = [node for node in nodes if node.GetNodeReference(role) is volume]
    if len(found) != 1:
        # Of several on the volume, one may have its name.
        among = found or [node for node in nodes if node.GetNodeReference(role) is None]
        found = _named(name, among, [other.GetName() for other in volumes]) or found
    if not found:
        raise RuntimeError(_("no segmentation was made on {name} or named so").format(name=name))
    if len(found) > 1:
        raise RuntimeError(
            _("several segmentations for {name} ({names}); keep one").format(
                name=name, names=_listed(node.GetName() for node in found)
            )
        )
    return _segment(found[0], list(organs))


def _segmentations() -> list[Any]:
    """The user's segmentations: those of runs are no guides."""
    own = set()
    for record in run_record_nodes():
        roles: list[str] = []
        record.GetNodeReferenceRoles(roles)
        own |= {record.GetNodeReferenceID(role) for role in roles}
    return [
        node
        for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
        if not node.GetHideFromEditors() and node.GetID() not in own
    ]


def _named(name: str, nodes: Sequence[Any], taken: Sequence[str]) -> list[Any]:
    """The nodes with a volume's name; else with one that Slicer has numbered, as it was taken."""
    for wanted in names_for(name):
        exact = [node for node in nodes if node.GetName() == wanted]
        if exact:
            return exact
        numbered = [
            node
            for node in nodes
            if node.GetName().startswith(wanted)
            and _NUMBER.fullmatch(node.GetName()[len(wanted) :])
            and node.GetName() not in taken
        ]
        if numbered:
            return numbered
    return []


def _segment(node: Any, organs: list[str]) -> ForeignMask:
    masks = masks_of(node)
    if len(masks) == 1:
        return masks[0]
    for organ in organs:
        named = [mask for mask in masks if _plain(mask.name) == _plain(organ)]
        if len(named) == 1:
            return named[0]
    name = node.GetName()
    if not masks:
        raise RuntimeError(_("the segmentation {name} has no segment").format(name=name))
    raise RuntimeError(
        _("no segment of {name} is named {organ} ({names})").format(
            name=name, organ=organs[0], names=_listed(mask.name for mask in masks)
        )
    )


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())


def _listed(names: Iterable[str]) -> str:
    given = list(names)
    return ", ".join([*given[:_SHOWN], *(["..."] if len(given) > _SHOWN else [])])
