"""Masks to the notation of Anki's own image occlusion (rslib, imageocclusion.rs): a cloze for each shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deckgen.model import Mask


def occlusion_field(masks: tuple[Mask, ...], *, hide_all: bool) -> str:
    """Return the `Occlusion` field. `oi=1` tells Anki to hide the other masks too."""
    inactive = ":oi=1" if hide_all else ""
    return "".join(f"{{{{c{m.number}::image-occlusion:{_shape(m)}{inactive}}}}}<br>" for m in masks)


def labels(masks: tuple[Mask, ...]) -> str:
    """Return what lies under the masks, for the `Comments` field, which Anki searches and does not show."""
    return "; ".join(f"{m.number}: {m.label}" for m in masks if m.label)


def _shape(mask: Mask) -> str:
    if mask.shape == "polygon":
        pairs = zip(mask.numbers[::2], mask.numbers[1::2], strict=True)
        return "polygon:points=" + " ".join(f"{_number(x)},{_number(y)}" for x, y in pairs)
    left, top, width, height = mask.numbers
    shape = f"left={_number(left)}:top={_number(top)}:width={_number(width)}:height={_number(height)}"
    if mask.shape == "ellipse":
        shape += f":rx={_number(width / 2)}:ry={_number(height / 2)}"
    return f"{mask.shape}:{shape}"


def _number(value: float) -> str:
    """Write a fraction as Anki does: four places, no zero before the point."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return text.removeprefix("0") if text.startswith("0.") else text
