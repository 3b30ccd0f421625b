"""Who a card is: what the lock keeps of it, what a build says of it, what becomes of it when branches are merged."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deckgen.clock import PATIENCE, RELEASED
from deckgen.discover import find_decks
from deckgen.pipeline import Targets, check
from deckgen.readers.apkg import read_package
from tests.conftest import NOW, built, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from deckgen.diagnostics import Diagnostic

DAY = 86_400
HEAD = {"d/deck.yaml": "deck: D"}


def guids(path: str | Path = "d", now: int = NOW) -> dict[str, str]:
    """Build the deck and return the guids of its notes by their questions."""
    done = built(path, now)
    assert done.package, [f"{p.span} {p.message}" for p in done.problems]
    return {note.fields[0]: guid for guid, note in read_package(done.package).notes.items()}


def said(path: str = "d") -> list[Diagnostic]:
    ((files,), _) = find_decks([Path(path)])
    return check(files, Targets(Path("build")), NOW, lambda _: None)


# --- Cards without ids ------------------------------------------------------------------------------------------------


def test_a_reworded_card_stays_who_it_is_and_both_places_are_told() -> None:
    write({**HEAD, "d/a.yaml": "- {front: What does yeast feed on?, back: Sugar}"})
    before = guids()
    write({"d/a.yaml": "- {front: new, back: card}\n- {front: On what does yeast feed?, back: Sugar}"})
    (problem,) = said()
    assert (str(problem.span), problem.code, problem.severity) == ("d/a.yaml:2:3", "kept-by-likeness", "advice")
    (related,) = problem.related
    assert (str(related.span), related.message) == ("d/a.yaml", "it was: What does yeast feed on? / Sugar")
    assert guids()["On what does yeast feed?"] == before["What does yeast feed on?"]


def test_both_places_are_in_json_and_sarif(command: Callable[..., tuple[int, str, str]]) -> None:
    write({**HEAD, "d/a.yaml": "- {front: What does yeast feed on?, back: Sugar}"})
    built("d")
    Path("d/a.yaml").unlink()
    write({"d/b.yaml": "- {front: What does yeast *mostly* feed on?, back: Sugar}"})
    (problem,) = json.loads(command("check", "d", "--format", "json")[1])
    assert problem["span"] == {"file": "d/b.yaml", "line": 1, "column": 3}
    assert problem["related"][0]["span"]["file"] == "d/a.yaml"
    (result,) = json.loads(command("check", "d", "--format", "sarif")[1])["runs"][0]["results"]
    assert result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "d/a.yaml"


def test_of_two_alike_the_unchanged_one_is_itself() -> None:
    write({**HEAD, "d/a.yaml": "- {front: Who wrote *Emma*?, back: Austen}"})
    before = guids()
    write({"d/a.yaml": "- {front: Who really wrote *Emma*?, back: Austen}\n- {front: Who wrote *Emma*?, back: Austen}"})
    after = guids()
    assert after["Who wrote <em>Emma</em>?"] == before["Who wrote <em>Emma</em>?"]
    assert len(set(after.values())) == 2


def test_the_card_of_the_same_file_goes_before_one_of_another() -> None:
    write({**HEAD, "d/a.yaml": "- {front: q one, back: same}", "d/b.yaml": "- {front: q one two, back: same}"})
    before = guids()
    write({"d/a.yaml": "- {front: q one two three, back: same}", "d/b.yaml": "- {front: x, back: y}"})
    assert guids()["q one two three"] == before["q one"]


def test_cards_of_a_file_that_was_split_and_reworded_keep_their_history() -> None:
    cards = [f"- {{front: What is the job of organ Number{n}?, back: job{n}}}" for n in range(6)]
    write({**HEAD, "d/a.yaml": "\n".join(cards)})
    before = guids()
    half = [card.replace("What is the job", "What exactly is the job") for card in cards]
    write({"d/a.yaml": "\n".join(half[:3]), "d/b.yaml": "\n".join(half[3:])})
    assert sorted(guids().values()) == sorted(before.values())


def test_a_deleted_card_and_another_added_are_two() -> None:
    write({**HEAD, "d/a.yaml": "- {front: What is the capital of France?, back: Paris}"})
    before = guids()
    write({"d/a.yaml": "- {front: What is the capital of Spain?, back: Madrid}"})
    assert said() == []
    assert set(guids().values()).isdisjoint(before.values())


def test_a_card_with_a_new_id_is_another_card_however_alike() -> None:
    write({**HEAD, "d/a.yaml": "- {front: What does yeast feed on?, back: Sugar}"})
    before = guids()
    write({"d/a.yaml": "- {id: new, front: On what does yeast feed?, back: Sugar}"})
    assert said() == []
    assert set(guids().values()).isdisjoint(before.values())


@pytest.mark.parametrize(
    ("old", "new"), [("", "id: a, "), ("id: a, ", ""), ("id: a, ", "id: b, ")], ids=["given", "taken", "renamed"]
)
def test_an_id_may_be_given_taken_or_renamed_while_the_question_stays(old: str, new: str) -> None:
    write({**HEAD, "d/a.yaml": f"- {{{old}front: Q, back: A}}\n- {{front: other, back: B}}"})
    before = guids()
    write({"d/a.yaml": "- {front: other, back: B}", "d/b.yaml": f"- {{{new}front: Q, back: A2}}"})
    assert guids(now=NOW + DAY) == before


def test_cards_that_ask_the_same_go_by_their_answers() -> None:
    write({**HEAD, "d/a.yaml": "- {front: Q, back: first answer}\n- {front: Q, back: the second}"})
    before = {n.fields[1]: guid for guid, n in read_package(built("d").package or Path()).notes.items()}
    write({"d/a.yaml": "- {front: Q, back: the second one}\n- {front: Q, back: first answer}\n- {front: Q, back: 3}"})
    after = {n.fields[1]: guid for guid, n in read_package(built("d").package or Path()).notes.items()}
    assert after["first answer"] == before["first answer"]
    assert after["the second one"] == before["the second"]
    assert len(set(after.values())) == 3


def test_five_thousand_cards_reworded_at_once_take_seconds_and_not_hours() -> None:
    def cards(words: str) -> str:
        return "\n".join(f"- {{front: {words} Thing{n} made of, back: stuff{n * 7}}}" for n in range(5_000))

    write({**HEAD, "d/a.yaml": cards("What is")})
    before = guids()
    write({"d/a.yaml": cards("What mostly is")})
    assert sorted(guids().values()) == sorted(before.values())


def test_thousands_of_cards_that_ask_the_same_go_by_their_answers_in_seconds() -> None:
    cards = [f"- {{front: What is this?, back: thing {n}}}" for n in range(3_000)]
    write({**HEAD, "d/a.yaml": "\n".join(cards)})
    before = {n.fields[1]: guid for guid, n in read_package(built("d").package or Path()).notes.items()}
    Path("d/a.yaml").unlink()
    write({"d/b.yaml": "\n".join(reversed(cards))})
    after = {n.fields[1]: guid for guid, n in read_package(built("d").package or Path()).notes.items()}
    assert after == before


# --- The lock ---------------------------------------------------------------------------------------------------------


def test_the_first_version_of_the_lock_is_still_read() -> None:
    write({**HEAD, "d/a.yaml": "- {id: a, front: Q1, back: A}\n- {front: Q2, back: A}"})
    before = guids()
    lines = Path("d/deck.lock").read_text().splitlines()
    old = [" ".join(line.split("\t")[0].split(" ")[:6]) if line.startswith("note ") else line for line in lines]
    Path("d/deck.lock").write_text("\n".join(["deckgen-lock 1", *old[1:-1]]) + "\n")
    done = built("d", NOW + DAY)
    assert (done.added, done.changed, done.gone) == (0, 0, 0)
    assert guids() == before
    assert Path("d/deck.lock").read_text().splitlines() == lines


def test_a_lock_that_is_cut_at_any_byte_is_told_from_a_whole_one() -> None:
    write({**HEAD, "d/a.yaml": "- {id: a, front: Q1, back: A}\n- {front: Q2, back: A}"})
    built("d")
    whole = Path("d/deck.lock").read_bytes()
    for length in range(len(whole)):
        Path("d/deck.lock").write_bytes(whole[:length])
        assert [p.code for p in said()] in (["lock-broken"], ["lock-newer"]), length


def test_a_lock_that_is_no_file() -> None:
    write({**HEAD, "d/a.yaml": "- {front: Q, back: A}", "d/deck.lock/x": ""})
    assert [p.code for p in said()] == ["lock-broken"]


def test_a_lost_lock_is_told_and_cards_with_ids_keep_their_guids() -> None:
    write({"one.yaml": "- {id: a, front: Q1, back: A}\n- {front: Q2, back: A}"})
    first = built("one.yaml", output="build/one.apkg").package
    assert first
    before = set(read_package(first).notes)
    Path("one.lock").unlink()
    write({"one.yaml": "- {id: a, front: Other, back: A}\n- {front: Q2, back: A}"})
    done = built("one.yaml", output="build/one.apkg")
    assert [p.code for p in done.problems] == ["lock-missing"]
    assert "1 card with an id" in done.problems[0].message
    assert done.package
    assert set(read_package(done.package).notes) == before


def test_a_first_build_does_not_miss_a_lock() -> None:
    write({"one.yaml": "- {front: Q2, back: A}"})
    assert built("one.yaml").problems == []


@pytest.mark.parametrize("now", [RELEASED + PATIENCE + 1, RELEASED + 70 * 365 * DAY, 2**39])
def test_a_clock_far_ahead_dates_nothing(now: int) -> None:
    write({"one.yaml": "- {id: a, front: Q, back: A}"})
    built("one.yaml", RELEASED)
    write({"one.yaml": "- {id: a, front: Q, back: B}"})
    done = built("one.yaml", now)
    assert [p.code for p in done.problems] == ["clock-ahead"]
    assert done.package
    ((note),) = read_package(done.package).notes.values()
    assert note.time == RELEASED + 1


# --- Subdecks ---------------------------------------------------------------------------------------------------------

NESTED = {"d/deck.yaml": "deck: D\nsubdecks: topic", "d/a.yaml": "topic: Arm\ncards: [{id: x, front: Q, back: A}]"}


def test_a_subdeck_with_another_name_is_a_renamed_deck() -> None:
    write(NESTED)
    built("d")
    write({"d/a.yaml": "topic: Upper arm\ncards: [{id: x, front: Q, back: A}]"})
    (problem,) = said()
    assert problem.code == "breaking-change"
    assert "'D::Arm' is now called 'D::Upper arm'" in problem.message


LEG = "topic: Leg\ncards: [{id: %s, front: %s, back: A}]"


@pytest.mark.parametrize(
    "files",
    [
        {"d/b.yaml": LEG % ("y", "R")},
        {"d/a.yaml": NESTED["d/a.yaml"].replace("x, front: Q", "z, front: S"), "d/b.yaml": LEG % ("x", "Q")},
    ],
    ids=["a topic more", "a card moved"],
)
def test_other_changes_of_subdecks_are_none(files: dict[str, str]) -> None:
    write(NESTED)
    built("d")
    write(files)
    assert said() == []


# --- Branches ---------------------------------------------------------------------------------------------------------


def git(*arguments: str, fails: bool = False) -> str:
    names = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *names, *arguments], capture_output=True, text=True, check=False)
    assert fails or done.returncode == 0, done.stdout + done.stderr
    return done.stdout


CARDS = [f"- {{front: Question number {n}?, back: Answer{n}}}" for n in range(20)]
NAMED = [card.replace("{front", f"{{id: card-{n}, front") for n, card in enumerate(CARDS)]


def repository(cards: list[str], *, union: bool = True) -> dict[str, str]:
    """Make a repository with a deck that was built and committed; return its guids."""
    git("init", "-q", "-b", "main")
    write({**HEAD, "d/a.yaml": "\n".join(cards) + "\n", ".gitattributes": "*.lock merge=union\n" if union else ""})
    found = guids()
    git("add", "d", ".gitattributes")
    git("commit", "-qm", "release")
    return found


def branch(name: str, cards: list[str], now: int) -> dict[str, str]:
    """Make a branch from main with these cards, built and committed."""
    git("checkout", "-q", "-b", name, "main")
    write({"d/a.yaml": "\n".join(cards) + "\n"})
    found = guids(now=now)
    git("commit", "-qam", name)
    return found


def edited(cards: list[str], number: int, old: str, new: str) -> list[str]:
    return [card.replace(old, new) if n == number else card for n, card in enumerate(cards)]


@pytest.mark.parametrize("cards", [CARDS, NAMED], ids=["without ids", "with ids"])
@pytest.mark.parametrize("union", [True, False], ids=["union", "by hand"])
def test_two_branches_that_add_and_edit_cards_merge(cards: list[str], union: bool) -> None:
    before = repository(cards, union=union)
    ours = branch("ours", ["- {front: Ours?, back: O}", *edited(cards, 4, "number", "of number")], NOW + DAY)
    branch("theirs", [*edited(cards, 15, "number", "with number"), "- {front: Theirs?, back: T}"], NOW + 2 * DAY)
    git("checkout", "-q", "ours")
    git("merge", "-q", "theirs", fails=not union)
    text = Path("d/deck.lock").read_text()
    if not union and "<<<<<<<" in text:
        assert [p.code for p in said()] == ["lock-conflict"]
        kept = [line for line in text.splitlines() if line[:7] not in ("<<<<<<<", "=======", ">>>>>>>")]
        Path("d/deck.lock").write_text("\n".join(kept) + "\n")
    assert "<<<<<<<" not in Path("d/a.yaml").read_text()
    merged = guids(now=NOW + 3 * DAY)
    assert len(merged) == 22
    assert set(before.values()) <= set(merged.values())
    assert merged["Ours?"] == ours["Ours?"]
    assert guids(now=NOW + 4 * DAY) == merged
    assert (built("d", NOW + 5 * DAY).added, built("d", NOW + 5 * DAY).changed) == (0, 0)


def test_one_card_edited_on_both_branches() -> None:
    before = repository(CARDS)
    branch("ours", edited(CARDS, 4, "number", "of number"), NOW + DAY)
    branch("theirs", edited(CARDS, 4, "number", "with number"), NOW + 2 * DAY)
    git("merge", "-q", "ours", fails=True)
    write({"d/a.yaml": "\n".join(edited(CARDS, 4, "number", "of number")) + "\n"})  # the author decides
    done = built("d", NOW + 3 * DAY)
    assert done.package, done.problems
    merged = {note.fields[0]: note for note in read_package(done.package).notes.values()}
    assert {note.guid for note in merged.values()} == set(before.values())
    assert merged["Question of number 4?"].time >= NOW + 3 * DAY, "newer than what either branch may have published"


def test_a_card_deleted_on_one_branch_and_edited_on_the_other() -> None:
    before = repository(NAMED)
    branch("ours", edited(NAMED, 4, "Answer4", "Better4"), NOW + DAY)
    branch("theirs", [card for n, card in enumerate(NAMED) if n != 4], NOW + 2 * DAY)
    git("merge", "-q", "ours", fails=True)
    write({"d/a.yaml": "\n".join(edited(NAMED, 4, "Answer4", "Better4")) + "\n"})
    assert guids(now=NOW + 3 * DAY) == before


def test_two_branches_that_both_build_first() -> None:
    git("init", "-q", "-b", "main")
    write({**HEAD, "d/a.yaml": "\n".join(NAMED) + "\n", ".gitattributes": "*.lock merge=union\n"})
    git("add", "d/a.yaml", "d/deck.yaml", ".gitattributes")
    git("commit", "-qm", "cards")
    for name, now in (("ours", NOW), ("theirs", NOW + DAY)):
        git("checkout", "-q", "-b", name, "main")
        before = guids(now=now)
        git("add", "d/deck.lock")
        git("commit", "-qm", name)
    git("merge", "-q", "ours", fails=True)
    assert guids(now=NOW + 2 * DAY) == before
