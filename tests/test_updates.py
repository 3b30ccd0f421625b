"""The promise, tried at random: an author edits and publishes, a learner studies and imports, and no review is lost.

Sequences of an author's edits, builds (some never published, some by a clock that is wrong) and a learner's imports,
reviews, edits and tags are played against Anki's own engine. Time is ours: the clocks of author and learner agree,
unless the author's is wrong on purpose.

    DECKGEN_SEQUENCES=1000 pytest -s tests/test_updates.py      as many as you like, and figures at the end
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from anki.buildinfo import version as ANKI  # noqa: N812 - the version of Anki that is the judge
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from deckgen.clock import RELEASED
from deckgen.discover import find_decks
from deckgen.pipeline import Built, Targets, build, write_ids
from deckgen.readers.apkg import Package, read_package
from tests.anki_harness import Anki
from tests.author import Deck, Written, card

if TYPE_CHECKING:
    from collections.abc import Iterator

SEQUENCES = int(os.environ.get("DECKGEN_SEQUENCES", "100"))
SHARES = 4
STEPS = 30
BEGINNING = RELEASED + 30 * 86_400
HOUR, DAY, YEAR = 3_600, 86_400, 365 * 86_400
DATES_UPDATES_BY_IMPORT = tuple(map(int, ANKI.split(".")[:2])) < (25, 9)
"""Older versions date an updated note by the import, not by the package: seen in 23.12 and 24.11, not in 25.9."""

FIGURES: Counter[str] = Counter()
CLOCKS = {"right": 0, "a day slow": -DAY, "70 years fast": 70 * YEAR}


@dataclass(slots=True)
class Has:
    """What a learner has of a note, and when they or an import last wrote it."""

    fields: tuple[str, ...]
    tags: frozenset[str]
    mod: int
    received: int
    """The time of the package's note that they have, whatever they made of it."""
    content: tuple[tuple[str, ...], frozenset[str]] | None
    since: int
    """When the author first built that."""


class Story(RuleBasedStateMachine):
    """An author, a learner, and time."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp(prefix="deckgen-story-"))
        self.anki = Anki(self.place / "anki")
        self.deck = Deck(self.place / "deck")
        self.now = BEGINNING
        self.number = 0
        self.guids: dict[int, str] = {}
        self.bin: dict[int, Written] = {}
        self.known: dict[int, Written] = {}
        """Each card as it was last built."""
        self.reworded: set[int] = set()
        self.published: Path | None = None
        self.dated: dict[str, tuple[object, int, bool]] = {}
        self.has: dict[str, Has] = {}
        self.reviews: dict[int, int] = {}

    def teardown(self) -> None:
        """End each story with a release and a build that changes nothing."""
        try:
            if self.published:
                self.release("right")
                self._build_again()
                self.import_it()
                FIGURES["sequences"] += 1
        finally:
            self.anki.close()
            shutil.rmtree(self.place)

    def _build_again(self) -> None:
        """Nothing has changed: the same bytes, whatever the time."""
        first = self._build("right").package
        assert first
        before = first.read_bytes()
        self.now += DAY
        done = self._build("right")
        assert (done.added, done.changed, done.gone) == (0, 0, 0)
        assert first.read_bytes() == before

    # --- The author ---------------------------------------------------------------------------------------------------

    @initialize(
        kinds=st.lists(st.tuples(st.sampled_from(["basic", "cloze", "own"]), st.booleans()), min_size=2, max_size=5)
    )
    def begin(self, kinds: list[tuple[str, bool]]) -> None:
        for kind, named in kinds:
            self._add(kind, "a", named=named)
        self._build("right")
        self._publish()
        self.import_it()

    @rule(kind=st.sampled_from(["basic", "cloze", "own"]), file=st.sampled_from("ab"), named=st.booleans())
    def add(self, kind: str, file: str, named: bool) -> None:
        self._add(kind, file, named=named)

    @rule(data=st.data(), how=st.sampled_from(["typo", "more", "less"]))
    def reword(self, data: st.DataObject, how: str) -> None:
        each = self._some(data)
        if not each.id and each.number in self.reworded:
            return  # twice reworded without a build in between may be another card
        self.reworded.add(each.number)
        edits = {
            "typo": each.question.replace("that", "taht", 1) if "that" in each.question else f"{each.question}?",
            "more": f"{each.question} in the end",
            "less": each.question.replace("What is it that ", "What "),
        }
        self.deck.change(each.number, question=edits[how])

    @rule(data=st.data())
    def correct(self, data: st.DataObject) -> None:
        each = self._some(data)
        if each.id or (each.number not in self.reworded and each.kind != "cloze"):
            self.reworded.add(each.number)
            self.deck.change(each.number, answer=f"{each.answer} x")

    @rule(data=st.data(), tag=st.sampled_from(["core", "hard", "exam::may"]))
    def tag(self, data: st.DataObject, tag: str) -> None:
        each = self._some(data)
        self.deck.change(each.number, tags=tuple({*each.tags} ^ {tag}))

    @rule(data=st.data())
    def ask_both_ways(self, data: st.DataObject) -> None:
        each = self._some(data)
        if each.kind == "basic":
            self.deck.change(each.number, reverse=not each.reverse)

    @rule(data=st.data(), file=st.sampled_from("abc"))
    def move(self, data: st.DataObject, file: str) -> None:
        self.deck.change(self._some(data).number, file=file)

    @rule(old=st.sampled_from("abc"), new=st.sampled_from(["b", "c", "d"]))
    def rename_file(self, old: str, new: str) -> None:
        for each in self.deck.cards:
            if each.file == old:
                self.deck.change(each.number, file=new)

    @rule()
    def shuffle(self) -> None:
        self.deck.cards.reverse()

    @precondition(lambda self: len(self.deck.cards) > 1)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        each = self._some(data)
        was = self.known.get(each.number, each)
        self.bin[each.number] = each if each.id else was  # what is gone comes back only if it asks what it asked
        self.deck.cards.remove(each)

    @precondition(lambda self: self.bin)
    @rule(data=st.data())
    def bring_back(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.bin)))
        self.deck.cards.append(self.bin.pop(number))
        self.reworded.add(number)

    @rule()
    def redesign(self) -> None:
        self.deck.css += "x"

    @rule()
    def rename_a_field(self) -> None:
        self.deck.told = "Said" if self.deck.told == "Told" else "Told"

    @rule()
    def give_ids(self) -> None:
        self.deck.write()
        ((files,), _) = find_decks([self.deck.folder])
        named = write_ids(files, self.now, lambda _: None)
        assert not [p for p in named.problems if p.severity == "error"], named.problems
        FIGURES["ids written"] += sum(named.files.values())
        self._read_back()

    @rule(clock=st.sampled_from([*CLOCKS, "right", "right"]), publishes=st.booleans())
    def build(self, clock: str, publishes: bool) -> None:
        self._build(clock)
        if publishes:
            self._publish()
        else:
            FIGURES["builds never published"] += 1

    @rule(clock=st.sampled_from([*CLOCKS, "right"]))
    def release(self, clock: str) -> None:
        """Build, publish, import: what happens most."""
        self._build(clock)
        self._publish()
        self.import_it()

    @rule()
    def build_again(self) -> None:
        self._build_again()

    # --- The learner --------------------------------------------------------------------------------------------------

    @rule()
    def import_it(self) -> None:
        assert self.published
        self.now += HOUR
        package = read_package(self.published)
        expected, what = self._foresee(package)
        before = self._history()
        log = self.anki.install(self.published)
        assert log == {name: count for name, count in expected.items() if count}
        for guid in what["updated"] | what["new"]:
            note = package.notes[guid]
            mod = note.time
            if guid in what["updated"] and DATES_UPDATES_BY_IMPORT:
                mod = self.now
                self.anki.col.db.execute("update notes set mod = ? where guid = ?", mod, guid)
            content = (note.fields, frozenset(note.tags))
            self.has[guid] = Has(*content, mod, note.time, content, self.dated_in_package[guid][1])
        after = self._history()
        assert {card: after.get(card) for card in before} == before, "what a learner has of a card was touched"
        self._check_promises(package, what)
        FIGURES["imports"] += 1
        FIGURES.update({f"notes {name}": count for name, count in expected.items()})

    @precondition(lambda self: self.has)
    @rule(data=st.data())
    def review(self, data: st.DataObject) -> None:
        from anki.scheduler.v3 import CardAnswer

        col = self.anki.col
        card_id = data.draw(st.sampled_from(sorted(col.db.list("select id from cards where queue >= 0"))))
        states = col._backend.get_scheduling_states(card_id)
        each = col.get_card(card_id)
        each.start_timer()
        col.sched.answer_card(col.sched.build_answer(card=each, states=states, rating=CardAnswer.GOOD))
        self.reviews[card_id] = self.reviews.get(card_id, 0) + 1
        FIGURES["reviews"] += 1

    @precondition(lambda self: self.has)
    @rule(data=st.data(), what=st.sampled_from(["suspend", "flag", "move"]))
    def arrange(self, data: st.DataObject, what: str) -> None:
        col = self.anki.col
        card_id = data.draw(st.sampled_from(sorted(col.db.list("select id from cards"))))
        if what == "suspend":
            col.sched.suspend_cards([card_id])
        elif what == "flag":
            col.set_user_flag_for_cards(3, [card_id])
        else:
            col.set_deck([card_id], col.decks.id("Mine"))

    @precondition(lambda self: self.has)
    @rule(data=st.data(), tags=st.booleans())
    def make_it_mine(self, data: st.DataObject, tags: bool) -> None:
        guid = data.draw(st.sampled_from(sorted(self.has)))
        col = self.anki.col
        note = col.get_note(col.db.scalar("select id from notes where guid = ?", guid))
        if tags:
            note.tags = [*note.tags, "mine"]
        else:
            note.fields[1] = f"{note.fields[1]} (my own words)"
        col.update_note(note)
        self.now += HOUR
        col.db.execute("update notes set mod = ? where guid = ?", self.now, guid)
        had = self.has[guid]
        self.has[guid] = Has(tuple(note.fields), frozenset(note.tags), self.now, had.received, had.content, had.since)
        FIGURES["edits by the learner"] += 1

    # --- What must hold -----------------------------------------------------------------------------------------------

    @invariant()
    def no_review_is_lost_and_no_note_comes_twice(self) -> None:
        db = self.anki.col.db
        assert db.scalar("select count() from revlog") == sum(self.reviews.values())
        assert {
            card: db.scalar("select count() from revlog where cid = ?", card) for card in self.reviews
        } == self.reviews
        assert not set(self.reviews) - set(db.list("select id from cards"))
        guids = db.list("select guid from notes")
        assert sorted(guids) == sorted(self.has)

    def _foresee(self, package: Package) -> tuple[dict[str, int], dict[str, set[str]]]:
        """Return what Anki's log must say, by what Anki does with times."""
        what: dict[str, set[str]] = {"new": set(), "updated": set(), "duplicate": set()}
        for guid, note in package.notes.items():
            kind = "new" if guid not in self.has else "updated" if note.time > self.has[guid].mod else "duplicate"
            what[kind].add(guid)
        self._before = {guid: replace(had) for guid, had in self.has.items()}
        return {name: len(guids) for name, guids in what.items()}, what

    def _check_promises(self, package: Package, what: dict[str, set[str]]) -> None:
        notes = {note.guid: note for note in self.anki.notes()}
        for guid, note in package.notes.items():
            now = (tuple(notes[guid].fields.values()), frozenset(notes[guid].tags))
            had = self._before.get(guid)
            theirs = (note.fields, frozenset(note.tags))
            if had is None:
                assert now == theirs
            elif had.content == theirs and had.since == self.dated_in_package[guid][1]:
                # Nothing is new about it: whatever the learner made of it stays. (What was changed, built and taken
                # back counts as changed: for all that the lock knows, somebody may have got it.)
                assert note.time == had.received
                assert now == (had.fields, had.tags)
            else:
                assert note.time > had.received, "a change without a newer time never arrives"
                _, since, is_right = self.dated_in_package[guid]
                if had.mod == had.received or (is_right and had.mod < since):
                    assert guid in what["updated"]
                    assert now == theirs

    # --- The means ----------------------------------------------------------------------------------------------------

    def _add(self, kind: str, file: str, *, named: bool) -> None:
        self.number += 1
        self.deck.cards.append(card(self.number, kind, file, named=named))

    def _some(self, data: st.DataObject) -> Written:
        number = data.draw(st.sampled_from([each.number for each in self.deck.cards]))
        return next(each for each in self.deck.cards if each.number == number)

    def _build(self, clock: str) -> Built:
        self.now += HOUR
        self.deck.write()
        ((files,), problems) = find_decks([self.deck.folder])
        assert not problems
        target = self.place / "built.apkg"
        done = build(files, Targets(self.place, target), self.now + CLOCKS[clock], lambda _: None)
        assert done.package, done.problems
        package = read_package(target)
        self._know_them(package)
        self.reworded.clear()
        self.known |= {each.number: each for each in self.deck.cards}
        for (
            guid,
            note,
        ) in package.notes.items():  # when each note got what it says, and whether by a clock that is right
            content = (note.fields, frozenset(note.tags))
            if guid not in self.dated or self.dated[guid][0] != content:
                self.dated[guid] = (content, self.now, clock == "right")
        FIGURES["builds"] += 1
        FIGURES[f"builds by a clock {clock}"] += 1
        return done

    def _know_them(self, package: Package) -> None:
        """Each card has the guid that it had when it was first built, whatever has become of it."""
        found = {note.fields[0]: guid for guid, note in package.notes.items()}
        assert len(package.notes) == len(found) == len(self.deck.cards)
        for each in self.deck.cards:
            asked = f"{each.question} {{{{c1::{each.answer}}}}}" if each.kind == "cloze" else each.question
            assert self.guids.setdefault(each.number, found[asked]) == found[asked], f"{asked} is another note now"
        assert len(set(self.guids.values())) == len(self.guids)

    def _publish(self) -> None:
        self.published = self.place / "published.apkg"
        shutil.copy(self.place / "built.apkg", self.published)
        self.dated_in_package = dict(self.dated)
        FIGURES["builds published"] += 1

    def _history(self) -> dict[int, tuple[object, ...]]:
        """Return all that a learner has of each card besides its note."""
        rows = self.anki.col.db.all("select id, nid, ord, did, type, queue, due, ivl, reps, lapses, flags from cards")
        return {row[0]: tuple(row[1:]) for row in rows}

    def _read_back(self) -> None:
        """Take over the ids that were written into the files."""
        for path in self.deck.folder.glob("?.yaml"):
            for line in path.read_text("utf-8").splitlines():
                if line.startswith("- "):
                    keys = json.loads(line[2:])
                    name = keys.pop("id")
                    for each in self.deck.cards:
                        if not each.id and json.loads(self.deck.line(each)[2:]) == keys:
                            self.deck.change(each.number, id=name)
        assert all(each.id for each in self.deck.cards)


@pytest.mark.parametrize("share", range(SHARES))
def test_no_sequence_of_edits_imports_and_reviews_costs_a_learner_anything(share: int) -> None:
    seed(share)(Story)
    run_state_machine_as_test(
        Story,
        settings=settings(
            max_examples=-(-SEQUENCES // SHARES),
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=tuple(Phase) if "CI" not in os.environ else (Phase.generate,),  # shrinking may take minutes
        ),
    )


@pytest.fixture(scope="module", autouse=True)
def _figures() -> Iterator[None]:
    """Print what was played; seen with `pytest -s`."""
    yield
    print(f"\nAnki {ANKI}:", ", ".join(f"{count:,} {name}" for name, count in sorted(FIGURES.items())))
