"""The head of a deck: what deck.yaml (or the top of a one-file deck) says, as a `Deck`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from deckgen.diagnostics import Span, did_you_mean
from deckgen.model import Citation, Deck, Edition, Markup, Options, Source
from deckgen.schema.keys import DECK, SINGLE
from deckgen.schema.owntypes import own_types
from deckgen.schema.shapes import plain
from deckgen.schema.text import ascii_slug, clean_deck_name, clean_tag, clean_tags, slug, titled_by
from deckgen.yamlsource import Mapping

if TYPE_CHECKING:
    from collections.abc import Mapping as AbstractMapping
    from pathlib import Path

    from deckgen.schema.kinds import Reading
    from deckgen.yamlsource import Node, Scalar

Values = dict[str, Any]

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_STEP = re.compile(r"\d{1,6}(\.\d{1,3})?[smhd]")


def read_deck(root: Node, reading: Reading, folder: Path, default_id: str, *, single: bool) -> tuple[Deck, Values]:
    """Read a deck's head. `default_id` is the folder's or file's name; `single` takes the keys of a topic too.

    Returns the deck and the raw values by key, from which a one-file deck takes its cards.
    """
    values = (SINGLE if single else DECK).read(root, reading) or {}
    given = {key: value for key, value in values.items() if value is not None}
    identity = _deck_id(root, given.get("id"), default_id, reading)
    sources = {key: _source(key, fields) for key, (_, fields) in (given.get("sources") or {}).items()}
    defaults = given.get("defaults") or {}
    declared = given.get("note_types") or {}
    note_types = {t.name: t for t in own_types(declared, reading)}
    deck = Deck(
        id=identity,
        name=_name(given.get("deck"), default_id, reading),
        folder=folder,
        description=_text(given, "description").strip(),
        tag=clean_tag(given["tag"], reading) if "tag" in given else identity,
        subdecks=given.get("subdecks", "none"),
        language=_language(given.get("language"), reading),
        theme=_text(given, "theme") or "paper",
        css=_text(given, "css"),
        markup=Markup(given.get("markup", Markup.MARKDOWN)),
        topics=tuple(given.get("topics", ())),
        tags=clean_tags(defaults.get("tags"), reading),
        citation=cite(defaults.get("source"), Citation(), sources, reading),
        sources=sources,
        options=_options(given.get("options") or {}, reading),
        editions=_editions(given.get("editions") or {}, reading),
        note_types=note_types,
        broken_types=_declared(root) - note_types.keys(),
        at=_places(root, reading),
    )
    return deck, given


def _declared(root: Node) -> frozenset[str]:
    """Return the names of all note types that are declared, well or not."""
    for name, (_, value) in root.pairs.items() if isinstance(root, Mapping) else ():
        if plain(name) == "note_types":
            return frozenset(value.pairs) if isinstance(value, Mapping) else frozenset()
    return frozenset()


def _places(root: Node, reading: Reading) -> dict[str, Span]:
    """Return where each key's value stands, for later stages that find something wrong with it."""
    pairs = getattr(root, "pairs", {})
    names = {name.casefold(): reading.span(value) for name, (_, value) in pairs.items()}
    return {
        "": reading.span(root),
        **{SINGLE.lookup[n].name: span for n, span in names.items() if n in SINGLE.lookup},
    }


def _text(values: Values, key: str) -> str:
    return values[key].text if values.get(key) else ""


def _deck_id(root: Node, node: Scalar | None, default: str, reading: Reading) -> str:
    if node is not None:
        if not _ID.fullmatch(node.text) or len(node.text) > 80:
            example = ascii_slug(node.text) or "my-deck"
            help_ = f"use a-z, 0-9 and single hyphens, such as {example}"
            reading.error(node, "bad-deck-id", f"'{node.text}' cannot be a deck's id", help_)
        return node.text
    identity = ascii_slug(default)
    if not identity:
        help_ = "add a line such as  id: my-deck  (a-z, 0-9 and hyphens)"
        reading.error(root, "bad-deck-id", f"no id can be made from the name '{default}'", help_)
    return identity


def _name(node: Scalar | None, default: str, reading: Reading) -> str:
    if node is None:
        return titled_by(default)
    return clean_deck_name(node, reading)


def _language(node: Scalar | None, reading: Reading) -> str:
    if node is None:
        return "en"
    if not _LANGUAGE.fullmatch(node.text):
        reading.error(
            node,
            "bad-language",
            f"'{node.text}' is not a language tag",
            "write a BCP 47 tag, such as en, de, pt-BR or ar",
        )
    return node.text


def _source(identity: str, fields: Values) -> Source:
    return Source(identity, **{key: node.text for key, node in fields.items() if node is not None})


def cite(value: Any, outer: Citation, sources: AbstractMapping[str, Source], reading: Reading) -> Citation:  # noqa: ANN401
    """Read `source:` on top of what the file or the deck says: what is not given is taken from there."""
    if value is None:
        return outer
    if not isinstance(value, dict):  # a text: an id of a source, or free words
        return Citation(sources[value.text]) if value.text in sources else Citation(text=value.text)
    given = {key: node for key, node in value.items() if node is not None}
    source = outer.source
    if identity := given.pop("id", None):
        source = sources.get(identity.text)
        if source is None:
            known = ", ".join(sources)
            reading.error(
                identity,
                "unknown-source",
                f"there is no source '{identity.text}' in the deck's sources",
                did_you_mean(identity.text, sources)
                or (f"known are: {known}" if known else "add it to deck.yaml under  sources:"),
            )
        if source != outer.source:
            outer = Citation()
    texts = {key: node.text for key, node in given.items()}
    if "section" in texts:  # another place: what is said of the outer one does not hold there
        outer = Citation(outer.source, text=outer.text)
    elif "page" in texts:
        outer = Citation(outer.source, outer.section, text=outer.text)
    return Citation(
        source,
        texts.get("section", outer.section),
        texts.get("page", outer.page),
        texts.get("url", outer.url),
        texts.get("quote", outer.quote),
        outer.text,
    )


def _options(values: Values, reading: Reading) -> Options:
    given = {key: value for key, value in values.items() if value is not None}
    for key in ("learning_steps", "relearning_steps"):
        if key in given:
            given[key] = _steps(given[key], reading)
    return Options(**given)


def _steps(nodes: list[Scalar], reading: Reading) -> tuple[str, ...]:
    for node in nodes:
        if not _STEP.fullmatch(node.text):
            reading.error(
                node,
                "bad-step",
                f"'{node.text}' is not a length of time",
                "write it like  30s, 10m, 2h or 1d",
            )
    return tuple(node.text for node in nodes)


def _editions(values: dict[str, tuple[Scalar, Values]], reading: Reading) -> tuple[Edition, ...]:
    for name, (key, _) in values.items():
        if not name or slug(name) != name:
            reading.error(
                key,
                "bad-edition-name",
                f"'{name}' cannot be an edition's name",
                f"write it like  {slug(name) or 'essentials'}",
            )
    return tuple(
        Edition(name, _text(v, "select"), reading.span(v["select"] if v.get("select") else key))
        for name, (key, v) in values.items()
    )
