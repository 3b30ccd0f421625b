"""The masks of an image occlusion: shapes in fractions of the picture, all inside of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deckgen.model import Mask
from deckgen.yamlsource import Sequence

if TYPE_CHECKING:
    from deckgen.schema.kinds import Reading
    from deckgen.yamlsource import Node

Values = dict[str, Any]
_SHAPES = ("rect", "ellipse", "polygon")
_EDGE = 1.0001  # 1, and what adding two decimal fractions may add to it


def read_masks(node: Node, given: list[Values], reading: Reading) -> tuple[Mask, ...]:
    """Build the masks; `node` is the list they were read from. What is wrong is left out after reporting."""
    nodes = node.items if isinstance(node, Sequence) else []
    masks = (_mask(*each, reading) for each in zip(nodes, range(1, len(given) + 1), given, strict=True))
    return tuple(mask for mask in masks if mask)


def _mask(node: Node, number: int, values: Values, reading: Reading) -> Mask | None:
    shapes = [shape for shape in _SHAPES if shape in values]
    if len(shapes) != 1:
        what = f"has {len(shapes)} shapes" if shapes else "has no shape"
        reading.error(
            node, "bad-mask", f"mask {number} {what}", "give it one, such as  rect: [left, top, width, height]"
        )
        return None
    shape, given = shapes[0], values[shapes[0]]
    if given is None:
        return None
    numbers = tuple(x for point in given for x in point) if shape == "polygon" else tuple(given)
    if shape != "polygon" and (wrong := _out_of_place(*numbers)):
        reading.error(node, "mask-outside", f"mask {number} {wrong[0]}", wrong[1])
        return None
    if shape == "polygon" and (len(set(numbers[::2])) == 1 or len(set(numbers[1::2])) == 1):
        reading.error(
            node, "mask-outside", f"mask {number} has no size", "its corners lie on one line; move one of them"
        )
        return None
    label = values["label"].text if values.get("label") else ""
    return Mask(int(values.get("number") or number), shape, numbers, label)


def _out_of_place(left: float, top: float, width: float, height: float) -> tuple[str, str] | None:
    if left + width > _EDGE or top + height > _EDGE:
        return "reaches out of the picture", "left + width and top + height are at most 1"
    if not width or not height:
        return "has no size", "width and height are more than 0"
    return None
