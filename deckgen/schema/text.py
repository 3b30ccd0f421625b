"""Checks on the words that Anki is particular about: ids, tags, deck and field names."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deckgen.schema.kinds import Reading
    from deckgen.yamlsource import Scalar

_BLANKS = re.compile(r"\s+")
_NOT_IN_SLUG = re.compile(r"[^\w]+")


def slug(text: str) -> str:
    """Return the text as a tag part: letters and digits of any alphabet, in lower case, hyphens between."""
    return _NOT_IN_SLUG.sub("-", unicodedata.normalize("NFC", text).casefold()).strip("-_")


def titled_by(name: str) -> str:
    """Return a file's or folder's name as a title: blanks for hyphens, and a capital to begin with."""
    title = name.replace("-", " ").replace("_", " ").strip()
    return title[:1].upper() + title[1:] or name


def ascii_slug(text: str) -> str:
    """Return the text in a-z, 0-9 and single hyphens, accents dropped; empty if nothing is left of it."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:80].strip("-")


def clean_id(node: Scalar | None, reading: Reading) -> str:
    """Check a card's id: a word without blanks."""
    if node is None:
        return ""
    text = unicodedata.normalize("NFC", node.text)
    if not text:
        reading.error(node, "bad-id", "the id is empty", "give a short word, such as m1-brodmann, or delete the key")
        return ""
    if _BLANKS.search(text) or not text.isprintable() or len(text) > 200:
        reading.error(
            node,
            "bad-id",
            f"'{text}' cannot be an id",
            f"an id is one word, such as {slug(text)[:40] or 'card-1'}",
        )
        return ""
    return text


def clean_tag(node: Scalar, reading: Reading) -> str:
    """Check a tag against Anki's rules (rslib, tags): blanks part tags, an empty level becomes 'blank'."""
    tag = unicodedata.normalize("NFC", node.text)
    if _BLANKS.search(tag.strip()) or any(c.isspace() for c in tag):
        reading.error(
            node,
            "blank-in-tag",
            f"the tag '{tag}' has a blank in it, which parts two tags in Anki",
            f"write it like  {_BLANKS.sub('-', tag.strip())}",
        )
        return ""
    if not all(tag.split("::")) or tag.endswith(":") or tag.startswith(":"):
        better = "::".join(p.strip(":") for p in tag.split("::") if p.strip(":"))
        reading.error(
            node,
            "bad-tag",
            f"the tag '{tag}' has an empty level",
            f"write it like  {better}" if better else "delete it",
        )
        return ""
    if tag.casefold() in ("marked", "leech"):
        reading.error(
            node,
            "reserved-tag",
            f"Anki drops the tag '{tag}' when it imports",
            "it is the learner's; choose another word",
        )
        return ""
    return tag


def clean_tags(nodes: list[Scalar] | None, reading: Reading) -> tuple[str, ...]:
    """Check tags; what is wrong is left out after reporting."""
    return tuple(tag for node in nodes or () if (tag := clean_tag(node, reading)))


def clean_deck_name(node: Scalar, reading: Reading) -> str:
    """Check a deck's name: no empty level, no quotes' worth of surprises when Anki stores it."""
    name = unicodedata.normalize("NFC", node.text).strip()
    levels = [level.strip() for level in name.split("::")]
    if not all(levels):
        reading.error(
            node,
            "bad-deck-name",
            f"the deck name '{name}' has an empty level",
            "write it like  Languages::Spanish",
        )
        return ""
    if name.casefold() == "default":
        reading.error(node, "bad-deck-name", "'Default' is Anki's own deck", "give the deck a name of its own")
        return ""
    if not name.isprintable():
        message = "a deck name is one line, without tabs and the like"
        reading.error(node, "bad-deck-name", message, "write it on one line")
        return ""
    return "::".join(levels)


def clean_field_name(node: Scalar, reading: Reading) -> str:
    """Check a field's name as Anki does (rslib, notetype): what it would clean conflicts on every import."""
    name = unicodedata.normalize("NFC", node.text)
    if not name.strip():
        reading.error(node, "bad-field-name", "a field needs a name", "write it like  fields: [Name, Action]")
    elif not name.isprintable():
        reading.error(
            node, "bad-field-name", "a field's name is one line, without tabs and the like", "write it on one line"
        )
    elif (bad := re.search(r'["{}:]|^[#/^\s]|\s$', name)) is not None:
        what = f"'{bad[0]}'" if bad[0].strip() else "a blank at its end"
        reading.error(
            node,
            "bad-field-name",
            f"Anki does not take {what} in the field name '{name}'",
            "use letters, digits and single blanks",
        )
    else:
        return name
    return ""
