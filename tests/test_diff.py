"""`deckgen diff`: what a learner who has one package gets with another, compared with what Anki really does.

Every count is Anki's own: the old package is imported, then the new one, and the import log is read.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deckgen.changes import Status, compare
from deckgen.discover import find_decks
from deckgen.pipeline import BuildOptions, Targets, build, diff
from deckgen.readers.apkg import PackageError, read_package
from deckgen.releasenotes import marked, plain, render
from tests.conftest import NOW, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from deckgen.changes import Changes
    from tests.anki_harness import Anki

DAY = 86_400

DECK = """
    deck: Bread
    note_types:
      Grain: {fields: [Name, Use], templates: [{front: "{{Name}}", back: "{{Use}}"}]}
    cards:
    - {id: food, front: What does yeast feed on?, back: Sugar, tags: [core]}
    - {id: gas, front: What gas does it give off?, back: Carbon dioxide}
    - {id: bake, cloze: "Bread is {{c1::baked}} dough"}
    - {id: rye, type: Grain, Name: Rye, Use: dark bread}
    - {front: flour, back: ground grain}
"""


def built(text: str, name: str, now: int) -> Path:
    """Build a version of the deck, breaking or not."""
    write({"bread.yaml": text})
    ((files,), _) = find_decks([Path("bread.yaml")])
    done = build(files, Targets(Path(), Path(name)), now, lambda _: None, BuildOptions(allow_breaking=True))
    assert done.package, [p.message for p in done.problems]
    return done.package


def both(anki: Anki, new: str) -> tuple[Changes, dict[str, int]]:
    """Return what deckgen foresees of the new deck, and what Anki's log says."""
    old_package, new_package = built(DECK, "old.apkg", NOW), built(new, "new.apkg", NOW + DAY)
    anki.install(old_package)
    return compare(read_package(old_package), read_package(new_package)), anki.install(new_package)


EDITS = {
    "nothing": ("", ""),
    "an answer": ("back: Sugar", "back: Sugars"),
    "a question with an id": ("What does yeast feed on?", "On what does yeast live?"),
    "a question without an id": ("front: flour", "front: flour (definition)"),
    "another card": ("{front: flour, back: ground grain}", "{front: salt, back: slows yeast}"),
    "a card removed": ("    - {id: gas, front: What gas does it give off?, back: Carbon dioxide}\n", ""),
    "a card added": ("    cards:\n", "    cards:\n    - {front: a, back: b}\n"),
    "tags": ("tags: [core]", "tags: [exam]"),
    "reversed": ("back: Sugar", "back: Sugar, reverse: true"),
    "a cloze more": ("{{c1::baked}} dough", "{{c1::baked}} {{c2::dough}}"),
    "another cloze": ("{{c1::baked}} dough", "baked {{c2::dough}}"),
    "css": ("deck: Bread", "deck: Bread\n    css: '.card {color: red}'"),
    "a field added": ("[Name, Use]", "[Name, Use, Note]"),
    "a field removed": (
        'fields: [Name, Use], templates: [{front: "{{Name}}", back: "{{Use}}"}]}',
        'fields: [Name], templates: [{front: "{{Name}}", back: "{{Name}}"}]}',
    ),
    "fields reordered": ("[Name, Use]", "[Use, Name]"),
    "a field renamed with its id": (
        'fields: [Name, Use], templates: [{front: "{{Name}}", back: "{{Use}}"}]}',
        'fields: [Name, {name: Uses, id: Use}], templates: [{front: "{{Name}}", back: "{{Uses}}"}]}',
    ),
    "a template added": ('back: "{{Use}}"}]', 'back: "{{Use}}"}, {front: "{{Use}}", back: "{{Name}}"}]'),
    "a template renamed": ('[{front: "{{Name}}"', '[{name: Recall, id: x, front: "{{Name}}"'),
    "a note's type switched": ("{id: rye, type: Grain, Name: Rye, Use: dark bread}", "{id: rye, front: a, back: b}"),
    "the kind of a type": (
        'templates: [{front: "{{Name}}", back: "{{Use}}"}]}',
        'kind: cloze, templates: [{name: Card 1, front: "{{cloze:Name}}", back: "{{cloze:Name}}"}]}',
    ),
    "the deck's name": ("deck: Bread", "deck: Baking"),
    "the order": ("    - {front: flour, back: ground grain}\n", ""),
}
EXTRA = {
    "a field renamed with its id": ("Use: dark", "Uses: dark"),
    "a field removed": (", Use: dark bread", ""),
    "the kind of a type": ("Name: Rye", 'Name: "{{c1::Rye}}"'),
}


@pytest.mark.parametrize("what", EDITS)
def test_the_counts_are_those_of_ankis_import_log(what: str, anki: Anki) -> None:
    new = DECK.replace(*EDITS[what])
    assert what == "nothing" or new != DECK
    new = new.replace(*EXTRA.get(what, ("", "")))
    changes, log = both(anki, new)
    counts = changes.counts()
    names = {"new": "new", "updated": "changed", "duplicate": "unchanged", "conflicting": "conflicting"}
    assert {name: counts[status] for name, status in names.items() if counts[status]} == log
    assert bool(changes.breaking) == (what in BREAKING), changes.breaking


BREAKING = {
    "a field added",
    "a field removed",
    "fields reordered",
    "a template added",
    "a template renamed",
    "a note's type switched",
    "the kind of a type",
    "the deck's name",
}


@pytest.mark.parametrize("what", ["an answer", "reversed", "a cloze more", "another cloze", "a card removed", "tags"])
def test_cards_that_come_and_cards_that_are_left_empty(what: str, anki: Anki) -> None:
    changes, _ = both(anki, DECK.replace(*EDITS[what]))
    before = sum(len(note.cards) for note in read_package(Path("old.apkg")).notes.values())
    added = sum(len(note.cards_added) for note in changes.notes)
    assert len(anki.cards()) == before + added
    empty = [each for note in anki.col.get_empty_cards().notes for each in note.card_ids]
    assert len(empty) == sum(len(note.cards_left_empty) for note in changes.notes)


ODD = r"""
    cards:
    - {front: "a *b* < c & d", back: "1"}
    - {front: "50% _of_ \"x\" (y): a\\b", back: "2"}
    - {front: "twice", back: "3"}
    - {front: "twice", back: "4"}
    - {front: "Twice", back: "4", extra: more}
    - {front: "two\nlines", back: "5"}
    - {front: "![](a.png)", back: "6"}
    - {cloze: "x {{c1::y::z}} or -not", extra: "7"}
    - {front: "日本 ü Ä", back: "8"}
    - {front: "stays", back: "9"}
"""


@pytest.mark.parametrize("stays", range(10))
def test_removed_notes_are_found_by_the_search_that_is_shown(stays: int, anki: Anki) -> None:
    write({"a.png": b"png"})
    old = built(ODD, "old.apkg", NOW)
    anki.install(old)
    cards = ODD.strip().splitlines()[1:]
    new = built(f"cards:\n{cards[stays].strip()}\n", "new.apkg", NOW + DAY)
    anki.install(new)
    mine = anki.col.new_note(anki.col.models.by_name("Basic"))
    mine["Front"] = "stays"
    anki.col.add_note(mine, 1)
    changes = compare(read_package(old), read_package(new))
    found = {anki.col.get_note(nid).guid for search in changes.searches for nid in anki.col.find_notes(search)}
    removed = {note.guid for note in changes.of(Status.REMOVED)}
    assert len(removed) == 9
    assert found == removed


def test_hundreds_of_removed_notes_are_found_too(anki: Anki) -> None:
    many = "cards:\n" + "\n".join(f"- {{front: Question {n}, back: Answer}}" for n in range(400))
    anki.install(built(many, "old.apkg", NOW))
    changes = compare(
        read_package(built(many, "old.apkg", NOW)), read_package(built("- {front: a, back: b}", "n.apkg", NOW))
    )
    assert sum(len(anki.col.find_notes(search)) for search in changes.searches) == 400


# --- The two sides ----------------------------------------------------------------------------------------------------


def git(*arguments: str) -> None:
    names = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *names, *arguments], check=True, capture_output=True)


@pytest.fixture
def history() -> None:
    """A repository with a deck: a release, and an edit that is not committed."""
    git("init", "-q", "-b", "main")
    write({"cards/bread.yaml": DECK})
    ((files,), _) = find_decks([Path("cards/bread.yaml")])
    build(files, Targets(Path("build")), NOW, lambda _: None)
    git("add", ".")
    git("commit", "-qm", "release")
    git("tag", "v1")
    write({"cards/bread.yaml": DECK.replace("back: Sugar", "back: Sugars")})


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    "sides",
    [
        ["cards/bread.yaml"],
        ["v1:cards/bread.yaml"],
        ["v1:cards/bread.yaml", "cards/bread.yaml"],
        ["v1:cards", "cards"],
        ["build/bread.apkg", "cards/bread.yaml"],
        ["HEAD:./cards/bread.yaml"],
    ],
)
def test_each_side_is_a_package_a_deck_or_a_revision(
    sides: list[str], command: Callable[..., tuple[int, str, str]]
) -> None:
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file() and ".git" not in path.parts}
    status, out, err = command("diff", *sides)
    assert (status, err) == (0, "")
    assert "1 changed, 4 unchanged" in out
    assert "Back: [-Sugar-] {+Sugars+}" in out
    after = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file() and ".git" not in path.parts}
    assert after == before


@pytest.mark.usefixtures("history")
def test_from_a_folder_below_the_top(
    command: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("cards")
    assert "1 changed" in command("diff", "v1:bread.yaml")[1]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["nowhere.apkg", "nowhere.apkg"], 1, "no-deck"),
        (["text.apkg", "text.apkg"], 1, "bad-package"),
        (["zip.apkg", "zip.apkg"], 1, "bad-package"),
        (["newer.apkg", "newer.apkg"], 1, "Support older Anki versions"),
        (["v1:cards", "text.apkg"], 1, "bad-revision"),
        (["zip.apkg"], 2, "name what to compare"),
        (["nowhere"], 2, "name what to compare"),
        ([], 2, "Missing argument"),
        (["broken.yaml", "broken.yaml"], 1, "missing-key"),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_line(
    arguments: list[str], status: int, said: str, command: Callable[..., tuple[int, str, str]]
) -> None:
    write({"text.apkg": "no zip", "broken.yaml": "- {front: a}"})
    for name, members in (("zip.apkg", {"a": "b"}), ("newer.apkg", {"collection.anki21b": "", "collection.anki2": ""})):
        with zipfile.ZipFile(name, "w") as packed:
            for member, text in members.items():
                packed.writestr(member, text)
    found, out, err = command("diff", *arguments)
    assert (found, out) == (status, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize("length", [0, 1, 100, 1_000, 5_000])
def test_a_package_that_was_cut(length: int) -> None:
    whole = built(DECK, "old.apkg", NOW).read_bytes()
    Path("cut.apkg").write_bytes(whole[:length])
    with pytest.raises(PackageError):
        read_package(Path("cut.apkg"))


def test_a_package_that_anki_has_exported(anki: Anki) -> None:
    from anki.collection import ExportAnkiPackageOptions

    anki.install(built(DECK, "old.apkg", NOW))
    options = ExportAnkiPackageOptions(with_scheduling=False, with_deck_configs=False, with_media=True, legacy=True)
    anki.col.export_anki_package(out_path=str(Path("exported.apkg").absolute()), options=options, limit=None)
    changes = compare(read_package(Path("exported.apkg")), read_package(Path("old.apkg")))
    assert changes.counts() == {"new": 0, "changed": 0, "unchanged": 5, "conflicting": 0, "removed": 0}


# --- What it says -----------------------------------------------------------------------------------------------------


def changes_of(new: str) -> Changes:
    old_package, new_package = built(DECK, "old.apkg", NOW), built(new, "new.apkg", NOW + DAY)
    return compare(read_package(old_package, "1.0"), read_package(new_package, "1.1"))


def test_words_are_marked() -> None:
    assert marked("the old word", "the new word", "text") == "the [-old-] {+new+} word"
    assert marked("the old word", "the new word", "markdown") == "the ~~old~~ **new** word"
    assert marked("a", "a b", "text") == "a {+b+}"
    assert marked("", "b", "text") == "{+b+}"
    assert marked("a", "", "text") == "[-a-]"


def test_fields_are_shown_as_they_are_read() -> None:
    assert plain('<b>x</b> &lt; y<br>z <img src="a.png" alt="">') == "x < y z [a.png]"
    assert plain("Bread is {{c1::baked::how}} {{c2::dough}}") == "Bread is [baked] [dough]"


def test_a_release_note() -> None:
    new = DECK.replace("back: Sugar, tags: [core]", "back: Sugars, tags: [exam], reverse: true").replace(
        "flour", "salt"
    )
    assert render(changes_of(new.replace("ground grain", "slows yeast")), "markdown") == (
        "**1 new, 1 changed, 3 unchanged, 1 removed**\n\n"
        "### New\n\n- salt\n\n"
        "### Changed\n\n- What does yeast feed on?\n"
        "  - Back: ~~Sugar~~ **Sugars**\n  - Add Reverse: **y**\n  - tags: +exam -core\n  - 1 new card\n\n"
        "### Removed\n\n- flour\n\n"
        "Removed cards stay in your collection. To find them, search in Anki's browser for:\n\n"
        '```text\n("note:Bread – Basic" "Front:flour")\n```\n'
    )


def test_json_has_all_of_it() -> None:
    made = json.loads(
        render(changes_of(DECK.replace("deck: Bread", "deck: Baking").replace("Sugar", "Sugars")), "json")
    )
    assert made["counts"] == {"new": 0, "changed": 1, "unchanged": 4, "conflicting": 0, "removed": 0}
    assert (made["old"], made["new"]) == ("1.0", "1.1")
    assert "'Bread' is now called 'Baking'" in made["breaking"][0]["message"]
    (changed,) = [note for note in made["notes"] if note["status"] == "changed"]
    assert changed["changes"] == [{"name": "Back", "old": "Sugar", "new": "Sugars"}]
    assert (changed["moved_from"], changed["deck"]) == ("Bread", "Baking")


def test_a_note_that_differs_and_is_not_newer_is_said_to_stay(anki: Anki) -> None:
    built(DECK, "old.apkg", NOW).rename("first.apkg")
    Path("bread.lock").unlink()
    new = built(DECK.replace("Sugar", "Sugars"), "new.apkg", NOW)  # a lost lock, and a clock that stands still
    changes = compare(read_package(Path("first.apkg")), read_package(new))
    assert "not newer" in render(changes, "text")
    anki.install(Path("first.apkg"))
    assert anki.install(new) == {"duplicate": 5}


def test_media_replaced_under_one_name_is_breaking() -> None:
    def packed(name: str, data: str) -> Path:
        shutil.copy(built(DECK, "old.apkg", NOW), name)
        with zipfile.ZipFile("old.apkg") as whole, zipfile.ZipFile(name, "w") as made:
            made.writestr("collection.anki2", whole.read("collection.anki2"))
            made.writestr("media", '{"0": "a.png"}')
            made.writestr("0", data)
        return Path(name)

    one, other = (read_package(packed(name, data)) for name, data in (("a.apkg", "1"), ("b.apkg", "2")))
    assert ["'a.png' has other contents" in each.message for each in compare(one, other).breaking] == [True]
    assert compare(one, one).breaking == ()


def test_problems_of_a_revision_are_named_by_it() -> None:
    git("init", "-q")
    write({"cards/bread.yaml": "- {front: a}"})
    git("add", ".")
    git("commit", "-qm", "x")
    _, problems = diff("HEAD:cards/bread.yaml", "cards/bread.yaml", NOW)
    assert {p.span.file for p in problems} == {"HEAD:cards/bread.yaml", "cards/bread.yaml"}


def test_a_folder_of_several_decks_at_a_revision_is_named_once() -> None:
    git("init", "-q")
    write({"cards/a.yaml": "- {front: a, back: b}", "cards/b.yaml": "- {front: a, back: b}"})
    git("add", ".")
    git("commit", "-qm", "x")
    _, problems = diff("HEAD:cards", "cards/a.yaml", NOW)
    assert [(str(p.span), p.code) for p in problems] == [("HEAD:cards", "several-decks")]
