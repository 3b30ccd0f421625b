"""An author's own note types, from `note_types:`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deckgen.diagnostics import has_errors
from deckgen.model import Field, Kind, NoteType, Template
from deckgen.schema.keys import RESERVED_FIELDS, STOCK_TYPES
from deckgen.schema.text import clean_field_name
from deckgen.yamlsource import Scalar, Written

if TYPE_CHECKING:
    from deckgen.schema.kinds import Reading

Values = dict[str, Any]


def own_types(values: dict[str, tuple[Scalar, Values]], reading: Reading) -> list[NoteType]:
    """Build the note types. Names of files stay names; `notetypes` reads the files."""
    found: dict[str, NoteType] = {}
    for key, given in values.values():
        before = len(reading.problems)
        made = _own_type(key, given, reading)
        if made is None or has_errors(reading.problems[before:]):
            continue
        if made.name.casefold() in {t.name.casefold() for t in found.values()} or made.key in found:
            message = f"there is already a note type '{made.name}' (letter case aside)"
            reading.error(key, "duplicate-note-type", message, "give each note type its own name and id")
        else:
            found[made.key] = made
    return list(found.values())


def _own_type(key: Scalar, values: Values, reading: Reading) -> NoteType | None:
    name = key.text
    if not name.isprintable():
        reading.error(key, "reserved-note-type", "a note type's name is one line", "write it on one line")
    if name.casefold() in STOCK_TYPES or not name.strip() or name.startswith("built-in/"):
        reading.error(
            key,
            "reserved-note-type",
            f"'{name}' names a note type that is already there",
            "give yours another name",
        )
    for needed, example in (
        ("fields", "[Name, Action]"),
        ("templates", "[{name: Card 1, front: '{{Name}}', back: '{{Action}}'}]"),
    ):
        if needed not in values:
            reading.error(key, "missing-key", f"the note type '{name}' has no {needed}", f"add  {needed}: {example}")
    fields = _fields(values.get("fields") or [], reading)
    templates = _templates(key, values.get("templates") or [], reading)
    kind = Kind(values.get("kind") or Kind.NORMAL)
    if kind is Kind.CLOZE and len(templates) > 1:
        reading.error(
            key,
            "too-many-templates",
            f"the cloze note type '{name}' has {len(templates)} templates",
            "a cloze type has one",
        )
    if not fields or not templates:
        return None
    css = values["css"].text if values.get("css") else ""
    identity = _key(values, name, "bad-id", reading)
    if identity.startswith("built-in/"):
        reading.error(key, "reserved-note-type", "ids that begin with built-in/ are deckgen's own", "choose another id")
    return NoteType(identity, name, kind, tuple(fields), tuple(templates), css, at=reading.span(key))


def _fields(values: list[Any], reading: Reading) -> list[Field]:
    """Build the fields; equal names but for case would be renamed by Anki and then conflict."""
    found: dict[str, Field] = {}
    for value in values:
        node = value if isinstance(value, Scalar) else value.get("name")
        if node is None:
            if isinstance(value, dict) and (first := next((v for v in value.values() if v), None)):
                reading.error(first, "missing-key", "this field has no name", "add  name: …")
            continue
        name = clean_field_name(node, reading)
        if not name:
            continue
        if name in RESERVED_FIELDS:
            reading.error(
                node,
                "reserved-field",
                f"'{name}' means something in every card",
                f"write the field with a capital: {name.capitalize()}",
            )
        elif name.casefold() in found:
            reading.error(
                node,
                "duplicate-field",
                f"there is already a field '{found[name.casefold()].name}'",
                "give each field its own name",
            )
        elif name in ("Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag", "FrontSide"):
            reading.error(node, "reserved-field", f"'{name}' is one of Anki's special fields", "choose another name")
        else:
            key = name if isinstance(value, Scalar) else _key(value, name, "bad-field-name", reading)
            if key in {f.key for f in found.values()}:
                reading.error(
                    node, "duplicate-field", f"there is already a field with the id '{key}'", "give each its own id"
                )
            found[name.casefold()] = Field(name, key)
    return list(found.values())


def _templates(owner: Scalar, values: list[Values], reading: Reading) -> list[Template]:
    found: dict[str, Template] = {}
    for number, value in enumerate(values, 1):
        front, back = value.get("front"), value.get("back")
        if front is None or back is None:
            missing = "front" if front is None else "back"
            at = next((v for v in value.values() if v), owner)
            reading.error(
                at, "missing-key", f"template {number} of '{owner.text}' has no {missing}", f"add  {missing}: …"
            )
            continue
        name = value["name"].text if value.get("name") else f"Card {number}"
        if '"' in name or not name.strip() or not name.isprintable():
            reading.error(
                value["name"],
                "bad-template-name",
                f"Anki does not take the template name '{name}'",
                "use letters, digits and blanks",
            )
        elif name.casefold() in found:
            reading.error(
                value["name"] if value.get("name") else owner,
                "duplicate-template",
                f"there is already a template '{name}'",
                "give each template its own name",
            )
        else:
            key = _key(value, name, "bad-template-name", reading)
            if key in {t.key for t in found.values()}:
                message = f"there is already a template with the id '{key}'"
                reading.error(value["id"], "duplicate-template", message, "give each its own id")
            places = (Written(reading.source, front.text, front), Written(reading.source, back.text, back))
            found[name.casefold()] = Template(name, key, front.text, back.text, places)
    return list(found.values())


def _key(values: Values, name: str, code: str, reading: Reading) -> str:
    """Return what `id:` says, or else the name; the lock holds it on a line."""
    node = values.get("id")
    if node is None:
        return name
    if not node.text.strip() or not node.text.isprintable():
        reading.error(node, code, f"'{node.text}' cannot be an id", "write a word, such as  action")
    return str(node.text)
