"""The JSON Schema for editors, held against two corpora: it takes all good decks and marks what it can see of the bad.

`tests/decks/good` has a small deck for every part of the format; each also builds without a warning. Files are read
here as editors read them, by YAML 1.2, so that `yes` is a text and `1.10` a number.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from deckgen.schema import keys
from deckgen.schema.jsonschema import json_schema
from deckgen.schema.kinds import Choice
from deckgen.schema.shapes import Key, Shape
from deckgen.starter import SCHEMA, write_starter
from tests.conftest import built, problems_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deckgen.schema.kinds import Json

GOOD = Path(__file__).parent / "decks" / "good"
BAD = Path(__file__).parent / "decks" / "bad"
SHIPPED = Path(__file__).parent.parent / "cards"

VISIBLE = frozenset(["unknown-key", "wrong-type", "missing-key", "mixed-card", "unknown-choice", "out-of-range"])
VISIBLE |= {"wrong-count", "not-a-card"}
"""Codes of what a schema can see, most of the time."""

UNSEEN = {
    "own-type-unknown-field": "which fields there are is for the deck to say",
    "own-type-misspelt-first-field": "the same",
    "own-type-stock-key": "the same",
    "card-cloze-and-hint": "a key in another letter case leaves the card to check",
    "keys-unknown-empty": "an empty key does, too",
}
"""Bad decks whose slip no schema can see though its code is VISIBLE, and why."""


class EditorLoader(yaml.SafeLoader):
    """YAML 1.2's core schema, by which yaml-language-server reads."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - so PyYAML has it


for tag, pattern, first in (
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", "[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)", "-+.0123456789"),
    ("merge", "<<", "<"),
):
    EditorLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


def _whole(loader: EditorLoader, node: yaml.ScalarNode) -> int:
    """Read a whole number by YAML 1.2, where 010 is ten."""
    text = loader.construct_scalar(node)
    return int(text, 0) if text.startswith(("0x", "0o")) else int(text)


EditorLoader.add_constructor("tag:yaml.org,2002:int", _whole)


def as_an_editor_reads(path: Path) -> Any:  # noqa: ANN401 - any YAML
    """Return a file's values as editors hand them to a schema."""
    return yaml.load(path.read_text("utf-8"), EditorLoader)


def complaints(value: Any) -> list[str]:  # noqa: ANN401 - any YAML
    """Return what the schema finds wrong, each as the path to it and a message, innermost first."""
    errors = Draft202012Validator(json_schema()).iter_errors(value)
    found = [inner for error in errors for inner in (error.context or [error])]
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in found]


def shapes() -> Iterator[Shape]:
    """Yield every shape of the format."""
    yield from (value for value in vars(keys).values() if isinstance(value, Shape))


def every_key() -> list[Key]:
    """Return every key of the format, each once."""
    return list({id(key): key for shape in shapes() for key in shape.keys}.values())


def described(schema: Any) -> Iterator[tuple[str, str, Json]]:  # noqa: ANN401 - a schema, or a part of one
    """Yield every property of a schema with its description."""
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            if isinstance(inner, dict):
                yield name, inner.get("description", ""), inner
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from described(inner)


# --- The schema itself -----------------------------------------------------------------------------------------------


def test_it_is_a_valid_schema() -> None:
    assert json_schema()["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(json_schema())


def test_every_key_and_every_other_name_of_it_is_in_the_schema_and_described() -> None:
    there = {(name, text) for name, text, _ in described(json_schema())}
    for key in every_key():
        assert key.doc.endswith("."), key.name
        for name in (key.name, *key.also):
            assert (name, key.doc) in there


def test_every_choice_is_in_the_schema() -> None:
    there = defaultdict(list)
    for name, _, inner in described(json_schema()):
        there[name].append(inner.get("enum"))
    for key in every_key():
        if isinstance(key.kind, Choice):
            assert any(set(key.kind.words) <= set(words or ()) for words in there[key.name]), key.name


def test_it_is_small_enough_for_an_editor() -> None:
    assert len(str(json_schema())) < 100_000


# --- Good decks ------------------------------------------------------------------------------------------------------

GOOD_DECKS = sorted(path.stem for path in GOOD.glob("*.yaml"))


@pytest.mark.parametrize("name", GOOD_DECKS)
def test_it_takes_every_good_deck(name: str) -> None:
    assert complaints(as_an_editor_reads(GOOD / f"{name}.yaml")) == []


@pytest.mark.parametrize("name", GOOD_DECKS)
def test_every_good_deck_builds_without_a_word(name: str) -> None:
    for path in GOOD.iterdir():
        shutil.copy(path, path.name)
    assert [f"{p.span} {p.code}" for p in problems_of(f"{name}.yaml")] == []
    assert built(f"{name}.yaml").package


def test_the_good_decks_have_every_key_by_all_its_names() -> None:
    used: set[str] = set()

    def gather(value: object) -> None:
        if isinstance(value, dict):
            used.update(map(str, value))
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            gather(inner)

    for name in GOOD_DECKS:
        gather(as_an_editor_reads(GOOD / f"{name}.yaml"))
    assert {name for key in every_key() for name in (key.name, *key.also)} - used == set()


def test_the_good_decks_have_every_word_of_every_choice() -> None:
    used = "\n".join((GOOD / f"{name}.yaml").read_text("utf-8") for name in GOOD_DECKS).lower()
    for key in every_key():
        for word in key.kind.words if isinstance(key.kind, Choice) else ():
            assert f"{key.name}: {word}" in used


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.yaml")), ids=lambda path: path.stem)
def test_it_takes_the_decks_we_ship(path: Path) -> None:
    assert complaints(as_an_editor_reads(path)) == []


def test_it_takes_what_new_writes() -> None:
    files = write_starter(Path("spanish"))
    for path in files:
        if path.suffix == ".yaml":
            assert complaints(as_an_editor_reads(path)) == []
            assert path.read_text("utf-8").startswith(f"# yaml-language-server: $schema={SCHEMA}\n")
    assert Path("spanish", SCHEMA) in files


# --- Bad decks -------------------------------------------------------------------------------------------------------


def bad_decks() -> list[str]:
    """Return the one-file decks of the corpus of bad ones that a schema ought to mark."""
    codes = defaultdict(set)
    expected = (BAD / "expected.txt").read_text("utf-8").split("\n")
    for line in expected:
        if line.strip() and not line.startswith("#"):
            codes[line.split(" ")[0]].add(line.rpartition("[")[2].rstrip("]"))
    return sorted(case for case, found in codes.items() if found & VISIBLE and _is_read(BAD / f"{case}.yaml"))


def _is_read(path: Path) -> bool:
    """Tell whether there is such a file and it is YAML; what is none an editor marks without a schema."""
    try:
        return path.is_file() and [as_an_editor_reads(path)] != []
    except yaml.YAMLError:
        return False


@pytest.mark.parametrize("name", bad_decks())
def test_it_marks_the_bad_decks(name: str) -> None:
    is_marked = complaints(as_an_editor_reads(BAD / f"{name}.yaml")) != []
    assert is_marked is (name not in UNSEEN)


def test_there_are_bad_decks_of_every_visible_kind() -> None:
    assert len(bad_decks()) > 30


CARDS = [
    ({"front": "f", "back": "b"}, True),
    ({"question": "f", "a": "b"}, True),
    ({"cloze": "{{c1::x}}"}, True),
    ({"text": "{{c1::x}}", "typed": True}, True),
    ({"image": "x.png", "masks": [{"rect": [0, 0, 1, 1]}]}, True),
    ({"type": "Muscle", "Name": "Biceps"}, True),
    ({"type": "Basic", "front": "f", "back": "b"}, True),
    ({"front": 1.5, "back": None}, True),
    ({"front": "f"}, False),
    ({"back": "b"}, False),
    ({"front": "f", "back": "b", "cloze": "{{c1::x}}"}, False),
    ({"cloze": "{{c1::x}}", "reverse": True}, False),
    ({"cloze": "{{c1::x}}", "hint": "h"}, False),
    ({"front": "f", "back": "b", "masks": [{"rect": [0, 0, 1, 1]}]}, False),
    ({"front": "f", "back": "b", "header": "h"}, False),
    ({"image": "x.png", "masks": [{"rect": [0, 0, 1, 1]}], "typed": True}, False),
    ({"image": "x.png"}, False),
    ({"image": "x.png", "masks": []}, False),
    ({"image": "x.png", "masks": [{"label": "no shape"}]}, False),
    ({"image": "x.png", "masks": [{"rect": [0, 0, 1, 1], "ellipse": [0, 0, 1, 1]}]}, False),
    ({"image": "x.png", "masks": [{"rect": [0, 0, 1]}]}, False),
    ({"image": "x.png", "masks": [{"rect": [0, 0, 1, 1.5]}]}, False),
    ({"front": ["f"], "back": "b"}, False),
    ({"front": "f", "back": "b", "reverse": "maybe"}, False),
    ({"front": "f", "back": "b", "markup": "wiki"}, False),
    ({"front": "f", "back": "b", "frunt": "f"}, False),
    ({"front": "f", "question": "f", "back": "b"}, False),
    ({}, False),
    ("text", False),
]


@pytest.mark.parametrize(("card", "is_good"), CARDS, ids=lambda value: str(value)[:60])
def test_cards(card: object, *, is_good: bool) -> None:
    assert (complaints([card]) == []) is is_good
    assert (complaints({"cards": [card]}) == []) is is_good


@pytest.mark.parametrize("name", ["cards", "notes", "flashcards"])
def test_cards_are_checked_by_whatever_name(name: str) -> None:
    assert complaints({name: [{"frunt": "f"}]})
