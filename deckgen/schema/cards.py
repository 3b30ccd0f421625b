"""A topic file: its head as a `Topic`, its cards as `Note`s.

This is the hot path, run for every card of every deck, so it does little per card beyond what `Shape.read` does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deckgen.diagnostics import did_you_mean, has_errors
from deckgen.model import BASIC, CLOZE, IMAGE_OCCLUSION, Deck, Markup, Note, Topic
from deckgen.schema.deck import cite
from deckgen.schema.keys import BASIC_KEYS, CARD, CLOZE_KEYS, IMAGE_KEYS, OWN_CARD, STOCK_TYPES, TOPIC
from deckgen.schema.kinds import Text, wrong_type
from deckgen.schema.masks import read_masks
from deckgen.schema.shapes import plain
from deckgen.schema.text import clean_id, clean_tag, clean_tags, slug, titled_by
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
_KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    BASIC: (("front", "back"), (*_ONLY_CLOZE, *_ONLY_IMAGE)),
    CLOZE: (("cloze",), (*_ONLY_BASIC, *_ONLY_IMAGE)),
    IMAGE_OCCLUSION: (("image", "masks"), (*_ONLY_BASIC, *_ONLY_CLOZE, "typed")),
}
_FIELD_OF = {
    BASIC: (("front", "Front"), ("back", "Back"), ("extra", "Extra"), ("hint", "Hint")),
    CLOZE: (("cloze", "Text"), ("extra", "Extra")),
    IMAGE_OCCLUSION: (
        ("image", "Image"),
        ("header", "Header"),
        ("extra", "Back Extra"),
        ("comments", "Comments"),
    ),
}
_FLAG_OF = (("reverse", "Add Reverse"), ("typed", "Type Answer"))
_ARTICLE = {BASIC: "front and back", CLOZE: "a cloze", IMAGE_OCCLUSION: "an image occlusion"}
_SPELLINGS_OF_TYPE = frozenset(a + b + c + d for a in "tT" for b in "yY" for c in "pP" for d in "eE")
_STOCK_NAMES = ("Basic", "Basic (and reversed card)", "Basic (type in the answer)", "Cloze", "Image Occlusion")


def read_topic(root: Node, reading: Reading, deck: Deck, parts: list[str]) -> tuple[Topic, Node | None]:
    """Read a topic file's head. `parts` is the file's path in the deck, without its ending.

    Returns the topic and the list of its cards. A bare list is a file with nothing but cards.
    """
    if isinstance(root, Sequence):
        return topic_of({}, reading, deck, parts), root
    values = TOPIC.read(root, reading) or {}
    if isinstance(root, Mapping) and "cards" not in values and len(values) == len(root.pairs):
        reading.error(root, "no-cards", "this topic file has no cards", "add a line  cards:  and a list below it")
    return topic_of(values, reading, deck, parts), values.get("cards")


def topic_of(values: Values, reading: Reading, deck: Deck, parts: list[str]) -> Topic:
    """Build a topic from the values of its head and the deck's defaults."""
    titled = values["topic"].text.strip() if values.get("topic") else ""
    if not parts and titled:
        parts = [titled]
    title = titled or (titled_by(parts[-1]) if parts else "")
    if deck.subdecks == "topic" and titled and not all(part.strip() for part in title.split("::")):
        message = f"the topic's title '{title}' has an empty level, of which Anki makes a deck called 'blank'"
        reading.error(values["topic"], "bad-deck-name", message, "write a title without  ::")
    tag = "::".join(t for t in (deck.tag, *map(slug, parts)) if t)
    tags = dict.fromkeys([tag, *deck.tags, *clean_tags(values.get("tags"), reading)])
    return Topic(
        title=title,
        tags=tuple(t for t in tags if t),
        citation=cite(values.get("source"), deck.citation, deck.sources, reading),
        markup=Markup(values.get("markup") or deck.markup),
        subdeck="::".join([*map(titled_by, parts[:-1]), title.replace("::", " ")]),
    )


@dataclass(frozen=True, slots=True)
class CardReader:
    """Reads the cards of one topic; those that are wrong are reported and left out."""

    reading: Reading
    deck: Deck
    topic: Topic
    known_tags: dict[str, str] = field(default_factory=dict)

    def notes(self, cards: Node | None) -> Iterator[Note]:
        """Yield the notes of a list of cards, as it was read from YAML."""
        if isinstance(cards, Scalar) and not cards.text and not cards.style:
            return  # `cards:` with nothing below it yet
        if not isinstance(cards, Sequence):
            if cards is not None:
                wrong_type(cards, self.reading, "a list of cards", "- front: …")
            return
        for card in cards.items:
            if not isinstance(card, Mapping):
                wrong_type(card, self.reading, "a card", "- front: …")
            else:
                before = len(self.reading.problems)
                note = self._card(card)
                if note is not None and not has_errors(self.reading.problems[before:]):
                    yield note

    def _card(self, card: Mapping) -> Note | None:
        if _SPELLINGS_OF_TYPE.isdisjoint(card.pairs):
            return self._stock(card, CARD.read(card, self.reading) or {})
        named = next(pair for name, pair in card.pairs.items() if name in _SPELLINGS_OF_TYPE)
        if not isinstance(named[1], Scalar):
            wrong_type(named[1], self.reading, "the name of a note type", "Cloze")
            return None
        name = named[1].text
        if name in self.deck.broken_types:
            return None  # reported where it is declared
        if own := self.deck.note_types.get(name):
            return self._own(card, own)
        if stock := STOCK_TYPES.get(name.casefold()):
            kind, implied = stock
            given = CARD.read(card, self.reading) or {}
            if len(given) < len(card.pairs):
                return None  # an unknown key is reported already, and may be the one that is missing
            return self._stock(card, implied | given, kind)
        known = [*self.deck.note_types, *_STOCK_NAMES]
        help_ = did_you_mean(name, known) or f"known are: {', '.join(known)}"
        self.reading.error(named[1], "unknown-note-type", f"there is no note type '{name}'", help_)
        return None

    def _stock(self, card: Mapping, values: Values, kind: str | None = None) -> Note | None:
        """Build a note of a built-in type; which one follows from the keys if the card does not say it."""
        kind = kind or _kind_of(values)
        if kind is None:
            self._no_kind(card, values)
            return None
        needed, foreign = _KINDS[kind]
        if not values.keys().isdisjoint(foreign):
            self._mixed(card, values, foreign, kind)
            return None
        if not self._has_all(card, values, needed):
            return None
        note = self._note(card, kind, values)
        for key, name in _FIELD_OF[kind]:
            if node := values.get(key):
                note.fields[name] = node.text
                note.written[name] = node
        for key, name in _FLAG_OF:
            if values.get(key):
                note.fields[name] = "y"
        if kind == IMAGE_OCCLUSION:
            note.masks = read_masks(_pair(card, "masks")[1], values["masks"], self.reading)
            note.hide_all = values.get("hide") != "one"
            note.alt = values["alt"].text if values.get("alt") else ""
        return note

    def _no_kind(self, card: Mapping, values: Values) -> None:
        if len(values) < len(card.pairs):
            return  # an unknown key is reported already, and is probably the one that is missing
        message = "this card has neither 'front' nor 'cloze' nor 'image'"
        self.reading.error(card, "not-a-card", message, "write  front: …  and  back: …, or  cloze: …")

    def _mixed(self, card: Mapping, values: Values, foreign: tuple[str, ...], kind: str) -> None:
        """Report the keys of another kind of card."""
        for name in foreign:
            if name in values:
                key, _ = _pair(card, name)
                message = f"'{key.text}' does not go with a card that is {_ARTICLE[kind]}"
                self.reading.error(key, "mixed-card", message, "make two cards of it, or delete one of the keys")

    def _has_all(self, card: Mapping, values: Values, needed: tuple[str, ...]) -> bool:
        """Report needed keys that are missing or empty."""
        complete = True
        for key in needed:
            value = values.get(key)
            if key not in values:
                if len(values) >= len(card.pairs):  # else the unknown key, reported already, was meant
                    self.reading.error(card, "missing-key", f"this card has no '{key}'", f"add a line  {key}: …")
                complete = False
            elif value is None:
                complete = False
            elif isinstance(value, Scalar) and not value.text.strip():
                self.reading.error(value, "empty-field", f"'{key}' is empty", "write something, or delete the card")
                complete = False
        return complete

    def _own(self, card: Mapping, own: NoteType) -> Note:
        """Build a note of an author's own type: its fields are keys, as spelled or in any letter case."""
        exact = {f.name for f in own.fields}
        folded = {plain(f.name): f.name for f in own.fields}
        values: Values = {}
        written: dict[str, Scalar] = {}
        for name, (key, value) in card.pairs.items():
            common = OWN_CARD.lookup.get(name)
            owned = name if name in exact else None if common else folded.get(plain(name))
            common = common or OWN_CARD.lookup.get(plain(name))
            if owned and owned in written:
                message = f"'{name}' is another name for '{owned}', which is already given"
                self.reading.error(key, "duplicate-key", message, "keep one of the two")
            elif owned:
                if (text := _TEXT.read(value, self.reading)) is not None:
                    written[owned] = text
            elif common:
                values[common.name] = common.kind.read(value, self.reading)
            else:
                OWN_CARD.unknown(key, self.reading, tuple(f.name for f in own.fields))
        note = self._note(card, own.key, values)
        note.written = written
        note.fields = {name: node.text for name, node in written.items()}
        return note

    def _note(self, card: Mapping, kind: str, values: Values) -> Note:
        topic = self.topic
        tags, citation, markup = topic.tags, topic.citation, topic.markup
        if given := values.get("tags"):
            tags = tuple(dict.fromkeys((*tags, *self._tags(given))))
        if source := values.get("source"):
            citation = cite(source, citation, self.deck.sources, self.reading)
        if values.get("markup"):
            markup = Markup(values["markup"])
        named: Scalar | None = values.get("id")
        identity = clean_id(named, self.reading)
        return Note(kind, {}, tags, citation, markup, topic, identity, at=card, id_at=named)

    def _tags(self, given: list[Scalar]) -> list[str]:
        """Check tags; most were seen before on another card."""
        known = self.known_tags
        found = []
        for node in given:
            tag = known.get(node.text) or clean_tag(node, self.reading)
            if tag:
                known[node.text] = tag
                found.append(tag)
        return found


def _kind_of(values: Values) -> str | None:
    if "front" in values or "back" in values:
        return BASIC
    if "cloze" in values:
        return CLOZE
    return IMAGE_OCCLUSION if "image" in values or "masks" in values else None


def _pair(card: Mapping, name: str) -> tuple[Scalar, Node]:
    """Return the key as written, and the value, of a key known by its proper name."""
    return next(pair for key, pair in card.pairs.items() if (known := CARD.known(key)) and known.name == name)
