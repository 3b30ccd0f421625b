"""The deck that `deckgen new` writes: it builds as it is, and its comments teach the format."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING

from deckgen.schema.jsonschema import json_schema
from deckgen.schema.text import ascii_slug, titled_by

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = "deckgen.schema.json"

_DECK = """\
# yaml-language-server: $schema={schema}
# The line above gives editors completion and checks (in VS Code: the extension "YAML" by Red Hat).

deck: {name}              # the deck's name in Anki; "Languages::Spanish" would nest it in Languages
id: {id}                  # what cards are known by for ever: make it yours now, and never change it
description: |
  What this deck is about. **Markdown** works here, as it does on cards.
language: en              # of the cards; ar, he, fa and the like are set from right to left
sources:                  # what the cards are taken from; cards point here
  book: {{title: A good book, author: Somebody}}
defaults: {{source: {{id: book}}}}
options: {{new_per_day: 10}} # the deck's preset in Anki
"""

_TOPIC = """\
# yaml-language-server: $schema={schema}
# One file for each topic. Its name becomes a tag on all its cards: {id}::first-topic

topic: First topic        # shown small on the card
source: {{section: Chapter 1}}

cards:
  # A card is a question and an answer. The id is optional; with it you can rewrite the card as you like
  # and learners keep their reviews.
  - id: capital-france
    front: What is the capital of France?
    back: Paris
    tags: [core]

  # reverse: true asks from back to front too. extra: stands under the answer.
  - front: photosynthesis
    back: How plants make sugar from light
    extra: From Greek *phōs*, light.
    reverse: true

  # typed: true has the learner type the answer.
  - front: Which element has the symbol **Fe**?
    back: iron
    typed: true

  # A cloze hides parts of a sentence; each number makes a card, a hint stands after "::".
  - cloze: Water boils at {{{{c1::100}}}} °C and freezes at {{{{c2::0::a number}}}} °C.

  # Quotes are needed where a text begins with {{ [ * & ! | > @ ` % or contains ": ".
  - cloze: "{{{{c1::Mitochondria}}}} turn sugar into energy: $C_6H_{{12}}O_6 + 6O_2 \\\\to 6CO_2 + 6H_2O$"

  # A picture: put the file beside this one, and write  front: "![a heart](heart.png)"
"""

_IGNORE = "*.apkg\n"
_ATTRIBUTES = (
    "# Git keeps the lines of both sides when branches meet; the next build makes sense of them.\n*.lock merge=union\n"
)


def write_starter(folder: Path) -> list[Path]:
    """Write the files of a new deck and return their paths. Raises OSError."""
    name = folder.resolve().name
    identity = ascii_slug(name) or f"deck-{blake2b(name.encode('utf-8', 'replace'), digest_size=3).hexdigest()}"
    title = "My deck" if name.casefold() == "default" else titled_by(name)
    texts = {
        "deck.yaml": _DECK.format(schema=SCHEMA, name=json.dumps(title, ensure_ascii=False), id=identity),
        "first-topic.yaml": _TOPIC.format(schema=SCHEMA, id=identity),
        SCHEMA: json.dumps(json_schema(), indent=1) + "\n",
        ".gitignore": _IGNORE,
        ".gitattributes": _ATTRIBUTES,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
    return [folder / file for file in texts]
