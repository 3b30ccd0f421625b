"""A topic file: its head as a `Topic`, its cards as `Note`s.

This is the hot path, run for every card of every deck, so it does little per card beyond what `Shape.read` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deckgen.diagnostics import did_you_mean
from deckgen.model import BASIC, CLOZE, IMAGE_OCCLUSION, Citation, Deck, Markup, Mask, Note, Topic
from deckgen.schema.deck import cite
from deckgen.schema.keys import BASIC_KEYS, CARD, CLOZE_KEYS, IMAGE_KEYS, OWN_CARD, STOCK_TYPES, TOPIC
from deckgen.schema.kinds import Text, plain, wrong_type
from deckgen.schema.text import clean_id, clean_tags, slug
from deckgen.yamlsource import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deckgen.model import NoteType
    from deckgen.schema.kinds import Reading
    from deckgen.yamlsource import Node

Values = dict[str, Any]

_TEXT = Text()
_ONLY_BASIC = [k.name for k in BASIC_KEYS]
_ONLY_CLOZE = [k.name for k in CLOZE_KEYS]
_ONLY_IMAGE = [k.name for k in IMAGE_KEYS]
# Note type, the keys it needs, the keys that others have and it does not.
_KINDS = {
    BASIC: (("front", "back"), (*_ONLY_CLOZE, *_ONLY_IMAGE)),
    CLOZE: (("cloze",), (*_ONLY_BASIC, *_ONLY_IMAGE)),
    IMAGE_OCCLUSION: (("image", "masks"), (*_ONLY_BASIC, *_ONLY_CLOZE, "typed")),
}
_FIELD_OF = {
    BASIC: (("front", "Front"), ("back", "Back"), ("extra", "Extra"), ("hint", "Hint")),
    CLOZE: (("cloze", "Text"), ("extra", "Extra")),
    IMAGE_OCCLUSION: (("image", "Image"), ("header", "Header"), ("extra", "Back Extra"), ("comments", "Comments")),
}


def read_topic(root: Node, reading: Reading, deck: Deck, parts: list[str]) -> tuple[Topic, Node | None]:
    """Read a topic file's head. `parts` is the file's path in the deck, without its ending.

    Returns the topic and the list of its cards. A bare list is a file with nothing but cards.
    """
    if isinstance(root, Sequence):
        return topic_of({}, reading, deck, parts), root
    values = TOPIC.read(root, reading) or {}
    if isinstance(root, Mapping) and "cards" not in values:
        reading.error(root, "no-cards", "this topic file has no cards", "add a line  cards:  and a list below it")
    return topic_of(values, reading, deck, parts), values.get("cards")


def topic_of(values: Values, reading: Reading, deck: Deck, parts: list[str]) -> Topic:
    """Build a topic from the values of its head and the deck's defaults."""
    titled = values["topic"].text.strip() if values.get("topic") else ""
    if not parts and titled:
        parts = [titled]
    title = titled or (parts[-1].replace("-", " ").replace("_", " ").strip().capitalize() if parts else "")
    tag = "::".join(t for t in (deck.tag, *map(slug, parts)) if t)
    tags = dict.fromkeys([tag, *deck.tags, *clean_tags(values.get("tags"), reading)])
    return Topic(
        title=title,
        tags=tuple(t for t in tags if t),
        citation=cite(values.get("source"), deck.citation, deck.sources, reading),
        markup=Markup(values.get("markup") or deck.markup),
        subdeck="::".join([*(p.replace("-", " ").capitalize() for p in parts[:-1]), title.replace("::", " ")]),
    )


def read_cards(cards: Node | None, reading: Reading, deck: Deck, topic: Topic) -> Iterator[Note]:
    """Read the cards one by one; those that are wrong are reported and left out."""
    if isinstance(cards, Scalar) and not cards.text and not cards.style:
        return  # `cards:` with nothing below it yet
    if not isinstance(cards, Sequence):
        if cards is not None:
            wrong_type(cards, reading, "a list of cards", "- front: …")
        return
    for card in cards.items:
        if not isinstance(card, Mapping):
            wrong_type(card, reading, "a card", "- front: …")
            continue
        note = _card(card, reading, deck, topic)
        if note is not None:
            yield note


def _card(card: Mapping, reading: Reading, deck: Deck, topic: Topic) -> Note | None:
    named = card.pairs.get("type") or next((p for name, p in card.pairs.items() if plain(name) == "type"), None)
    if named is None:
        return _stock(card, CARD.read(card, reading), reading, deck, topic)
    name = named[1].text if isinstance(named[1], Scalar) else ""
    own = deck.note_types.get(name)
    if own is not None:
        return _own(card, own, reading, deck, topic)
    if stock := STOCK_TYPES.get(name.casefold()):
        values = CARD.read(card, reading)
        return _stock(card, values and {**stock[1], **values}, reading, deck, topic)
    known = [*deck.note_types, "Basic", "Basic (and reversed card)", "Basic (type in the answer)", "Cloze", "Image Occlusion"]
    reading.error(
        named[1], "unknown-note-type", f"there is no note type '{name}'", did_you_mean(name, known) or f"known are: {', '.join(known)}"
    )
    return None


def _stock(card: Mapping, values: Values | None, reading: Reading, deck: Deck, topic: Topic) -> Note | None:
    """Build a note of a built-in type; which one follows from the keys."""
    if values is None:
        return None
    if "front" in values or "back" in values:
        kind = BASIC
    elif "cloze" in values:
        kind = CLOZE
    elif "image" in values or "masks" in values:
        kind = IMAGE_OCCLUSION
    else:
        _no_kind(card, values, reading)
        return None
    needed, foreign = _KINDS[kind]
    if not values.keys().isdisjoint(foreign) and _mixed(card, values, foreign, kind, reading):
        return None
    if not _has_all(card, values, needed, reading):
        return None
    note = _note(card, kind, values, reading, deck, topic)
    for key, field in _FIELD_OF[kind]:
        if node := values.get(key):
            note.fields[field] = node.text
            note.written[field] = node
    if values.get("reverse"):
        note.fields["Add Reverse"] = "y"
    if values.get("typed"):
        note.fields["Type Answer"] = "y"
    if kind == IMAGE_OCCLUSION:
        note.masks = _masks(_pair(card, "masks")[1], values["masks"], reading)
        note.hide_all = values.get("hide") != "one"
        note.alt = values["alt"].text if values.get("alt") else ""
    return note


def _no_kind(card: Mapping, values: Values, reading: Reading) -> None:
    if card.pairs and len(values) < len(card.pairs):
        return  # an unknown key is reported already, and is probably the one that is missing
    reading.error(
        card, "not-a-card", "this card has neither 'front' nor 'cloze' nor 'image'", "write  front: …  and  back: …, or  cloze: …"
    )


def _mixed(card: Mapping, values: Values, foreign: tuple[str, ...], kind: str, reading: Reading) -> bool:
    """Report the keys of another kind of card."""
    strange = [key for key in foreign if key in values]
    for name in strange:
        key, _ = _pair(card, name)
        message = f"'{key.text}' does not go with a card that is {_ARTICLE[kind]}"
        reading.error(key, "mixed-card", message, "make two cards of it, or delete one of the keys")
    return bool(strange)


def _pair(card: Mapping, name: str) -> tuple[Scalar, Node]:
    """Return the key as written, and the value, of a key known by its proper name."""
    return next(pair for key, pair in card.pairs.items() if (CARD.lookup.get(key) or CARD.lookup[plain(key)]).name == name)


_ARTICLE = {BASIC: "front and back", CLOZE: "a cloze", IMAGE_OCCLUSION: "an image occlusion"}


def _has_all(card: Mapping, values: Values, needed: tuple[str, ...], reading: Reading) -> bool:
    """Report needed keys that are missing or empty."""
    complete = True
    for key in needed:
        value = values.get(key)
        if key not in values:
            if len(values) == len(card.pairs) or key == "front":  # else the unknown key was meant
                reading.error(card, "missing-key", f"this card has no '{key}'", f"add a line  {key}: …")
            complete = False
        elif value is None:
            complete = False
        elif isinstance(value, Scalar) and not value.text.strip():
            reading.error(value, "empty-field", f"'{key}' is empty", "write something, or delete the card")
            complete = False
    return complete


def _own(card: Mapping, own: NoteType, reading: Reading, deck: Deck, topic: Topic) -> Note | None:
    """Build a note of an author's own type: its fields are keys, as spelled or in any letter case."""
    exact = {f.name for f in own.fields}
    folded = {plain(f.name): f.name for f in own.fields}
    values: Values = {}
    written: dict[str, Scalar] = {}
    for name, (key, value) in card.pairs.items():
        common = OWN_CARD.lookup.get(name)
        field = name if name in exact else None if common else folded.get(plain(name))
        common = common or OWN_CARD.lookup.get(plain(name))
        if field and field in written:
            reading.error(key, "duplicate-key", f"'{name}' is another name for '{field}', which is already given", "keep one of the two")
        elif field:
            if (text := _TEXT.read(value, reading)) is not None:
                written[field] = text
        elif common:
            values[common.name] = common.kind.read(value, reading)
        else:
            OWN_CARD.unknown(key, reading, tuple(exact))
    note = _note(card, own.key, values, reading, deck, topic)
    note.written = written
    note.fields = {name: node.text for name, node in written.items()}
    return note


def _note(card: Mapping, kind: str, values: Values, reading: Reading, deck: Deck, topic: Topic) -> Note:
    tags = topic.tags
    if values.get("tags"):
        tags = tuple(dict.fromkeys((*tags, *clean_tags(values["tags"], reading))))
    citation: Citation = topic.citation
    if values.get("source"):
        citation = cite(values["source"], citation, deck.sources, reading)
    markup = Markup(values["markup"]) if values.get("markup") else topic.markup
    return Note(kind, {}, tags, citation, markup, topic, clean_id(values.get("id"), reading), at=card)


def _masks(node: Node, given: list[Values], reading: Reading) -> tuple[Mask, ...]:
    nodes = node.items if isinstance(node, Sequence) else []
    masks = (_mask(*each, reading) for each in zip(nodes, range(1, len(given) + 1), given, strict=True))
    return tuple(mask for mask in masks if mask)


def _mask(node: Node, number: int, values: Values, reading: Reading) -> Mask | None:
    shapes = [shape for shape in ("rect", "ellipse", "polygon") if shape in values]
    if len(shapes) != 1:
        what = f"has {len(shapes)} shapes" if shapes else "has no shape"
        reading.error(node, "bad-mask", f"mask {number} {what}", "give it one, such as  rect: [left, top, width, height]")
        return None
    shape = shapes[0]
    numbers = values[shape]
    if numbers is None:
        return None
    if shape == "polygon":
        flat = tuple(x for point in numbers for x in point)
    else:
        left, top, width, height = flat = tuple(numbers)
        if left + width > _EDGE or top + height > _EDGE:
            reading.error(node, "mask-outside", f"mask {number} reaches out of the picture", "left + width and top + height are at most 1")
            return None
        if not width or not height:
            reading.error(node, "mask-outside", f"mask {number} has no size", "width and height are more than 0")
            return None
    label = values["label"].text if values.get("label") else ""
    return Mask(int(values.get("number") or number), shape, flat, label)  # type: ignore[arg-type]


_EDGE = 1.0001  # 1, and what adding two decimal fractions may add to it
