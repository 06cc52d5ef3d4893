"""What the image expert reads from slices: features, and the organ map of each slice."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, partial
from itertools import islice

import torch

from HermesLib.io.neighbours import neighbourhood
from HermesLib.io.shelf import Shelf, ShelvedTensor
from HermesLib.networks.one_thread_each import one_thread_each
from HermesLib.quality.field_of_view import (
    Window,
    closer_window,
    find_windows,
    from_grid,
    mirrored_window,
    to_grid,
)
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.network.image_expert import ImageFeatures
from HermesLib.quality.ood import pooled_features

#: Probabilities are clipped to this distance from 0 and 1 before their log odds are averaged.
_CLIP = 1e-4


@dataclass(frozen=True, eq=False)
class _View:
    """One view of a slice.

    Attributes:
        organ: (1, 1, S, S), the organ's probability on the grid, kept on the shelf.
        window: the part of the slice that was read.
        mirrored: whether the slice was mirrored left to right first.
    """

    organ: ShelvedTensor
    window: Window
    mirrored: bool

    def on_slice(self, shape: tuple[int, int]) -> torch.Tensor:
        """Probability (H, W) on the slice's own grid; 0 outside the window."""
        probability = from_grid(self.organ.take(), [self.window], shape)[0, 0]
        return probability.flip(-1) if self.mirrored else probability


class SliceReading:
    """What the image expert reads from one slice. Each view is read once, when it is first needed.

    The view of the slice's own window serves features, presence, out-of-distribution detection and
    the organ map. The other views serve the organ map alone, so a slice without the organ never
    needs them. Everything is kept on the QC's grid, about 0.4 MB a slice whatever its size, and of
    many slices in a file (:mod:`HermesLib.io.shelf`).

    Args:
        core: the networks.
        image: (C, H, W), the slice in the middle of its neighbours, or (1, C, H, W): one that is
            made when it is read.
        offset: read the slice so many channels from the middle instead.
        shelf: where what is read is kept.
    """

    def __init__(
        self, core: QualityCore, image: torch.Tensor, offset: int = 0, shelf: Shelf | None = None
    ) -> None:
        self._core = core
        self._image = image if image.ndim == 4 else image[None]
        self._offset = offset
        self._shelf = shelf or Shelf()
        self._read: dict[str, ShelvedTensor] = {}
        self._views: tuple[_View, ...] = ()

    @property
    def pixels(self) -> torch.Tensor:
        """The image expert's input (1, 1 + 2 * neighbours, H, W) before its resampling."""
        return neighbourhood(self._image, self._core.config.neighbours, self._offset)

    @cached_property
    def window(self) -> Window:
        """The part of the slice that the grid shows."""
        return find_windows(self.pixels, self._core.config.field)[0]

    @property
    def features(self) -> ImageFeatures:
        """The image expert's output for the slice's own window, on the networks' device."""
        read_features([self])
        device = self._core.device
        return ImageFeatures(**{name: kept.take().to(device) for name, kept in self._read.items()})

    @property
    def coarse(self) -> torch.Tensor:
        """Of :attr:`features` the encoder's last map alone."""
        read_features([self])
        return self._read["coarse"].take().to(self._core.device)

    def _looks(self) -> list[tuple[torch.Tensor, Window, bool]]:
        """What the views show besides the slice's own window: pixels, window, whether mirrored."""
        config = self._core.config
        looks = [(self.pixels, closer_window(self.window, config.closer_view), False)]
        if config.mirror:
            mirrored = mirrored_window(self.window, self.pixels.shape[-1])
            looks.append((self.pixels.flip(-1), mirrored, True))
        return looks

    def _view(self, organ: torch.Tensor, window: Window, *, mirrored: bool = False) -> _View:
        """A view from logits of the organ."""
        return _View(self._shelf.keep(torch.sigmoid(organ)), window, mirrored)

    def organ_map(self) -> torch.Tensor:
        """Probability (H, W) of the organ, on the CPU: the mean of the views.

        They are the slice's own window, a closer one and, where anatomy allows, the mirrored slice.
        Where the views disagree, the probability is in between.
        """
        read_views([self])
        shape = (self._image.shape[-2], self._image.shape[-1])
        return torch.stack([view.on_slice(shape) for view in self._views]).mean(0)


def read_features(readings: Sequence[SliceReading]) -> None:
    """Read the own windows of slices, those that have not been read."""
    unread = [reading for reading in dict.fromkeys(readings) if not reading._read]
    if not unread:
        return
    looks = ((reading.pixels, reading.window) for reading in unread)
    for reading, read in zip(unread, _seen(unread[0]._core, looks), strict=True):
        for part in fields(read):
            reading._read[part.name] = reading._shelf.keep(getattr(read, part.name))


def read_views(readings: Sequence[SliceReading]) -> None:
    """Read all views of slices, those that have not been read."""
    unread = [reading for reading in dict.fromkeys(readings) if not reading._views]
    if not unread:
        return
    read_features(unread)
    looks = [(reading, *look) for reading in unread for look in reading._looks()]
    seen = _seen(unread[0]._core, ((pixels, window) for _, pixels, window, _ in looks))
    views = {r: [r._view(r._read["organ"].take(), r.window)] for r in unread}
    for (reading, _, window, mirrored), read in zip(looks, seen, strict=True):
        views[reading].append(reading._view(read.organ, window, mirrored=mirrored))
    for reading, own in views.items():
        reading._views = tuple(own)


def _seen(
    core: QualityCore, looks: Iterable[tuple[torch.Tensor, Window]]
) -> Iterator[ImageFeatures]:
    """What the image expert reads in windows of slices (1, C, H, W) of one size, on the CPU.

    One by one on a CPU: sums of another size add up in another order, and gain little there.
    """
    grid, device = core.config.grid, core.device
    at_once = _at_once(device)
    if at_once == 1:
        calls = (
            partial(core.read_images, to_grid(pixels.to(device), [window], grid))
            for pixels, window in looks
        )
        yield from one_thread_each(calls, device)
        return
    left = iter(looks)
    while some := list(islice(left, at_once)):
        pixels = torch.cat([pixels.to("cpu") for pixels, _ in some]).to(device)
        read = core.read_images(to_grid(pixels, [window for _, window in some], grid))
        parts = {part.name: getattr(read, part.name).cpu() for part in fields(read)}
        for row in range(len(some)):
            yield ImageFeatures(**{name: part[row : row + 1] for name, part in parts.items()})


def _at_once(device: torch.device) -> int:
    """How many windows the image expert reads in one call."""
    return 1 if device.type == "cpu" else 16


class SliceReadings:
    """The readings of a slice and of its two neighbours.

    At the end of a volume the slice itself stands in for the missing one. Neighbours that are
    slices of the same observation share their reading. Organ maps, on the slice's own grid, are
    kept here; a shallow copy shares the readings and starts without maps.
    """

    def __init__(self, own: SliceReading, before: SliceReading, after: SliceReading) -> None:
        self.own = own
        self.before = before
        self.after = after
        self._organ_maps: dict[float, torch.Tensor] = {}

    def __copy__(self) -> "SliceReadings":
        return SliceReadings(self.own, self.before, self.after)

    def organ_map(self, through_plane: float) -> torch.Tensor:
        """Probability (H, W) of the organ; ``through_plane`` as in the blend."""
        if through_plane not in self._organ_maps:
            self._organ_maps[through_plane] = self._blended_map(through_plane)
        return self._organ_maps[through_plane]

    def _blended_map(self, through_plane: float) -> torch.Tensor:
        own = self.own.organ_map()
        if through_plane == 0:
            return own
        before, after = (side.organ_map().logit(_CLIP) for side in (self.before, self.after))
        return torch.sigmoid(
            (1 - 2 * through_plane) * own.logit(_CLIP) + through_plane * (before + after)
        )


def read_slices(core: QualityCore, images: torch.Tensor) -> list[SliceReadings]:
    """Prepare the readings of slices (B, C, H, W), in their order along the volume.

    Nothing is read yet. A neighbour's channels are compared with the adjacent slices themselves,
    pixel by pixel, so that no slice is read twice. The same holds for a slice that is left out
    between two others.
    """
    each = [images[row : row + 1] for row in range(len(images))]
    shelf = Shelf()
    own = [SliceReading(core, image, shelf=shelf) for image in each]
    slices: list[SliceReadings] = []
    for row, image in enumerate(each):
        nearby = own[max(row - 1, 0) : row + 2] + [previous.after for previous in slices[-1:]]
        before, after = (
            _same_or_new(SliceReading(core, image, step, shelf), nearby) for step in (-1, 1)
        )
        slices.append(SliceReadings(own[row], before, after))
    return slices


def _same_or_new(reading: SliceReading, nearby: list[SliceReading]) -> SliceReading:
    """The first of the readings nearby that has the same input, or ``reading`` itself."""
    pixels = reading.pixels
    return next((other for other in nearby if torch.equal(other.pixels, pixels)), reading)


def slice_features(core: QualityCore, images: torch.Tensor) -> torch.Tensor:
    """Pooled features (B, c) of slices (B, C, H, W), for out-of-distribution detection."""
    readings = [SliceReading(core, image) for image in images]
    read_features(readings)
    return torch.cat([pooled_features(reading.coarse) for reading in readings])
