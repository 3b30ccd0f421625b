"""What Anki does with a package, rule by rule, tried in Anki itself: the learner's side of every promise.

Each test quotes the rule that it holds (docs/explanation/anki.md has them all). Packages are imported at the settings
that a learner finds, `newer` for notes and note types, everything else off.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import unicodedata
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deckgen.discover import find_decks
from deckgen.pipeline import BuildOptions, Targets, build
from tests.conftest import NOW, built, complaints, package, problems_of, write

if TYPE_CHECKING:
    from tests.anki_harness import Anki, AnkiNote

DAY = 86_400

TWO = """
    - {id: one, front: Q1, back: A1}
    - {id: two, front: Q2, back: A2}
"""


def made(path: str, now: int = NOW, output: str = "out.apkg") -> Path:
    """Build the deck at a path; fail with its problems if it has any."""
    done = built(path, now, output)
    assert done.package, [f"{p.span} {p.code}: {p.message}" for p in done.problems]
    return done.package


def with_options(text: str, now: int, options: BuildOptions) -> Path:
    """Build a one-file deck with options."""
    write({"deck.one.yaml": text})
    (deck,), _ = find_decks([Path("deck.one.yaml")])
    done = build(deck, Targets(Path(), Path("out.apkg")), now, lambda _: None, options)
    assert done.package, [f"{p.span} {p.code}: {p.message}" for p in done.problems]
    return done.package


def by_front(anki: Anki) -> dict[str, AnkiNote]:
    """Return Anki's notes by their first field."""
    return {next(iter(note.fields.values())): note for note in anki.notes()}


def card_id(anki: Anki, front: str, ordinal: int = 0) -> int:
    found: int = anki.col.db.scalar(
        "select c.id from cards c join notes n on c.nid = n.id where n.sfld = ? and c.ord = ?", front, ordinal
    )
    assert found, f"no card {ordinal} of {front}"
    return found


def study(anki: Anki, front: str, ordinal: int = 0) -> int:
    """Give a card a history: reviewed, flagged. Returns its id."""
    card = anki.col.get_card(card_id(anki, front, ordinal))
    card.type = card.queue = 2
    card.ivl, card.due, card.reps, card.lapses, card.factor, card.flags = 30, 400, 7, 1, 2300, 3
    card.last_review_time = NOW
    anki.col.update_card(card)
    anki.col.db.execute("insert into revlog values (?, ?, -1, 3, 30, 20, 2300, 4000, 1)", card.id, card.id)
    return int(card.id)


def history(anki: Anki, card: int) -> list[Any]:
    """Return all that a learner has of a card: deck, queue, interval, due, counts, flag, and its reviews."""
    db = anki.col.db
    state: list[Any] = db.first(
        "select did, queue, type, ivl, due, reps, lapses, factor, flags from cards where id = ?", card
    )
    return [*state, db.list("select ease from revlog where cid = ?", card)]


def rows(apkg: Path, query: str) -> list[Any]:
    """Ask the collection inside a package."""
    with zipfile.ZipFile(apkg) as opened:
        Path("inside.anki2").write_bytes(opened.read("collection.anki2"))
    db = sqlite3.connect("inside.anki2")
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


def types_in(apkg: Path) -> dict[str, Any]:
    """Return the note types inside a package, by name."""
    found: dict[str, Any] = json.loads(rows(apkg, "select models from col")[0][0])
    return {kind["name"]: kind for kind in found.values()}


# --- Notes ------------------------------------------------------------------------------------------------------------
# Same guid: updated only if the package's `mod` is newer; equal or older is skipped.
# An update replaces all fields and all tags: the learner's own tags and edits on that note are gone.


def test_an_unchanged_rebuild_updates_nothing(anki: Anki) -> None:
    anki.install(package(TWO))
    assert anki.install(package(TWO, NOW + DAY)) == {"duplicate": 2}


def test_a_changed_note_updates_itself_alone(anki: Anki) -> None:
    anki.install(package(TWO))
    edited = anki.col.get_note(by_front(anki)["Q2"].id)
    edited["Back"] = "my own words"
    edited.tags = ["mine"]
    anki.col.update_note(edited)
    assert anki.install(package(TWO.replace("A1", "revised"), NOW + DAY)) == {"updated": 1, "duplicate": 1}
    notes = by_front(anki)
    assert notes["Q1"].fields["Back"] == "revised"
    assert (notes["Q2"].fields["Back"], notes["Q2"].tags) == ("my own words", ["mine"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("back: A1", "back: A1!"),
        ("id: one", "id: one, extra: more"),
        ("id: one", "id: one, tags: [core]"),
        ("id: one", "id: one, source: A book"),
        ("id: one", "id: one, typed: true"),
        ("front: Q1", "front: Something else altogether"),
    ],
)
def test_whatever_a_learner_gets_counts_as_a_change(anki: Anki, old: str, new: str) -> None:
    anki.install(package(TWO))
    assert anki.install(package(TWO.replace(old, new), NOW + DAY)) == {"updated": 1, "duplicate": 1}


@pytest.mark.parametrize(
    "same",
    [
        "- {id: two, front: Q2, back: A2}\n- {id: one, front: Q1, back: A1}",  # another order
        "# a comment\n\n- back: A1\n  id: one\n  front: >-\n    Q1\n- {ID: two, Question: Q2, a: 'A2'}",  # other YAML
        "cards:\n- {id: one, type: Basic, front: Q1, back: A1, reverse: no}\n- {id: two, front: Q2, back: A2}",
    ],
)
def test_what_changes_nothing_for_a_learner_is_no_change(anki: Anki, same: str) -> None:
    anki.install(package(TWO))
    assert anki.install(package(same, NOW + DAY)) == {"duplicate": 2}


def test_reviews_deck_suspension_and_flags_stay(anki: Anki) -> None:
    # Reviews, deck, suspension, flags of existing cards are never touched by an update.
    anki.install(package(TWO))
    first, second = study(anki, "Q1"), study(anki, "Q2")
    anki.col.set_deck([first], anki.col.decks.id("Exam"))
    anki.col.sched.suspend_cards([second])
    before = history(anki, first), history(anki, second)
    assert anki.install(package(TWO.replace("A1", "new").replace("A2", "new"), NOW + DAY)) == {"updated": 2}
    assert (history(anki, first), history(anki, second)) == before
    assert [card.deck for card in anki.cards()] == ["Exam", "Deck.one"]


# A package dated in the future blocks later updates: never go beyond now, except old + 1.
# Anki from 25.9 on keeps the package's time.


def times(anki: Anki) -> dict[str, int]:
    return {note.fields["Back"]: note.mod for note in anki.notes()}


def test_a_change_is_dated_by_the_clock_and_the_rest_is_not(anki: Anki) -> None:
    anki.install(package(TWO))
    anki.install(package(TWO.replace("A1", "A3"), NOW + DAY))
    assert times(anki) == {"A3": NOW + DAY, "A2": NOW}


def test_a_clock_gone_back_a_day(anki: Anki) -> None:
    anki.install(package(TWO))
    assert anki.install(package(TWO.replace("A1", "A3"), NOW - DAY)) == {"updated": 1, "duplicate": 1}
    assert times(anki) == {"A3": NOW + 1, "A2": NOW}


def test_a_clock_once_in_the_future(anki: Anki) -> None:
    anki.install(package(TWO.replace("A1", "A3"), NOW + 900 * DAY))
    assert anki.install(package(TWO, NOW)) == {"updated": 1, "duplicate": 1}
    assert anki.install(package(TWO.replace("A1", "A4"), NOW + DAY)) == {"updated": 1, "duplicate": 1}
    assert times(anki) == {"A4": NOW + 900 * DAY + 2, "A2": NOW + 900 * DAY}


def test_two_changes_within_one_second(anki: Anki) -> None:
    for back in ("A1", "A3", "A4", "A1"):
        assert "conflicting" not in anki.install(package(TWO.replace("A1", back)))
    assert times(anki) == {"A1": NOW + 3, "A2": NOW}


def test_what_is_taken_back_is_a_change_too(anki: Anki) -> None:
    anki.install(package(TWO))
    anki.install(package(TWO.replace("A1", "wrong"), NOW + DAY))
    assert anki.install(package(TWO, NOW + 2 * DAY)) == {"updated": 1, "duplicate": 1}


# genanki's default guid hashes all fields: any edit is a new note.


def test_with_an_id_a_card_may_be_rewritten_from_top_to_bottom(anki: Anki) -> None:
    anki.install(package(TWO))
    card = study(anki, "Q1")
    before = history(anki, card)
    anki.install(package("- {id: two, front: Q2, back: A2}\n- {id: one, front: New, back: New, extra: x}", NOW + DAY))
    assert sorted(by_front(anki)) == ["New", "Q2"]
    assert history(anki, card) == before


def test_without_an_id_all_but_the_question_may_change(anki: Anki) -> None:
    anki.install(package("- {front: Q1, back: A1}\n- {front: Q2, back: A2}"))
    changed = "- {front: Q1, back: another answer, extra: x, tags: [t], reverse: true}\n- {front: Q2, back: A2}"
    assert anki.install(package(changed, NOW + DAY)) == {"updated": 1, "duplicate": 1}


def test_a_card_that_is_given_an_id_stays_who_it_is(anki: Anki) -> None:
    anki.install(package("- {front: Q1, back: A1}\n- {front: Q2, back: A2}"))
    card = study(anki, "Q1")
    before = history(anki, card)
    assert anki.install(package("- {id: one, front: Q1, back: A1}\n- {front: Q2, back: A2}", NOW + DAY)) == {
        "duplicate": 2
    }
    reworded = package("- {id: one, front: Which is first?, back: A1}\n- {front: Q2, back: A2}", NOW + 2 * DAY)
    assert anki.install(reworded) == {"updated": 1, "duplicate": 1}
    assert history(anki, card) == before


def test_another_card_may_ask_what_one_asked_before_it_got_its_id(anki: Anki) -> None:
    anki.install(package("- {front: Q, back: A1}"))
    package("- {id: one, front: Q, back: A1}", NOW + DAY)
    both = package("- {front: Q, back: A2}\n- {id: one, front: Q, back: A1}", NOW + 2 * DAY)
    assert anki.install(both) == {"new": 1, "duplicate": 1}
    assert [note.fields["Back"] for note in anki.notes()] == ["A1", "A2"]


def test_without_an_id_a_card_may_move_to_another_file(anki: Anki) -> None:
    one = "cards: [{front: Q1, back: A1}]"
    write({"d/deck.yaml": "deck: D", "d/a.yaml": one, "d/b.yaml": "cards: [{front: Q2, back: A2}]"})
    anki.install(made("d"))
    Path("d/a.yaml").rename("d/c.yaml")
    assert anki.install(made("d", NOW + DAY)) == {"updated": 1, "duplicate": 1}  # its tag is new
    assert by_front(anki)["Q1"].tags == ["d::c"]


def test_cards_that_ask_the_same_keep_apart_in_another_order(anki: Anki) -> None:
    # A guid goes to the note whose text has not changed.
    anki.install(package("- {front: Q, back: A1}\n- {front: Q, back: A2}"))
    assert anki.install(package("- {front: Q, back: A2}\n- {front: Q, back: A1}", NOW + DAY)) == {"duplicate": 2}


OWN = """
    deck: Anatomy
    note_types:
      Muscle:
        fields: [Name, Action]
        templates: [{front: "{{Name}}", back: "{{Action}}"}]
    cards:
    - {type: Muscle, Name: Biceps, Action: flexes}
"""


def test_the_order_of_a_cards_keys_means_nothing(anki: Anki) -> None:
    anki.install(package(OWN))
    swapped = OWN.replace("Name: Biceps, Action: flexes", "Action: flexes, Name: Biceps")
    assert anki.install(package(swapped, NOW + DAY)) == {"duplicate": 1}


# Same guid twice in one package: both imported.


def test_no_guid_comes_twice(anki: Anki) -> None:
    same = "- {front: Q, back: A}\n" * 3 + "- {cloze: '{{c1::Q}}'}\n" * 2
    anki.install(package(same))
    assert len({note.guid for note in anki.notes()}) == 5
    assert anki.install(package(same, NOW + DAY)) == {"duplicate": 5}


@pytest.mark.parametrize(
    "cards",
    [
        "[{front: Q, back: A1}, {front: Q, back: A2}]",  # in one line
        "[&a {front: Q, back: A1}, *a]",
        "[&a {front: Q, back: A1}, {<<: *a, back: A2}]",
    ],
)
def test_no_guid_comes_twice_from_one_place(anki: Anki, cards: str) -> None:
    write({"deck.one.yaml": f"cards: {cards}"})
    done = built("deck.one.yaml")
    if done.package:
        anki.install(done.package)
        assert len({note.guid for note in anki.notes()}) == 2


def test_no_guid_comes_twice_though_the_lock_says_so() -> None:
    # A merge, or a line copied by hand, can give two cards one guid.
    package(TWO)
    lock = Path("deck.one.lock").read_text()
    first = next(line for line in lock.splitlines() if line.startswith("note one "))
    lines = [
        first.replace("note one ", "note two ") if line.startswith("note two ") else line for line in lock.splitlines()
    ]
    Path("deck.one.lock").write_text("\n".join(lines) + "\n")
    done = built("deck.one.yaml", NOW + DAY)
    assert not done.package or len(set(rows(done.package, "select guid from notes"))) == 2


@pytest.mark.parametrize("order", [1, -1])
def test_after_a_merge_that_kept_the_lines_of_both_sides(anki: Anki, order: int) -> None:
    # The lock's own help says to keep both. The learner has one side's change; the author decides for the other's.
    lock = Path("deck.one.lock")
    package(TWO)
    base = lock.read_bytes()
    anki.install(package(TWO.replace("A1", "ours"), NOW + 2 * DAY))
    ours = lock.read_text().splitlines()
    lock.write_bytes(base)
    package(TWO.replace("A1", "theirs"), NOW + DAY)
    theirs = lock.read_text().splitlines()
    both = [line for sides in zip(ours, theirs, strict=True) for line in dict.fromkeys(sides[::order])]
    assert len(both) == len(ours) + 1
    lock.write_text("\n".join(both) + "\n")
    anki.install(package(TWO.replace("A1", "theirs"), NOW + 3 * DAY))
    assert by_front(anki)["Q1"].fields["Back"] == "theirs"


def test_a_copied_deck_with_an_id_of_its_own_is_another_deck(anki: Anki) -> None:
    # `cp -r spanish french`, with the lock: the same guids would make Anki take the one deck's cards for the other's.
    write({"spanish/deck.yaml": "deck: Spanish\nid: spanish", "spanish/a.yaml": "- {id: a, front: hola, back: hello}"})
    anki.install(made("spanish"))
    shutil.copytree("spanish", "french")
    write({"french/deck.yaml": "deck: French\nid: french", "french/a.yaml": "- {id: a, front: salut, back: hello}"})
    (deck,), _ = find_decks([Path("french")])
    options = BuildOptions(allow_breaking=True)
    done = build(deck, Targets(Path(), Path("french.apkg")), NOW + DAY, lambda _: None, options)
    if done.package:
        anki.install(done.package)
    assert "hola" in by_front(anki)


# Removed from the package: stays in the collection. Deleted by the learner: comes back.


def test_a_card_that_is_removed_stays_and_comes_back_fine(anki: Anki) -> None:
    anki.install(package(TWO))
    card = study(anki, "Q1")
    before = history(anki, card)
    assert anki.install(package("- {id: two, front: Q2, back: A2}", NOW + DAY)) == {"duplicate": 1}
    assert history(anki, card) == before
    assert anki.install(package(TWO, NOW + 2 * DAY)) == {"duplicate": 2}
    anki.install(package("- {id: two, front: Q2, back: A2}", NOW + 3 * DAY))
    assert anki.install(package(TWO.replace("A1", "A3"), NOW + 4 * DAY)) == {"updated": 1, "duplicate": 1}
    assert history(anki, card) == before


def test_a_card_that_a_learner_deletes_comes_back_whole(anki: Anki) -> None:
    anki.install(package(TWO))
    anki.col.remove_notes([by_front(anki)["Q1"].id])
    assert anki.install(package(TWO, NOW + DAY)) == {"new": 1, "duplicate": 1}
    assert [(card.ordinal, card.due) for card in anki.cards()] == [(0, 1), (0, 2)]
    assert anki.healthy()


# `due` is taken as it stands; 0 for all puts them before the learner's own and in no order.


def test_new_cards_are_numbered_in_the_order_of_the_file(anki: Anki) -> None:
    anki.install(
        package("- {front: Q1, back: A, reverse: true}\n- {front: Q2, back: A}\n- {cloze: '{{c1::a}} {{c3::b}}'}")
    )
    assert [(card.ordinal, card.due) for card in anki.cards()] == [(0, 1), (1, 1), (0, 2), (0, 3), (2, 3)]


def test_a_new_card_between_two_old_ones(anki: Anki) -> None:
    anki.install(package(TWO))
    card = study(anki, "Q2")
    before = history(anki, card)
    between = TWO.replace("- {id: two", "- {id: new, front: Q1b, back: A}\n    - {id: two")
    assert anki.install(package(between, NOW + DAY)) == {"new": 1, "duplicate": 2}
    assert anki.col.get_card(card_id(anki, "Q1b")).due == 2
    assert history(anki, card) == before
    assert anki.healthy()


# `timestamp=0` makes note id 0, which breaks Check Database.


@pytest.mark.parametrize("now", [1, NOW, 2**33])
def test_the_database_is_healthy_whatever_the_clock_says(anki: Anki, now: int) -> None:
    assert anki.install(package(TWO, now)) == {"new": 2}
    assert anki.healthy()


# U+001F in a field: the whole package is rejected. NUL is dropped. NFD becomes NFC.

CONTROL = {
    "a field": r"""- {front: "a\x1Fb", back: b}""",
    "a field, as an entity": "- {front: a &#31; b, back: b}",
    "a field, as a hexadecimal entity": "- {front: a &#x1f; b, back: b}",
    "a cloze, as an entity": "- {cloze: 'a {{c1::&#31;}} b'}",
    "NUL": r"""- {front: "a\0b", back: b}""",
    "a source": r"""- {front: a, back: b, source: "x\x1Fy"}""",
    "a quote": r"""- {front: a, back: b, source: {quote: "x\x1Fy"}}""",
    "a topic": r"""{topic: "x\x1Fy", cards: [{front: a, back: b}]}""",
    "a tag": r"""- {front: a, back: b, tags: ["x\x1Fy"]}""",
    "a tag, NUL": r"""- {front: a, back: b, tags: ["x\0y"]}""",
    "a tag, BEL": r"""- {front: a, back: b, tags: ["x\ay"]}""",
    "an id": r"""- {front: a, back: b, id: "x\x1Fy"}""",
    "a field, CR": r"""- {front: "a\rb", back: b}""",
    "a deck name": r"""{deck: "x\x1Fy", cards: [{front: a, back: b}]}""",
    "a deck name, CR": r"""{deck: "x\ry", cards: [{front: a, back: b}]}""",
    "a deck name, TAB": r"""{deck: "x\ty", cards: [{front: a, back: b}]}""",
}


@pytest.mark.parametrize("text", CONTROL.values(), ids=CONTROL.keys())
def test_what_anki_does_not_take_is_refused_or_made_harmless(anki: Anki, text: str) -> None:
    write({"deck.one.yaml": text})
    done = built("deck.one.yaml")
    if done.package:  # then nothing of it gets lost
        assert anki.install(done.package) == {"new": 1}
        (note,) = anki.notes()
        (stored,) = rows(done.package, "select flds, tags from notes")
        assert stored[0] == "\x1f".join(note.fields.values())
        assert stored[1].split() == note.tags
        assert anki.cards()[0].deck in json.dumps(rows(done.package, "select decks from col")[0][0], ensure_ascii=False)
        assert built("deck.one.yaml", NOW + DAY).package, "the next build is refused"


NFC = """
    deck: Café
    id: cafe
    topic: Résumé
    cards:
    - {id: é1, front: né, back: é, tags: [été], source: Zoë}
    - {front: où, back: là}
    - {cloze: "{{c1::é}}"}
"""
NFC_TYPE = """
    deck: Café
    id: cafe
    note_types:
      Âge: {fields: [Prénom, Île], templates: [{name: Élan, front: "{{Prénom}}", back: "{{Île}}"}]}
    cards:
    - {type: Âge, Prénom: René, Île: Oléron}
"""


def test_nfd_becomes_nfc(anki: Anki) -> None:
    apkg = package(unicodedata.normalize("NFD", NFC))
    anki.install(apkg)
    assert by_front(anki)["né"].tags == ["cafe::résumé", "été"]
    assert {card.deck for card in anki.cards()} == {"Café"}
    assert unicodedata.is_normalized("NFC", "".join(types_in(apkg)))
    # An editor that saves the file in the other form changes nothing.
    assert anki.install(package(NFC, NOW + DAY)) == {"duplicate": 3}


def test_nfd_becomes_nfc_in_an_authors_own_note_type(anki: Anki) -> None:
    anki.install(package(unicodedata.normalize("NFD", NFC_TYPE)))
    assert by_front(anki)["René"].fields == {"Prénom": "René", "Île": "Oléron"}
    assert anki.install(package(NFC_TYPE, NOW + DAY)) == {"duplicate": 1}


@pytest.mark.parametrize(
    "text",
    [
        "x" * 120_000,
        "日本語の文章 🧠🫀👩🏽‍🔬 𝒜 𠮷",
        "العضلة ذات الرأسين",
        "שריר דו־ראשי",
        "&amp; &lt;",
        "a\u00a0b\u200bc\u200dd",
        "<span>x</span>",
    ],
    ids=["long", "cjk", "arabic", "hebrew", "entities", "invisible", "html"],
)
def test_any_text_arrives_as_it_was_written(anki: Anki, text: str) -> None:
    anki.install(package(f"- {{id: a, front: '{text}', back: '{text}'}}"))
    (note,) = anki.notes()
    assert (note.fields["Front"], note.fields["Back"]) == (text, text)
    assert text in anki.cards()[0].question
    assert anki.healthy()


SORTED = [
    "plain",
    "**bold** &amp; *it*",
    "a < b",
    "x<br>y",
    "10",
    "007",
    "![brain](a.png)",
    "![](a.png) and ![](b.png)",
    "text ![](a.png)",
    "![](a.mp3) la la",
    "<!-- hidden --> shown",
    "<style>b {}</style> text",
    "`<b>`",
    "a&nbsp;b",
    "&eacute;",
    "$x < y$",
    "[link](https://example.org)",
    "<div>one</div><div>two</div>",
    "<object data='a.png'></object> x",
    "<audio src=a.mp3></audio>",
]


@pytest.mark.parametrize("front", SORTED)
def test_sort_field_and_checksum_are_those_that_anki_computes(anki: Anki, front: str) -> None:
    write({"a.png": b"png", "b.png": b"png2", "a.mp3": b"mp3"})
    anki.install(package(f"- front: {json.dumps(front)}\n  back: b"))
    (note,) = anki.notes()
    again = anki.col.new_note(anki.col.models.by_name(note.type))
    again.fields = list(note.fields.values())
    assert again.fields_check() == 2  # a duplicate: Anki finds the imported note by its checksum
    anki.col.add_note(again, 1)
    (computed,) = anki.col.db.all("select sfld, csum from notes where id = ?", again.id)
    assert anki.col.db.all("select sfld, csum from notes where id = ?", note.id) == [computed]


# --- Cards ------------------------------------------------------------------------------------------------------------
# Anki does not make missing cards at import: the package must hold exactly the cards Anki would make.

MANY = r"""
    deck: Many
    note_types:
      Verb:
        fields: [Stem, Past, Part, Note]
        templates:
        - {front: "{{text:Stem}}", back: "{{Past}}"}
        - {front: "{{furigana:Past}}{{^Part}}{{/Part}}", back: "{{Stem}}"}
        - {front: "{{#Part}}{{#Past}}{{tts en_US:Part}}{{/Past}}{{/Part}}", back: "{{Stem}}"}
        - {front: "{{^Part}}{{type:Stem}}{{/Part}}", back: "{{Stem}}"}
        - {front: "{{#Note}}static{{/Note}}<!-- {{Stem}} -->{{Note}}", back: "{{Stem}}"}
      Gap:
        kind: cloze
        fields: [Text, More]
        templates: [{front: "{{cloze:Text}}{{cloze:More}}", back: "{{cloze:Text}}{{cloze:More}}"}]
    cards:
    - {front: a, back: b}
    - {front: a2, back: b, reverse: true}
    - {front: a3, back: b, typed: true, hint: h, extra: e}
    - {front: a4, back: b, reverse: true, typed: true}
    - {cloze: "{{c1::a {{c2::b}}}}"}
    - {cloze: "{{c1,2::x}} {{c4::y::hint}}"}
    - {cloze: "{{c1::}} {{c500::z}}"}
    - {cloze: "{{c3::x}} {{c3::y}} {{c1::z}}", typed: true}
    - {cloze: "$\\frac{{{c1::a}}}{b}$ and `{{c2::code}}`"}
    - {type: Verb, Stem: go, Past: went, Part: gone}
    - {type: Verb, Stem: put}
    - {type: Verb, Stem: " ", Past: <br>, Part: <div></div>, Note: n}
    - {type: Verb, Stem: <br/>, Past: "&nbsp;", Part: ""}
    - {type: Verb, Past: x, Part: "0", markup: html}
    - {type: Verb, Stem: "<br> ", Past: "<div>x</div>", Part: z, Note: "<br />", markup: html}
    - {type: Verb, Stem: s, Past: "<p></p>", Part: "<!-- -->", markup: html}
    - {type: Gap, Text: "{{c1::a}}", More: "{{c2::b}}"}
    - image: a.png
      masks: [{rect: [0, 0, 0.5, 0.5]}, {rect: [0.5, 0, 0.5, 0.5]}, {ellipse: [0, 0.5, 0.5, 0.5], number: 1}]
"""


def test_exactly_the_cards_that_anki_would_make(anki: Anki) -> None:
    write({"a.png": b"png"})
    anki.install(package(MANY))
    notes, cards = anki.notes(), anki.cards()
    assert len(notes) == 18
    for note in notes:
        made = [card.ordinal for card in cards if card.note == note.id]
        assert made == anki.ordinals_of(note.type, list(note.fields.values())), note.fields
    assert anki.healthy()  # nor does Empty Cards find one


SPECIAL = """
    deck: Special
    note_types:
      T:
        fields: [A, B]
        templates:
        - {{name: one, front: "{{{{A}}}}", back: "{{{{B}}}}"}}
        - {{name: two, front: '{front}', back: "{{{{A}}}}"}}
    cards:
    - {{type: T, A: a, B: b}}
    - {{type: T, A: a2}}
"""


ASKED = ["{{#%s}}{{B}}{{/%s}}", "{{^%s}}{{B}}{{/%s}}", "{{%s}} {{B}}"]
COUNTED = [(name, front) for name in ("Tags", "Deck", "Subdeck", "Card", "CardFlag", "Type") for front in ASKED]


@pytest.mark.parametrize("sign", ["#", "^"])
def test_the_front_side_can_be_shown_but_not_asked_for(anki: Anki, sign: str) -> None:
    front = f"{{{{{sign}FrontSide}}}}{{{{B}}}}{{{{/FrontSide}}}}"
    assert complaints(SPECIAL.format(front=front)) == ["7:27 unknown-field"]
    kind = anki.add_type("own", ["A", "B"], ["{{A}}"])
    kind["tmpls"][0]["qfmt"] = front
    anki.col.models.update_dict(kind)  # Anki saves it, and shows an error on the card
    note = anki.col.new_note(anki.col.models.by_name("own"))
    note.fields = ["a", "b"]
    anki.col.add_note(note, anki.col.decks.id("Default"))
    assert "template has a problem" in note.cards()[0].question()


@pytest.mark.parametrize(("name", "front"), [*COUNTED, ("FrontSide", ASKED[2])])
def test_special_fields_count_as_they_do_in_anki(anki: Anki, name: str, front: str) -> None:
    anki.install(package(SPECIAL.format(front=front.replace("%s", name))))
    kind = anki.col.models.by_name("T")
    for note in anki.notes():
        added = anki.col.new_note(kind)
        added.fields, added.tags = list(note.fields.values()), note.tags
        anki.col.add_note(added, anki.col.decks.id("Special"))
        made = anki.col.db.list("select ord from cards where nid = ? order by ord", note.id)
        assert made == anki.col.db.list("select ord from cards where nid = ? order by ord", added.id)


# No card at all: the note is imported and never seen. Refuse it.


@pytest.mark.parametrize(
    "card",
    [
        "{front: <br>, back: b}",
        "{front: '<div></div> ', back: b}",
        "{cloze: no cloze here}",
        "{cloze: '{{c1::never closed'}",
        "{cloze: '{{c0::x}}'}",
        "{cloze: '{{c501::x}}'}",
        "{cloze: '{{c70000::x}}'}",
        "{cloze: '{{c::x}}'}",
        "{cloze: '\\{{c1::x}}'}",
        "{cloze: text, extra: '{{c1::x}}'}",
        "{cloze: '{{c1::x}}', extra: '{{c2::y}}'}",
        "{image: a.png, masks: []}",
        "{cloze: '![](https://example.org/a.png)'}",  # though there is a warning too
        "{front: '<br>', back: '{{c1::x}}'}",
    ],
)
def test_a_note_without_a_card_or_with_a_blank_one_is_refused(card: str) -> None:
    write({"a.png": b"png"})
    text = f"- {card}\n- {{front: another, back: card}}"
    assert complaints(text)
    assert built("deck.one.yaml").package is None


def test_a_cloze_number_is_read_as_anki_reads_it(anki: Anki) -> None:
    # 0000000012 is 12. To refuse so strange a number would be as well.
    write({"deck.one.yaml": "- {cloze: '{{c0000000012::x}}'}"})
    done = built("deck.one.yaml")
    if done.package:
        anki.install(done.package)
        assert [card.ordinal for card in anki.cards()] == [11]


# A cloze that goes away leaves an empty card behind; a new one makes a card in the package's deck.


def test_a_cloze_comes_and_another_goes(anki: Anki) -> None:
    anki.install(package("- {id: a, cloze: '{{c1::x}} {{c2::y}}'}"))
    first = study(anki, "{{c1::x}} {{c2::y}}")
    before = history(anki, first)
    assert anki.install(package("- {id: a, cloze: '{{c1::x}} y {{c3::z}}'}", NOW + DAY)) == {"updated": 1}
    assert [(card.ordinal, card.deck) for card in anki.cards()] == [(0, "Deck.one"), (1, "Deck.one"), (2, "Deck.one")]
    assert history(anki, first) == before
    assert [len(empty.card_ids) for empty in anki.col.get_empty_cards().notes] == [1]


# --- Note types -------------------------------------------------------------------------------------------------------
# A change of template or CSS arrives only with a newer `mod` of the note type, and then the learner's own CSS is gone:
# change the time only when it changed.

STYLED = "css: '.deckgen {{color: {}}}'\ncards:\n- {{id: one, front: Q1, back: A1}}\n"


def test_new_css_arrives(anki: Anki) -> None:
    anki.install(package(STYLED.format("red")))
    anki.install(package(STYLED.format("blue"), NOW + DAY))
    (kind,) = [t for t in anki.col.models.all() if t["name"] == "Deck.one – Basic"]
    assert "color: blue" in kind["css"]
    assert kind["mod"] == NOW + DAY


def test_a_template_that_changes_arrives_and_keeps_the_reviews(anki: Anki) -> None:
    anki.install(package(OWN))
    card = study(anki, "Biceps")
    before = history(anki, card)
    anki.install(package(OWN.replace('back: "{{Action}}"', 'back: "It {{Action}}"'), NOW + DAY))
    assert anki.cards()[0].answer.endswith("It flexes")
    assert history(anki, card) == before


def own_css(anki: Anki, name: str) -> str:
    css: str = anki.col.models.by_name(name)["css"]
    return css


def add_own_css(anki: Anki, name: str) -> None:
    kind = anki.col.models.by_name(name)
    kind["css"] += "/* mine */"
    anki.col.models.update_dict(kind)
    anki.col.db.execute("update notetypes set mtime_secs = ? where id = ?", NOW + 10, kind["id"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("back: A1", "back: A2"),
        ("id: one", "tags: [x], id: one"),
        ("cards:", "# a comment\ndescription: new\ntopic: New\ncards:"),
        ("A1}", "A1}\n- {cloze: 'another {{c1::note type}}'}"),
    ],
)
def test_a_learners_own_css_stays_if_only_cards_changed(anki: Anki, old: str, new: str) -> None:
    anki.install(package(STYLED.format("red")))
    add_own_css(anki, "Deck.one – Basic")
    anki.install(package(STYLED.format("red").replace(old, new), NOW + DAY))
    assert own_css(anki, "Deck.one – Basic").endswith("/* mine */")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Action: flexes", "Action: bends"),
        ("deck: Anatomy", "deck: Anatomy\n    tag: body"),
        ("note_types:", "# a comment\n    note_types:"),
        ("cards:", "cards:\n    - {type: Muscle, Name: Triceps, Action: extends}"),
    ],
)
def test_a_learners_own_css_stays_with_an_authors_own_note_type(anki: Anki, old: str, new: str) -> None:
    anki.install(package(OWN))
    add_own_css(anki, "Muscle")
    anki.install(package(OWN.replace(old, new), NOW + DAY))
    assert own_css(anki, "Muscle").endswith("/* mine */")


# Matched by id. Field or template added, removed, reordered, or renamed without a stable `id`: Anki makes `Name+`.


def ids(apkg: Path) -> list[Any]:
    """Return the ids of a package's note types, their fields and templates."""
    return [
        [kind["id"], [f["id"] for f in kind["flds"]], [t["id"] for t in kind["tmpls"]]]
        for kind in types_in(apkg).values()
    ]


def test_ids_of_note_types_fields_and_templates_never_change(anki: Anki) -> None:
    write({"a.png": b"png"})
    text = MANY.replace("deck: Many", "deck: Many\n    css: '.x {color: red}'")
    first = ids(package(text))
    Path("deck.one.lock").unlink()  # nor do they rest on the lock
    second = package(text.replace("red", "blue"), NOW + DAY)
    assert ids(second) == first
    assert all(number for _, fields, templates in first for number in (*fields, *templates))
    anki.install(second)
    for number, fields, templates in first:
        kind = anki.col.models.get(number)
        assert ([f["id"] for f in kind["flds"]], [t["id"] for t in kind["tmpls"]]) == (fields, templates)


def test_a_field_renamed_with_its_id_is_updated_in_place(anki: Anki) -> None:
    anki.install(package(OWN))
    card = study(anki, "Biceps")
    before = history(anki, card)
    renamed = (
        OWN.replace("[Name, Action]", "[{name: Muscle, id: Name}, Action]")
        .replace("{{Name}}", "{{Muscle}}")
        .replace("Name: Biceps", "Muscle: Biceps brachii")
        .replace("- {type", "- {id: biceps, type")
    )
    # With an id from the start, which a card needs whose first field changes.
    write({"deck.one.yaml": OWN.replace("- {type", "- {id: biceps, type")})
    anki.install(package(OWN.replace("- {type", "- {id: biceps, type"), NOW + 1))
    assert "conflicting" not in anki.install(package(renamed, NOW + DAY))
    assert [kind["name"] for kind in anki.col.models.all() if "Muscle" in kind["name"]] == ["Muscle"]
    assert {"Muscle": "Biceps brachii", "Action": "flexes"} in [note.fields for note in anki.notes()]
    assert history(anki, card) == before


def test_a_template_renamed_with_its_id_is_updated_in_place(anki: Anki) -> None:
    anki.install(package(OWN.replace("{front:", "{name: First, front:")))
    card = study(anki, "Biceps")
    before = history(anki, card)
    renamed = OWN.replace("{front:", "{name: Recall, id: First, front:").replace("flexes", "bends")
    assert anki.install(package(renamed, NOW + DAY)) == {"updated": 1}
    assert [t["name"] for t in anki.col.models.by_name("Muscle")["tmpls"]] == ["Recall"]
    assert history(anki, card) == before


BREAKING = {
    "a field added": ("[Name, Action]", "[Name, Action, Nerve]"),
    "a field removed": ("[Name, Action]", "[Name]"),
    "fields reordered": ("[Name, Action]", "[Action, Name]"),
    "a field renamed": ("Action", "Function"),
    "a template added": ("templates: [", "templates: [{name: New, front: 'x {{Action}}', back: '{{Name}}'}, "),
    "a template renamed": ("{front:", "{name: Recall, front:"),
    "the kind changed": ("fields:", "kind: cloze\n        fields:"),
    "the note type renamed": ("Muscle", "Muscles"),
    "the deck renamed": ("deck: Anatomy", "deck: Physiology"),
    "a note's type switched": ("type: Muscle, Name: Biceps, Action: flexes", "front: Biceps, back: flexes"),
}


@pytest.mark.parametrize(("old", "new"), BREAKING.values(), ids=BREAKING.keys())
def test_what_anki_cannot_follow_is_refused(old: str, new: str) -> None:
    # Design, Identity: found by comparing with the lock and refused unless --allow-breaking.
    text = OWN.replace("- {type", "- {id: biceps, type")
    package(text)
    changed = text.replace(old, new)
    if "kind" in new:
        changed = changed.replace('"{{Name}}"', '"{{cloze:Name}}"').replace("Biceps", "'{{c1::Biceps}}'")
    if new == "[Name]":
        changed = changed.replace("{{Action}}", "{{Name}}").replace(", Action: flexes", "")
    write({"deck.one.yaml": changed})
    done = built("deck.one.yaml", NOW + DAY)
    assert done.package is None, "built without a word"


def test_what_is_broken_on_purpose_breaks_no_more_than_that(anki: Anki) -> None:
    text = OWN + "    - {id: one, front: Q, back: A}\n"
    anki.install(package(text))
    card = study(anki, "Q")
    before = history(anki, card)
    changed = text.replace("deck: Anatomy", "deck: Physiology").replace("[Name, Action]", "[Name, Action, Nerve]")
    changed = changed.replace("flexes", "bends").replace("back: A}", "back: B}")
    log = anki.install(with_options(changed, NOW + DAY, BuildOptions(allow_breaking=True)))
    assert log == {"updated": 1, "conflicting": 1}
    assert {note.type for note in anki.notes()} == {"Muscle", "Physiology – Basic"}
    assert history(anki, card) == before
    # From then on it is the deck as it is: nothing to allow.
    anki.install(package(changed.replace("back: B}", "back: C}"), NOW + 2 * DAY))
    assert by_front(anki)["Q"].fields["Back"] == "C"


def test_a_learner_may_go_from_an_edition_to_the_whole(anki: Anki) -> None:
    text = "- {front: Q1, back: A}\n- {front: Q2, back: A, tags: [core]}\n- {cloze: '{{c1::Q3}}'}"
    assert anki.install(with_options(text, NOW, BuildOptions(query="tag:core"))) == {"new": 1}
    card = study(anki, "Q2")
    before = history(anki, card)
    assert anki.install(package(text, NOW + DAY)) == {"new": 2, "duplicate": 1}
    assert history(anki, card) == before
    assert anki.col.db.list("select due from cards where type = 0 order by due") == [1, 3]
    assert anki.install(with_options(text, NOW + 2 * DAY, BuildOptions(query="tag:core"))) == {"duplicate": 1}
    assert anki.healthy()


# Conditional on a field: filling it later adds the card or the typing in place, reviews kept.


@pytest.mark.parametrize(("key", "cards"), [("reverse", 2), ("typed", 1)])
def test_reverse_and_typed_may_be_set_on_a_card_that_is_studied(anki: Anki, key: str, cards: int) -> None:
    anki.install(package(TWO))
    card = study(anki, "Q1")
    before = history(anki, card)
    changed = TWO.replace("back: A1", f"back: A1, {key}: true")
    assert anki.install(package(changed, NOW + DAY)) == {"updated": 1, "duplicate": 1}
    assert [c.ordinal for c in anki.cards()] == [*range(cards), 0]
    assert history(anki, card) == before
    assert ("[[type:Back]]" in anki.cards()[0].question) == (key == "typed")
    assert anki.healthy()


def test_reverse_that_is_taken_back_leaves_a_card_for_empty_cards(anki: Anki) -> None:
    anki.install(package(TWO.replace("back: A1", "back: A1, reverse: true")))
    card = study(anki, "Q1")
    before = history(anki, card)
    anki.install(package(TWO, NOW + DAY))
    assert [list(empty.card_ids) for empty in anki.col.get_empty_cards().notes] == [[card_id(anki, "Q1", 1)]]
    assert history(anki, card) == before


# A note type named as a stock one with another id becomes `Basic+`.


@pytest.mark.parametrize("name", ["Basic", "cloze", "BASIC (AND REVERSED CARD)", "Image Occlusion", " Basic"])
def test_note_types_are_not_named_like_ankis_own(anki: Anki, name: str) -> None:
    write({"deck.one.yaml": OWN.replace("Muscle", f"'{name}'")})
    done = built("deck.one.yaml")
    if done.package:
        anki.install(done.package)
        assert not [kind["name"] for kind in anki.col.models.all() if kind["name"].endswith("+")]


@pytest.mark.parametrize("name", ["basic", "image-occlusion", "image_occlusion", "Anatomy – Basic", "muscle"])
def test_note_types_do_not_meet_the_built_in_ones(anki: Anki, name: str) -> None:
    more = f"\n    - {{front: a, back: b}}\n    - {{type: '{name}', Name: Triceps, Action: extends}}\n"
    text = OWN.replace(
        "cards:",
        f"""  '{name}':
        fields: [Name, Action]
        templates: [{{front: "{{{{Name}}}}", back: "{{{{Action}}}}"}}]
    cards:""",
    )
    write({"deck.one.yaml": text + more})
    done = built("deck.one.yaml")
    if done.package:
        anki.install(done.package)
        types = [note.type for note in anki.notes()]
        assert len(set(types)) == 3
        assert set(types) == set(types_in(done.package))  # Anki renamed none of them


# Field names with `"` `:` `{` `}`, leading `#`, outer blanks, and equal but for case, are cleaned and then conflict.


@pytest.mark.parametrize(
    "name", ['a"b', "a:b", "a{b", "a}b", "#a", "/a", "^a", " a", "a ", "", "action", "Tags", "type"]
)
def test_field_names_that_anki_would_clean_are_refused(name: str) -> None:
    write({"deck.one.yaml": OWN.replace("[Name, Action]", f"[Name, Action, '{name}']")})
    assert built("deck.one.yaml").package is None


@pytest.mark.parametrize(
    "name", ["a b", "a#b", "a.b", "a'b", "a/b", "(a)", "a,b", "日本", "Ä ö", "a\u00a0b", "a\tb", "a\nb", "<b>"]
)
def test_other_field_names_arrive_as_written_and_never_conflict(anki: Anki, name: str) -> None:
    text = OWN.replace("[Name, Action]", f"[Name, Action, {json.dumps(name)}]")
    write({"deck.one.yaml": text})
    done = built("deck.one.yaml")
    if done.package:
        anki.install(done.package)
        assert [f["name"] for f in anki.col.models.by_name("Muscle")["flds"]] == ["Name", "Action", name]
        assert anki.install(package(text.replace("flexes", "bends"), NOW + DAY)) == {"updated": 1}


@pytest.mark.parametrize("name", ['a"b', "", " a ", "日本", "a\nb", "a::b", "<b>"])
def test_template_and_note_type_names_never_conflict(anki: Anki, name: str) -> None:
    for place in ("{front:", "Muscle"):
        text = OWN.replace(place, {"{front:": f"{{name: {json.dumps(name)}, front:", "Muscle": json.dumps(name)}[place])
        Path("deck.one.lock").unlink(missing_ok=True)
        write({"deck.one.yaml": text})
        done = built("deck.one.yaml")
        if done.package:
            anki.install(done.package)
            assert anki.install(package(text.replace("flexes", f"x{place[1]}"), NOW + DAY)) == {"updated": 1}
            anki.col.remove_notes([note.id for note in anki.notes()])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[Name, Action]", "[{name: Name, id: x}, {name: Action, id: x}]"),
        ("[Name, Action]", "[{name: Name, id: Action}, Action]"),
    ],
)
def test_two_fields_do_not_share_an_id(old: str, new: str) -> None:
    write({"deck.one.yaml": OWN.replace(old, new)})
    done = built("deck.one.yaml")
    if done.package:
        ((_, fields, _),) = ids(done.package)
        assert len(set(fields)) == 2


# A template with an unknown field or an unclosed section imports, and shows an error on the card.


@pytest.mark.parametrize(
    "front", ["{{Nome}}", "{{#Name}}x", "{{Name}}{{/Name}}", "static text {{}}", "{{#Name}}{{Name}}{{/Action}}"]
)
def test_templates_that_show_an_error_are_refused(front: str) -> None:
    write({"deck.one.yaml": OWN.replace('"{{Name}}"', f"'{front}'")})
    assert built("deck.one.yaml").package is None


def test_a_note_type_that_anki_would_not_save_is_refused(anki: Anki) -> None:
    # Anki's editor wants a cloze on both sides, and two fronts that differ; who edits the type is stuck with an error.
    cloze = OWN.replace("fields:", "kind: cloze\n        fields:").replace('"{{Name}}"', '"{{cloze:Name}}"')
    write({"cloze.yaml": cloze.replace("Biceps", "'{{c1::Biceps}}'")})
    write({"twice.yaml": OWN.replace("[{front", "[{name: A, front: '{{Name}}', back: x{{Name}}}, {front")})
    for name in ("cloze.yaml", "twice.yaml"):
        done = built(name)
        if done.package:
            anki.install(done.package)
    for kind in anki.col.models.all():
        anki.col.models.update_dict(kind)  # raises what a learner would see


# Image Occlusion: cloze kind, `originalStockKind: 6`, field `tag` 0 to 4.

MASKS = """
    - id: brain
      image: brain.png
      header: Lobes
      extra: "**Four** lobes"
      masks:
      - {rect: [0.1, 0.2, 0.3, 0.1], label: frontal}
      - {ellipse: [0.5, 0.5, 0.2, 0.1]}
      - {polygon: [[0.1, 0.2], [0.3, 0.2], [0.2, 0.4]], number: 1}
"""


@pytest.mark.parametrize("hide", ["all", "one"])
def test_image_occlusion_is_ankis_own(anki: Anki, hide: str) -> None:
    write({"brain.png": b"png"})
    anki.install(package(MASKS + f"      hide: {hide}\n"))
    (note,) = anki.notes()
    seen = anki.col.get_image_occlusion_note(note.id)
    assert not seen.error
    assert seen.note.image_data == b"png"
    assert (seen.note.header, seen.note.back_extra) == ("Lobes", "<strong>Four</strong> lobes")
    assert seen.note.occlude_inactive == (hide == "all")
    assert [(o.ordinal, [s.shape for s in o.shapes]) for o in seen.note.occlusions] == [
        (1, ["rect"]),
        (2, ["ellipse"]),
        (1, ["polygon"]),
    ] or sorted((o.ordinal, sorted(s.shape for s in o.shapes)) for o in seen.note.occlusions) == [
        (1, ["polygon", "rect"]),
        (2, ["ellipse"]),
    ]
    rect = next(s for o in seen.note.occlusions for s in o.shapes if s.shape == "rect")
    assert {p.name: float(p.value) for p in rect.properties if p.name != "oi"} == {
        "left": 0.1,
        "top": 0.2,
        "width": 0.3,
        "height": 0.1,
    }
    kind = anki.col.models.by_name(note.type)
    assert kind["originalStockKind"] == 6
    assert [f["tag"] for f in kind["flds"]][:5] == [0, 1, 2, 3, 4]
    assert [card.ordinal for card in anki.cards()] == [0, 1]
    assert 'data-shape="rect"' in anki.cards()[0].question
    assert anki.healthy()


def test_a_mask_more_on_a_picture_that_is_studied(anki: Anki) -> None:
    write({"brain.png": b"png"})
    anki.install(package(MASKS))
    card = anki.col.db.scalar("select min(id) from cards")
    before = history(anki, card)
    assert anki.install(package(MASKS + "      - {rect: [0.7, 0.7, 0.1, 0.1]}\n", NOW + DAY)) == {"updated": 1}
    assert [c.ordinal for c in anki.cards()] == [0, 1, 3]
    assert history(anki, card) == before


# --- Decks ------------------------------------------------------------------------------------------------------------
# Matched by name, without regard to case; ids in the package are dropped.


def test_deck_names_nest_and_match_without_regard_to_case(anki: Anki) -> None:
    text = "deck: 'Science :: Brain'\ncards: [{id: a, front: Q, back: A}]"
    anki.install(package(text))
    assert [card.deck for card in anki.cards()] == ["Science::Brain"]
    anki.col.decks.rename(anki.col.decks.by_name("Science::Brain"), "Science::BRAIN")
    anki.install(package(text.replace("]", ", {id: b, front: Q2, back: A}]"), NOW + DAY))
    assert {card.deck for card in anki.cards()} == {"Science::BRAIN"}
    assert sorted(deck.name for deck in anki.col.decks.all_names_and_ids()) == ["Default", "Science", "Science::BRAIN"]


def test_note_types_are_renamed_with_their_deck(anki: Anki) -> None:
    anki.install(package("deck: muscle\ncards: [{id: a, front: Q, back: A}]"))
    card = study(anki, "Q")
    before = history(anki, card)
    anki.install(package("deck: Muscle\ncards: [{id: a, front: Q, back: A2}]", NOW + DAY))
    (note,) = anki.notes()
    assert (note.type, note.fields["Back"]) == ("Muscle – Basic", "A2")
    assert history(anki, card) == before


# id 1: cards go to Default; id 0: error. Empty part between `::` becomes `blank`.


@pytest.mark.parametrize("name", ["A::::B", "::A", "A::", "Default", "default", "' '", "'a :: '", '"a\\nb"'])
def test_deck_names_that_anki_would_change_are_refused(name: str) -> None:
    assert complaints(f"deck: {name}\nid: x\ncards: [{{front: a, back: b}}]")


@pytest.mark.parametrize("name", ["Ünïcode ♥", "a:b", "1", 'say "so"', "a/b\\c", "(x) [y]", "a * b_c"])
def test_other_deck_names_arrive_as_written(anki: Anki, name: str) -> None:
    text = f"deck: {json.dumps(name)}\nid: x\ncards: [{{front: a, back: b}}]"
    anki.install(package(text))
    assert [card.deck for card in anki.cards()] == [name]
    assert anki.install(package(text.replace("back: b", "back: c"), NOW + DAY)) == {"updated": 1}


def test_a_subdeck_for_each_topic(anki: Anki) -> None:
    write(
        {
            "d/deck.yaml": "deck: Body\nid: d\nsubdecks: topic\ndescription: All of it",
            "d/muscle.yaml": "cards: [{id: a, front: Q1, back: A}]",
            "d/brain/lobes.yaml": "topic: 'The lobes: four'\ncards: [{id: b, front: Q2, back: A}]",
            "d/brain/cells.yaml": "topic: 'A::B'\ncards: [{id: c, front: Q3, back: A}]",
        }
    )
    anki.install(made("d"))
    assert {card.deck for card in anki.cards()} == {"Body::Muscle", "Body::Brain::The lobes: four", "Body::Brain::A B"}
    assert sorted(tag for note in anki.notes() for tag in note.tags) == [
        "d::brain::cells",
        "d::brain::lobes",
        "d::muscle",
    ]
    # A card that the learner has moved stays where it is.
    card = study(anki, "Q1")
    anki.col.set_deck([card], anki.col.decks.id("Exam"))
    write({"d/muscle.yaml": "cards: [{id: a, front: Q1, back: A2}, {id: a2, front: Q4, back: A}]"})
    anki.install(made("d", NOW + DAY))
    decks = {note.id: next(iter(note.fields.values())) for note in anki.notes()}
    assert {decks[c.note]: c.deck for c in anki.cards()}["Q1"] == "Exam"
    assert {decks[c.note]: c.deck for c in anki.cards()}["Q4"] == "Body::Muscle"
    assert anki.healthy()


# A non-empty description overwrites the learner's; an empty one never clears.


def test_a_description(anki: Anki) -> None:
    described = "deck: D\nid: d\ndescription: |\n  **Bold** words.\ncards: [{id: a, front: Q, back: A}]"
    anki.install(package(described))
    assert anki.col.decks.by_name("D")["desc"] == "<strong>Bold</strong> words."
    anki.install(package(described.replace("Bold", "Other"), NOW + DAY))
    assert anki.col.decks.by_name("D")["desc"] == "<strong>Other</strong> words."


# Presets come only with *deck presets* on, once, and are never updated.

OPTIONS = """
    deck: D
    options:
      new_per_day: 7
      reviews_per_day: 70
      desired_retention: 0.87
      maximum_interval: 777
      learning_steps: [30s, 10m, 2h]
      relearning_steps: [1d]
      bury_siblings: yes
    cards: [{front: Q, back: A}]
"""


def test_options_come_with_the_tick(anki: Anki) -> None:
    anki.install(package(OPTIONS), presets=True)
    preset = anki.col.decks.config_dict_for_deck_id(anki.col.decks.id("D"))
    assert preset["name"] == "D"
    assert (preset["new"]["perDay"], preset["rev"]["perDay"], preset["rev"]["maxIvl"]) == (7, 70, 777)
    assert preset["desiredRetention"] == pytest.approx(0.87)
    assert (preset["new"]["delays"], preset["lapse"]["delays"]) == ([0.5, 10, 120], [1440])
    assert (preset["new"]["bury"], preset["rev"]["bury"]) == (True, True)
    assert anki.healthy()


@pytest.mark.parametrize("presets", [True, False])
def test_options_do_not_come_otherwise(anki: Anki, presets: bool) -> None:
    before = json.dumps(anki.col.decks.all_config(), sort_keys=True)
    anki.install(package(OPTIONS if not presets else TWO), presets=presets)
    assert json.dumps(anki.col.decks.all_config(), sort_keys=True) == before
    assert anki.col.decks.config_dict_for_deck_id(anki.col.decks.all()[-1]["id"])["id"] == 1


# --- Tags -------------------------------------------------------------------------------------------------------------
# A blank (U+3000 too) splits a tag; a tab is removed; `::a` becomes `blank::a`; NFC.
# Incoming `marked` and `leech` are dropped.


@pytest.mark.parametrize(
    "tag", ["a b", "a\u3000b", "a\tb", "a\u00a0b", "::a", "a::", "a::::b", "marked", "Leech", "", ":a", "a:"]
)
def test_tags_that_anki_would_change_are_refused(tag: str) -> None:
    assert complaints(f"- front: a\n  back: b\n  tags: [{json.dumps(tag)}]")


TAGS = ["core", "a::b::c", "Ünï", "日本", "a-b_c.d", "#x", "a/b", "$1", "'q'", '"q"', "-x", "😀", "a:b", "*", "a&b"]


def test_other_tags_arrive_as_written(anki: Anki) -> None:
    anki.install(package(f"- front: a\n  back: b\n  tags: {json.dumps(TAGS, ensure_ascii=False)}"))
    assert sorted(anki.notes()[0].tags) == sorted([*TAGS, "deck-one"])


def test_topics_are_tags_below_the_root(anki: Anki) -> None:
    write(
        {
            "d/deck.yaml": "deck: D\nid: d\ntag: Root::Two\ndefaults: {tags: [all]}",
            "d/A topic.yaml": "tags: [file]\ncards: [{front: Q, back: A, tags: one two}]",
            "d/x/Ärger & Ruhm.yaml": "cards: [{front: Q2, back: A}]",
        }
    )
    anki.install(made("d"))
    assert sorted(by_front(anki)["Q"].tags) == ["Root::Two::a-topic", "all", "file", "one", "two"]
    assert sorted(by_front(anki)["Q2"].tags) == ["Root::Two::x::ärger-ruhm", "all"]


# --- Media ------------------------------------------------------------------------------------------------------------
# Only files that a field names, or whose name starts with `_`, are taken.


def files(anki: Anki) -> dict[str, bytes]:
    """Return the learner's media."""
    return {path.name: path.read_bytes() for path in Path(anki.col.media.dir()).iterdir()}


def media(anki: Anki) -> dict[str, bytes]:
    """Return the learner's media, and hold that Anki misses none and finds none too many."""
    checked = anki.col.media.check()
    assert list(checked.missing) == []
    assert [name for name in checked.unused if not name.startswith("_")] == []
    return files(anki)


def test_only_files_in_use_are_packed_under_the_hash_of_their_contents(anki: Anki) -> None:
    write({"a.png": b"A", "b.PNG": b"B", "unused.png": b"C", "a.mp3": b"D", "a.yaml.bak": b"E"})
    anki.install(package("- front: '![](a.png)'\n  back: '![](b.PNG) ![](a.mp3) [sound:a.mp3]'"))
    assert sorted(media(anki)) == ["a-3f39d5c348e5.mp3", "a-559aead08264.png", "b-df7e70e50215.png"]


def test_changed_bytes_are_a_new_file_and_an_updated_note(anki: Anki) -> None:
    # Same name, new bytes: comes in as `name-<sha1>` for notes that were updated, never for others.
    text = "- {id: a, front: '![](a.png)', back: A}\n- {id: b, front: Q2, back: A2}"
    write({"a.png": b"old"})
    anki.install(package(text))
    write({"a.png": b"new"})
    assert anki.install(package(text, NOW + DAY)) == {"updated": 1, "duplicate": 1}
    (shown,) = [note.fields["Front"] for note in anki.notes() if "img" in note.fields["Front"]]
    assert [contents for name, contents in files(anki).items() if name in shown] == [b"new"]


def test_two_files_of_one_name_both_survive(anki: Anki) -> None:
    write({"d/deck.yaml": "deck: D", "d/x/a.png": b"X", "d/y/a.png": b"Y", "d/a.png": b"root"})
    for topic in "xy":
        write({f"d/{topic}/{topic}.yaml": f"cards: [{{id: {topic}, front: '![](a.png)', back: A}}]"})
    write({"d/z.yaml": "cards: [{front: '![](a.png) ![](x/a.png) ![](y/a.png)', back: A}]"})
    anki.install(made("d"))
    assert sorted(media(anki).values()) == [b"X", b"Y", b"root"]
    shown = {note.tags[0]: note.fields["Front"] for note in anki.notes()}
    assert [contents for name, contents in files(anki).items() if name in shown["d::x::x"]] == [b"X"]


# Names: NFC, at most 120 bytes, none of `[]<>:"/?*^\|` and control characters, not CON and its like.

NAMED = [
    "two words.png",
    "cafe\u0301 nfd.png",
    "café nfc.png",
    "漢字.png",
    "a" * 200 + ".png",
    "漢" * 80 + ".png",
    "x." + "y" * 150,
    "[1].png",
    "a(1).png",
    "a&b.png",
    "a'b.png",
    'a"b.png',
    "a%20b.png",
    "100%.png",
    "a#b.png",
    "a+b=c.png",
    "UPPER.PNG",
    "a?b.png",
    "a*b^c|d.png",
    "CON.png",
    "con",
    ".hidden.png",
    "_under.png",
    "-dash.png",
    "a\u200bb.png",
    "emoji 🧠.png",
    "a..b...png",
    "no ending",
    "trailing .png",
    "a,b;c.png",
    "a\u00a0b.png",
    "$x$.png",
    "Ｆull.png",
    "ﬁ.png",
    "İ.PNG",
]


@pytest.mark.parametrize("name", NAMED)
def test_odd_names_arrive_and_are_found(anki: Anki, name: str) -> None:
    write({name: name.encode()})
    html = '<img src="' + name.replace("&", "&amp;").replace('"', "&quot;") + '">'
    apkg = package(f"- {{front: {json.dumps(html, ensure_ascii=False)}, back: x, markup: html}}")
    anki.install(apkg)
    ((stored, contents),) = media(anki).items()
    assert contents == name.encode()
    assert len(stored.encode()) <= 120
    assert f'src="{stored}"' in anki.notes()[0].fields["Front"]


MARKED = {
    "blank": ("![](two words.png)", "two words.png"),
    "escaped blank": ("![](two%20words.png)", "two words.png"),
    "angle brackets": ("![](<two words.png>)", "two words.png"),
    "brackets": ("![](a(1).png)", "a(1).png"),
    "title": ('![alt](a.png "a title")', "a.png"),
    "entity": ("![](a&amp;b.png)", "a&b.png"),
    "folder": ("![](pics/a.png)", "pics/a.png"),
    "dot": ("![](./pics/../a.png)", "a.png"),
    "media folder": ("![](a.png)", "media/a.png"),
    "reference": ("![a][1]\n\n[1]: a.png", "a.png"),
    "in a cloze": ("{{c1::![](a.png)}}", "a.png"),
    "accents": ("![](é.png)", "é.png"),
    "alt with data": ("![the data = 5](a.png)", "a.png"),
    "alt with src": ("![src=b](a.png)", "a.png"),
    "alt with quotes": ('![a "b" > c](a.png)', "a.png"),
    "upper case tag": ("<IMG SRC=a.png>", "a.png"),
    "greater-than in alt": ('<img alt="a > b" src="a.png">', "a.png"),
    "data-src": ('<img data-src="x" src="a.png">', "a.png"),
    "line break": ('<img\n  src="a.png">', "a.png"),
    "poster": ('<video poster="a.png"></video>', "a.png"),
    "embed": ('<embed src="a.png">', "a.png"),
    "srcset": ('<img src="a.png" srcset="a.png 2x">', "a.png"),
    "picture": ('<picture><source srcset="a.png"><img src="a.png"></picture>', "a.png"),
    "style": ("<div style=\"background: url('a.png')\">x</div>", "a.png"),
    "link": ("[a picture](a.png)", "a.png"),
}


@pytest.mark.parametrize(("markdown", "file"), MARKED.values(), ids=MARKED.keys())
def test_every_way_to_name_a_file(anki: Anki, markdown: str, file: str) -> None:
    # Whatever a card shows is there under the name that it asks for; or the author is told that it will not be.
    write({file: b"picture"})
    card = (
        {"cloze": markdown}
        if "{{c" in markdown
        else {"front": f"{markdown} x" if "\n" not in markdown else markdown, "back": "x"}
    )
    write({"deck.one.yaml": json.dumps([card])})
    done = built("deck.one.yaml")
    assert done.package, [problem.message for problem in done.problems]
    anki.install(done.package)
    shown = next(iter(anki.notes()[0].fields.values()))
    arrived = [name for name in files(anki) if name in shown]
    assert done.problems or (arrived and file not in shown)


def test_a_name_typed_in_nfc_finds_the_file_that_a_mac_wrote_in_nfd(anki: Anki) -> None:
    write({"cafe\u0301.png": b"picture"})
    anki.install(package("- {front: '![](caf\u00e9.png)', back: x}"))
    assert list(media(anki).values()) == [b"picture"]


def test_a_source_is_text_and_plays_no_sound(anki: Anki) -> None:
    # No file is looked for there, so Anki must not look for one either.
    anki.install(package("- {front: a, back: b, source: 'see [sound:x.mp3] and <img src=y.png>'}"))
    assert media(anki) == {}


# Those named in templates, CSS, `url()` are dropped unless `_`-named.


def test_files_of_css_and_templates_arrive(anki: Anki) -> None:
    named = ("front.png", "f.mp3", "inline.png", "back.png", "more.css", "f.woff2", "css.png", "b.mp3")
    write({f"d/{name}": name.encode() for name in named})
    write(
        {
            "d/deck.yaml": """
                deck: D
                css: style.css
                note_types:
                  T: {fields: [A], templates: [{front: front.html, back: "<img src='back.png'>{{A}}[sound:b.mp3]"}]}
            """,
            "d/front.html": """
                <img src=front.png><audio src='f.mp3'></audio>
                <b style="background:url(inline.png)">{{A}}</b>
            """,
            "d/style.css": """
                @import 'more.css';
                @font-face {src: url( "f.woff2" ) format('x')}
                .a {background: url(css.png)}
            """,
            "d/cards.yaml": "cards: [{type: T, A: a}, {front: Q, back: A}]",
        }
    )
    anki.install(made("d"))
    assert all(name.startswith("_") for name in files(anki))
    kind = anki.col.models.by_name("T")
    text = kind["css"] + kind["tmpls"][0]["qfmt"] + kind["tmpls"][0]["afmt"]
    assert sorted(c.decode() for name, c in files(anki).items() if name in text) == sorted(named)


def one_type(front: str) -> str:
    """Return a deck with one note of one note type of its own."""
    kind = {"fields": ["A"], "templates": [{"front": front, "back": "{{A}}"}]}
    return json.dumps({"note_types": {"T": kind}, "cards": [{"type": "T", "A": "a"}]})


DESIGNS = {
    "a style attribute": ('<b style="background:url(a.png)">{{A}}</b>', 'style="background:url("'),
    "an SVG in CSS": (
        "<style>b{background:url('data:image/svg+xml,<svg xmlns=\"x\"/>')}</style>{{A}}",
        'xmlns="x"/>")',
    ),
}


@pytest.mark.parametrize(("front", "broken"), DESIGNS.values(), ids=DESIGNS.keys())
def test_a_design_is_not_broken_by_naming_its_files(front: str, broken: str) -> None:
    write({"a.png": b"png"})
    apkg = package(one_type(front))
    assert broken not in types_in(apkg)["T"]["tmpls"][0]["qfmt"]


@pytest.mark.parametrize(
    "front", ["<script src='a.js'></script>{{A}}", "<link rel=stylesheet href=a.js>{{A}}", "{{A}}[sound:a.js]"]
)
def test_every_file_that_a_template_names_arrives_or_is_reported(anki: Anki, front: str) -> None:
    write({"a.js": b"js", "deck.one.yaml": one_type(front)})
    done = built("deck.one.yaml")
    assert done.package
    anki.install(done.package)
    assert done.problems or files(anki)


def test_a_file_that_changes_in_css_is_a_new_file(anki: Anki) -> None:
    # `_` files are never replaced.
    write({"a.png": b"old"})
    text = "css: '.x {background: url(a.png)}'\ncards: [{id: a, front: Q, back: A}]"
    anki.install(package(text))
    write({"a.png": b"new"})
    anki.install(package(text, NOW + DAY))
    css = own_css(anki, "Deck.one – Basic")
    assert [contents for name, contents in files(anki).items() if name in css] == [b"new"]


def test_a_file_that_anki_leaves_out_for_its_size_is_refused() -> None:
    write({"deck.one.yaml": "- {front: '![](huge.png)', back: x}"})
    with Path("huge.png").open("wb") as huge:
        huge.truncate(100 * 1024 * 1024 + 1)
    assert built("deck.one.yaml").package is None


# A link among media is followed: contents from outside the deck get packed. Listed but missing: the import fails.


@pytest.mark.parametrize(
    "card",
    [
        "{front: '![](missing.png)', back: A}",
        "{front: '![](../secret.png)', back: A}",
        "{front: '![](sub/../../secret.png)', back: A}",
        "{front: '![](%2e%2e/secret.png)', back: A}",
        "{front: '![](..%2fsecret.png)', back: A}",
        "{front: '![](/etc/hostname)', back: A}",
        "{front: '[sound:/etc/hostname]', back: A}",
        "{front: '<img src=../secret.png>', back: A}",
        "{front: '<object data=/etc/hostname></object>', back: A}",
        "{front: '![](link.png)', back: A}",
        "{front: '![](linked/secret.png)', back: A}",
        "{front: '![](hidden/link)', back: A}",
        "{front: '![](dangling.png)', back: A}",
        "{front: '![](folder)', back: A}",
        "{front: '![](fifo)', back: A}",
        "{image: ../secret.png, masks: [{rect: [0, 0, 1, 1]}]}",
        "{image: link.png, masks: [{rect: [0, 0, 1, 1]}]}",
    ],
)
def test_media_from_elsewhere_are_refused(card: str) -> None:
    write(
        {
            "secret.png": b"secret",
            "elsewhere/secret.png": b"secret",
            "d/deck.yaml": "deck: D",
            "d/c.yaml": f"cards: [{card}]",
        }
    )
    for folder in ("d/sub", "d/folder", "d/hidden"):
        Path(folder).mkdir()
    Path("d/link.png").symlink_to("../secret.png")
    Path("d/linked").symlink_to("../elsewhere")
    Path("d/hidden/link").symlink_to("/etc/hostname")
    Path("d/dangling.png").symlink_to("nowhere.png")
    os.mkfifo("d/fifo")
    assert [problem.code for problem in problems_of("d") if str(problem.severity) == "error"]
    assert built("d").package is None


# --- What learners see ------------------------------------------------------------------------------------------------

SIDES = {
    "math": (
        r"{{c1::$\frac{a}{b^{2}}$}} and {{c2::$x$}}",
        r"\(\frac{a}{b^{2} }\)",
    ),
    "a cloze in math": (r"$\frac{{{c1::a}}}{b}$ {{c2::x}}", None),
    "display math": (r"{{c1::$$\sum_{i=1}^{n_{k}}$$}} {{c2::x}}", r"\[\sum_{i=1}^{n_{k} }\]"),
    "MathJax's own": (r"{{c1::\(a_{b_{c}}\)::hint}} {{c2::x}}", r"\(a_{b_{c} }\)"),
    "code": ("{{c1::`f{g{}}`}} {{c2::x}}", "f{g{"),
    "colons": ("{{c1::`std::vector`::hint}} {{c2::x}}", "std:"),
    "less-than": ("{{c1::$a < b$}} {{c2::x}}", r"\(a &lt; b\)"),
}


@pytest.mark.parametrize(("cloze", "shown"), SIDES.values(), ids=SIDES.keys())
def test_math_and_clozes_side_by_side(anki: Anki, cloze: str, shown: str | None) -> None:
    anki.install(package(f"- {{cloze: '{cloze}'}}"))
    first, second = anki.cards()
    for card in (first, second):
        for side in (card.question, card.answer):
            text = side.split("</style>")[-1]
            assert "{{c" not in text
            assert "}}" not in text
            assert "::" not in text.replace("std::vector", "")
    hidden = first.question.split("</style>")[-1]
    assert ("[hint]" if "hint" in cloze else "[...]") in hidden
    if shown:
        body = hidden.split('data-cloze="')
        assert shown not in body[0] + "".join(part.partition('">')[2] for part in body[1:])
        assert shown in first.answer
        assert shown in second.question


@pytest.mark.parametrize(
    ("language", "direction"), [("ar", "rtl"), ("he-IL", "rtl"), ("en", "ltr"), ("ks-Deva", "ltr")]
)
def test_right_to_left(anki: Anki, language: str, direction: str) -> None:
    anki.install(
        package(f"language: {language}\ncards: [{{front: Q, back: A, reverse: true}}, {{cloze: '{{{{c1::x}}}}'}}]")
    )
    for card in anki.cards():
        assert f'lang="{language}" dir="{direction}"' in card.question
        assert f'lang="{language}" dir="{direction}"' in card.answer


# --- Two decks in one collection --------------------------------------------------------------------------------------


def test_two_decks_do_not_disturb_each_other(anki: Anki) -> None:
    card = "css: '.x {{color: {}}}'\ncards: [{{id: a, front: Q {}, back: A}}, {{cloze: '{{{{c1::Q}}}}'}}]"
    write({"one.yaml": card.format("red", "one"), "two.yaml": card.format("blue", "two")})
    for name in ("one", "two"):
        assert anki.install(made(f"{name}.yaml", output=f"{name}.apkg")) == {"new": 2}
    first = study(anki, "Q one")
    before = history(anki, first), own_css(anki, "One – Basic")
    write({"two.yaml": card.format("green", "two").replace("back: A", "back: B")})
    assert anki.install(made("two.yaml", NOW + DAY, "two.apkg")) == {"updated": 1, "duplicate": 1}
    assert (history(anki, first), own_css(anki, "One – Basic")) == before
    assert sorted({card.deck for card in anki.cards()}) == ["One", "Two"]
    assert anki.install(made("one.yaml", NOW + DAY, "one.apkg")) == {"duplicate": 2}
    assert anki.healthy()


def test_a_learner_who_has_a_note_type_and_a_deck_of_the_same_names(anki: Anki) -> None:
    anki.add_type("Deck.one – Basic", ["Front", "Back"], ["{{Front}}"])
    anki.col.decks.id("deck.ONE")
    assert anki.install(package(TWO)) == {"new": 2}
    assert anki.install(package(TWO.replace("A1", "A3"), NOW + DAY)) == {"updated": 1, "duplicate": 1}
    assert {card.deck for card in anki.cards()} == {"deck.ONE"}
    assert anki.healthy()


def test_the_old_and_the_new_of_everything_in_one_go(anki: Anki) -> None:
    # An author's year: every kind of note changes, one goes, one comes, and the learner has studied all.
    write({"a.png": b"png"})
    anki.install(package(MANY))
    cards = anki.col.db.list("select id from cards order by id")
    for card in cards:
        anki.col.db.execute("update cards set type = 2, queue = 2, ivl = 9, due = 99, reps = 3 where id = ?", card)
    before = {card: history(anki, card) for card in cards}
    changed = (
        MANY.replace("back: b", "back: c").replace("Stem: put", "Stem: put, Past: put").replace("extra: e", "extra: f")
    )
    assert "conflicting" not in anki.install(package(changed + "    - {front: last, back: z}\n", NOW + DAY))
    assert {card: history(anki, card) for card in cards} == before
    assert [n.fields for n in anki.notes() if n.fields.get("Stem") == "put"][0]["Past"] == "put"  # noqa: RUF015
    assert anki.healthy()
