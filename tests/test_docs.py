"""The documentation holds: its examples are run, its links lead somewhere, and its references leave nothing out.

What an example is says the rest of its fence's first line, which no reader sees:

    ```yaml deck                  a deck in one file: it builds, and `check` has nothing to say
    ```yaml file=bread/deck.yaml  a file of the page's story (html and css too); in the end its decks are well
    ```yaml file=a.yaml append    what is added to the end of such a file
    ```yaml bad                   in rules.md: `check` gives the code that is the heading, and no other
    ```yaml better                in rules.md: `check` has nothing to say
    ```yaml other                 YAML of others, such as a workflow: it is valid, and that is all
    ```yaml                       a topic of the shipped deck, as in README.md: it could take the place of the real one
    ```console                    what follows `$ ` is typed, the rest is what is seen then; `…` stands for anything
    ```html field=Back            what the notes of the deck above have in that field, one after another
    ```text tags                  the tags that they have
    ```text anki=bread.apkg       what Anki's import log says when that package is opened
    with=dough.png,bread.mp3      files that lie beside an example

In rules.md several files (`bad file=deck.yaml`) make one deck, in which `better` files replace those of the same name.
A story is a page, in the references a section, and is told in an empty folder.
"""

from __future__ import annotations

import ast
import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import cache
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING
from zipfile import ZipFile

import click
import jsonschema
import pytest
import yaml

from deckgen.cli import cli
from deckgen.diagnostics import Severity
from deckgen.schema import keys
from deckgen.schema.jsonschema import json_schema
from deckgen.schema.kinds import Choice
from deckgen.schema.shapes import Key, Shape
from tests import pages
from tests.anki_harness import Anki
from tests.conftest import built, problems_of, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deckgen.diagnostics import Diagnostic
    from tests.pages import Block, Page

RULES, FORMAT, CLI = "docs/rules.md", "docs/format.md", "docs/cli.md"
PAGES = pages.names("README.md", "CONTRIBUTING.md", "docs/**/*.md")


@cache
def page(name: str) -> Page:
    return pages.read(name)


# --- Examples ---------------------------------------------------------------------------------------------------------


def stories() -> Iterator[tuple[str, list[Block]]]:
    for name in PAGES:
        if name in (RULES, FORMAT):
            for section in page(name).sections:
                yield f"{name}#{pages.slug(section)}", [b for b in page(name).blocks if b.section == section]
        else:
            yield name, page(name).blocks


STORIES = {name: blocks for name, blocks in stories() if blocks}


@pytest.mark.parametrize("name", STORIES)
def test_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(tmp_path, monkeypatch)
    try:
        for block in STORIES[name]:
            reader.follow(block)
        reader.has_read_all()
    finally:
        reader.close()


class Reader:
    """Somebody who does what a page says: writes its files, types its commands, opens its packages with Anki."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._anki: Anki | None = None
        self._section = ""
        self._decks: dict[Path, Block] = {}  # of the story, by their folders or files
        self._pairs: dict[str, dict[str, str | bytes]] = {}  # `bad` and `better`: file -> text
        self._notes: list[dict[str, str]] = []  # of the last deck that was built
        self._examples = 0
        tools = folder / "tools"
        write({"deckgen": f'#!/bin/sh\nexec "{sys.executable}" -m deckgen "$@"\n'}, tools)
        (tools / "deckgen").chmod(0o755)
        monkeypatch.setenv("PATH", str(tools), prepend=":")
        monkeypatch.setenv("PYTHONPATH", str(pages.ROOT))
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def close(self) -> None:
        if self._anki:
            self._anki.close()

    def follow(self, block: Block) -> None:
        """Do what an example shows."""
        self._section = block.section
        kind = next((word for word in block.words if "=" not in word), "")
        if block.language == "console":
            self._type(block, kind)
        elif block.get("anki"):
            self._open_with_anki(block)
        elif block.get("field"):
            self._compare_notes(block, block.get("field"))
        elif kind == "tags":
            self._compare_notes(block, "tags")
        elif kind in ("bad", "better"):
            self._compare(block, kind)
        elif file := block.get("file"):
            before = Path(file).read_text("utf-8") if "append" in block.words else ""
            write({file: before + block.text, **_beside(block)})
            if block.language == "yaml":
                self._decks[_deck_of(Path(file))] = block
        elif block.language == "yaml":
            {"deck": self._build, "other": self._parse, "": self._ship}[kind](block)
        else:
            assert not block.words, f"{block}: nobody knows what {block.words} means"

    def has_read_all(self) -> None:
        """See that the decks which the story wrote are well in the end."""
        for deck, block in self._decks.items():
            assert _told(problems_of(deck)) == [], block
        if bad := self._pairs.pop("bad", None):
            self._check_rule("bad", write(bad, self._new_folder()))
            self._check_rule("better", write(bad | self._pairs.pop("better"), self._new_folder()))

    def _new_folder(self) -> Path:
        self._examples += 1
        return self._folder / f"example-{self._examples}"

    def _build(self, block: Block) -> None:
        folder = write({"example.yaml": block.text, **_beside(block)}, self._new_folder())
        assert _told(problems_of(folder / "example.yaml")) == [], block
        package = built(folder / "example.yaml", output=folder / "example.apkg").package
        assert package, block
        self._notes = list(_notes(package))

    def _compare_notes(self, block: Block, what: str) -> None:
        found = "\n".join(note[what].strip("\n") for note in self._notes)
        assert _is_like(found, block.text.strip("\n")), f"{block}: found is\n{found}"

    def _parse(self, block: Block) -> None:
        assert yaml.safe_load(block.text), block

    def _ship(self, block: Block) -> None:
        deck = copytree(pages.ROOT / "cards/muscle-memory", self._new_folder())
        topic = deck / f"{pages.slug(yaml.safe_load(block.text)['topic'])}.yaml"
        assert topic.exists(), f"{block}: the shipped deck has no such topic"
        topic.write_text(block.text, encoding="utf-8")
        assert _told(problems_of(deck)) == [], block

    def _compare(self, block: Block, kind: str) -> None:
        if file := block.get("file"):
            self._pairs.setdefault(kind, {}).update({file: block.text, **_beside(block)})
        else:
            folder = write({"example.yaml": block.text, **_beside(block)}, self._new_folder())
            self._check_rule(kind, folder / "example.yaml")

    def _check_rule(self, kind: str, deck: Path) -> None:
        found = problems_of(deck)
        expected = {self._section} if kind == "bad" else set()
        assert {p.code for p in found} == expected, _told(found)
        if all(p.severity is Severity.WARNING for p in found) and found:
            assert "*a warning" in page(RULES).sections[self._section].lower(), self._section

    def _type(self, block: Block, kind: str) -> None:
        seen = ""
        for command, expected in _commands(block.text):
            shown = _run(command)
            assert _is_like(shown, expected), f"{block}: after `{command}` is seen:\n{shown}"
            seen += shown
        codes = set(re.findall(r"\b(?:error|warning|advice)\[([a-z0-9-]+)\]", seen))
        if kind:
            assert codes == ({self._section} if kind == "bad" else set()), f"{block}:\n{seen}"

    def _open_with_anki(self, block: Block) -> None:
        self._anki = self._anki or Anki(self._folder / "anki")
        log = self._anki.install(Path(block.get("anki")))
        say = self._anki.col.tr
        lines = [
            say.importing_notes_found_in_file2(notes=sum(log.values())),
            *([say.importing_notes_added(count=log["new"])] if "new" in log else []),
            *([say.importing_existing_notes_skipped(count=log["duplicate"])] if "duplicate" in log else []),
            *([say.importing_notes_updated(count=log["updated"])] if "updated" in log else []),
        ]
        assert set(log) <= {"new", "duplicate", "updated"}, block
        assert [re.sub("[\u2068\u2069]", "", line) for line in lines] == block.text.replace("\n  ", "\n").splitlines()
        assert self._anki.healthy()


def _beside(block: Block) -> dict[str, str | bytes]:
    return {name: b".card {}" for name in block.get("with").split(",") if name}


def _notes(package: Path) -> Iterator[dict[str, str]]:
    """Yield each note's fields by name, and its tags, in the order of the deck."""
    with ZipFile(package) as zipped, closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(zipped.read("collection.anki2"))
        types = json.loads(db.execute("SELECT models FROM col").fetchone()[0])
        for type_id, fields, tags in db.execute("SELECT mid, flds, tags FROM notes ORDER BY id"):
            names = [field["name"] for field in types[str(type_id)]["flds"]]
            yield {**dict(zip(names, fields.split("\x1f"), strict=True)), "tags": tags.strip()}


def _deck_of(file: Path) -> Path:
    """Return the deck that a file belongs to: its folder or one above with a deck.yaml, or the file itself."""
    return next((folder for folder in file.parents if (folder / "deck.yaml").exists()), file)


def _told(problems: list[Diagnostic]) -> list[str]:
    return [f"{p.span}: {p.severity}[{p.code}]: {p.message}" for p in problems]


def _commands(text: str) -> Iterator[tuple[str, str]]:
    """Part what is seen in a terminal into commands and what each prints."""
    before, *parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert not before.strip(), "an example begins with a command"
    for part in parts:
        command, _, output = part.partition("\n")
        yield command, output.strip("\n")


def _run(command: str) -> str:
    done = subprocess.run(
        ["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False
    )
    return done.stdout.strip("\n")


def _is_like(shown: str, expected: str) -> bool:
    """Compare what is seen; `…` stands for anything in a line, and for any lines if alone."""
    lines = (".*" if line.strip() == "…" else re.escape(line).replace("…", "[^\n]*") for line in expected.split("\n"))
    return re.fullmatch("\n".join(lines), shown, re.DOTALL) is not None


GOOD = [
    block
    for name in PAGES
    for block in page(name).blocks
    if block.language == "yaml" and {"deck", "better"} & set(block.words) and not block.get("file")
]


VALIDATOR = jsonschema.Draft202012Validator(json_schema())


@pytest.mark.parametrize("block", GOOD, ids=str)
def test_editors_find_nothing_wrong_with_good_examples(block: Block) -> None:
    plain = json.loads(json.dumps(yaml.safe_load(block.text), default=str))  # editors' YAML knows no dates
    assert [wrong.message for wrong in VALIDATOR.iter_errors(plain)] == []


# --- References -------------------------------------------------------------------------------------------------------

_CODE = re.compile(r"[a-z]+(-[a-z0-9]+)+")
_REPORTS = re.compile(r"(error|warning|advice|diagnostic|slip|report|stop|problem)$", re.IGNORECASE)


def codes() -> set[str]:
    """Return the codes of all problems, from deckgen's source."""
    found: set[str] = set()
    files: set[str] = set()
    prefixes: set[str] = set()
    for path in (pages.ROOT / "deckgen").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CODE":
                found.add(ast.literal_eval(node.value))
            if not isinstance(node, ast.Call) or not _REPORTS.search(called := ast.unparse(node.func).split(".")[-1]):
                continue
            given = [*node.args, *(k.value for k in node.keywords)]
            given = [
                a for each in given for a in ((each.body, each.orelse) if isinstance(each, ast.IfExp) else (each,))
            ]
            words = [a.value for a in given if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if called == "FileSlip":
                files.add(words[0])
            else:
                found.update(word for word in words if _CODE.fullmatch(word))
            prefixes |= {str(a.values[0].value) for a in given if _is_prefixed_code(a)}  # type: ignore[attr-defined]
    return found | {prefix + code for prefix in prefixes for code in files}


def _is_prefixed_code(node: ast.expr) -> bool:
    """Recognise the `f"media-{slip.code}"` by which a file's problem becomes a deck's."""
    if not isinstance(node, ast.JoinedStr) or len(node.values) != 2:
        return False
    before, code = node.values
    return isinstance(before, ast.Constant) and isinstance(code, ast.FormattedValue) and "code" in ast.unparse(code)


def test_the_codes_are_found() -> None:
    assert {"unknown-key", "media-missing", "file-link", "tab-indent", "surprising-markup", "lock-newer"} <= codes()


def test_every_code_has_a_section() -> None:
    sections = {section for section, level in page(RULES).levels.items() if level == 3}
    assert codes() - sections == set(), "without a section in docs/rules.md"
    assert sections - codes() == set(), "in docs/rules.md, and nowhere in the source"


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_code_has_a_bad_and_a_better_example(code: str) -> None:
    words = [word for block in page(RULES).blocks if block.section == code for word in block.words]
    assert {"bad", "better"} <= set(words)


KEYS: dict[str, tuple[Key, ...]] = {
    "Deck": keys.DECK_KEYS,
    "Topic": keys.TOPIC_KEYS,
    "Every card": (*keys.COMMON_KEYS, *keys.SHARED_KEYS),
    "Basic cards": keys.BASIC_KEYS,
    "Cloze cards": keys.CLOZE_KEYS,
    "Image occlusion": keys.IMAGE_KEYS,
    "Masks": keys.MASK.keys,
    "Sources of a deck": keys.SOURCE.keys,
    "Source of a card": keys.CITATION.keys,
    "Defaults": keys.DEFAULTS.keys,
    "Options": keys.OPTIONS.keys,
    "Editions": keys.EDITION.keys,
    "Note types of your own": keys.NOTE_TYPE.keys,
    "Fields": keys.FIELD.keys,
    "Templates": keys.TEMPLATE.keys,
}
"""The keys that each section of docs/format.md is about."""


def test_no_key_is_left_out() -> None:
    shapes = [found for found in vars(keys).values() if isinstance(found, Shape)]
    described = {(key.name, key.doc) for shape in KEYS.values() for key in shape}
    assert [(key.name, key.doc) for shape in shapes for key in shape.keys if (key.name, key.doc) not in described] == []


@pytest.mark.parametrize("section", KEYS)
def test_every_key_is_described(section: str) -> None:
    rows = pages.table(page(FORMAT).sections[section])
    assert list(rows) == [key.name for key in KEYS[section]]
    for key in KEYS[section]:
        words = [*key.also, *(key.kind.words if isinstance(key.kind, Choice) else ())]
        assert [word for word in words if f"`{word}`" not in rows[key.name]] == [], key.name


@pytest.mark.parametrize("section", KEYS)
def test_every_key_has_an_example(section: str) -> None:
    texts = "".join(b.text for b in page(FORMAT).blocks if b.section == section and b.language == "yaml")
    assert [key.name for key in KEYS[section] if not re.search(rf"(?m)(^|[\s{{-]){key.name}:( |$)", texts)] == []


def test_every_command_is_described() -> None:
    described = [s.removeprefix("deckgen ") for s in page(CLI).sections if re.fullmatch(r"deckgen [a-z]+", s)]
    assert sorted(described) == sorted(cli.commands)


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_option_is_described(name: str) -> None:
    rows = pages.table(page(CLI).sections[f"deckgen {name}"])
    described = {first.split(" ")[0]: row for first, row in rows.items() if first.startswith("-")}
    for option in (p for p in cli.commands[name].params if isinstance(p, click.Option)):
        row = described.pop(next(o for o in option.opts if o in described))
        words = [*option.opts, *(option.type.choices if isinstance(option.type, click.Choice) else ())]
        assert [word for word in words if not re.search(rf"`{re.escape(str(word))}\b", row)] == []
    assert described == {}


def test_commands_that_are_mentioned_exist() -> None:
    for name in PAGES:
        for command, rest in page(name).mentions("deckgen"):
            assert command in cli.commands, f"{name}: deckgen {command}{rest}"
            known = {o for p in cli.commands[command].params for o in p.opts} | {"-h", "--help"}
            assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest)) <= known, f"{name}: deckgen {command}{rest}"


# --- The whole --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_links(name: str) -> None:
    for link in page(name).links():
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = (pages.ROOT / name).parent / target if target else pages.ROOT / name
        assert path.exists(), link
        if anchor:
            assert anchor in page(path.resolve().relative_to(pages.ROOT).as_posix()).anchors(), link


def test_the_map_shows_every_page() -> None:
    shown = {link.partition("#")[0] for link in page("docs/README.md").links()}
    there = {name.removeprefix("docs/") for name in PAGES if name.startswith("docs/")} - {"README.md"}
    assert there - shown == set()
