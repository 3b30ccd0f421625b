"""`deckgen ids`: missing ids are written, every other byte stays, guids stay, and a second run changes nothing."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deckgen.discover import find_decks
from deckgen.ids import id_from, with_ids
from deckgen.pipeline import Named, write_ids
from deckgen.readers.apkg import read_package
from deckgen.yamlsource import Mapping, Sequence, load
from tests.conftest import NOW, built, write

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = 86_400


def named(path: str = "one.yaml") -> Named:
    ((files,), _) = find_decks([Path(path)])
    return write_ids(files, NOW, lambda _: None)


def after(text: str) -> str:
    """Return a file after ids were written into it."""
    write({"one.yaml": text.encode()})
    done = named()
    assert not [p for p in done.problems if p.severity == "error"], done.problems
    return Path("one.yaml").read_bytes().decode()


CASES = {
    "block": ("- front: to go  # a verb\n  back: ir\n", "- id: go\n  front: to go  # a verb\n  back: ir\n"),
    "flow": ("- {front: to go, back: ir}\n", "- {id: go, front: to go, back: ir}\n"),
    "json": ('[{"front": "to go", "back": "ir"}]', '[{"id": "go", "front": "to go", "back": "ir"}]'),
    "deeper": (
        "cards:\n    -   front: to go\n        back: ir",
        "cards:\n    -   id: go\n        front: to go\n        back: ir",
    ),
    "windows": ("- front: to go\r\n  back: ir\r\n", "- id: go\r\n  front: to go\r\n  back: ir\r\n"),
    "mark of byte order": ("\ufeff- front: to go\n  back: ir", "\ufeff- id: go\n  front: to go\n  back: ir"),
    "no end of line": ("- {front: to go, back: ir}", "- {id: go, front: to go, back: ir}"),
    "quotes": ("- 'front': \"to go\"\n  back: 'ir'\n", "- id: go\n  'front': \"to go\"\n  back: 'ir'\n"),
    "anchor": ("- &a\n  front: to go\n  back: ir\n", "- &a\n  id: go\n  front: to go\n  back: ir\n"),
    "anchor of a key": ("- &a front: to go\n  back: ir\n", "- id: go\n  &a front: to go\n  back: ir\n"),
    "merge": (
        "- &a {front: to go, back: ir}\n- {<<: *a, back: andar}\n",
        "- &a {id: go, front: to go, back: ir}\n- {<<: *a, id: go-2, back: andar}\n",
    ),
    "some have one": (
        "- {id: x, front: a, back: b}\n- {front: c, back: d}\n",
        "- {id: x, front: a, back: b}\n- {id: c, front: c, back: d}\n",
    ),
    "block text": (
        "- front: |\n    to go\n    now\n  back: ir\n",
        "- id: go-now\n  front: |\n    to go\n    now\n  back: ir\n",
    ),
    "two in a line": (
        "[{front: a, back: b}, {front: c, back: d}]",
        "[{id: a, front: a, back: b}, {id: c, front: c, back: d}]",
    ),
    "composed letters": (
        unicodedata.normalize("NFD", "[{front: é, back: ü}, {front: ñ, back: ö}]"),
        unicodedata.normalize("NFD", "[{id: XX, front: é, back: ü}, {id: YY, front: ñ, back: ö}]")
        .replace("XX", "é")
        .replace("YY", "ñ"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_ids_are_written_and_nothing_else_changes(case: str) -> None:
    text, expected = CASES[case]
    done = after(text)
    assert done == expected
    assert after(done) == done


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the capital of France?", "capital-france"),
        ("{{c1::Mitochondria::organelle}} make {{c2::energy}}", "mitochondria-make-energy"),
        ("**Bold** and `code`", "bold-code"),
        ("日本の首都は?", "日本の首都は"),
        ("![a heart](heart.png)", "heart"),
        ("![](heart.png)", "my-topic"),
        ("...", "my-topic"),
        ("What is it?", "what-is-it"),
        ("Donaudampfschifffahrtsgesellschaftskapitän", "donaudampfschifffahrtsgesell"),
        ("a " * 50 + "very long question about nothing in particular", "very-long-question-about"),
    ],
)
def test_ids_are_short_and_readable(question: str, expected: str) -> None:
    assert id_from(question, "en", "My topic", set()) == expected


def test_ids_are_unique_and_none_of_a_card_that_is_gone_comes_again() -> None:
    write({"one.yaml": "- {id: a, front: x, back: b}\n- {front: z, back: b}"})
    built("one.yaml")
    write({"one.yaml": "- {front: z, back: b}"})
    built("one.yaml")
    assert after("- {front: z, back: b}\n- {front: a, back: other}\n- {front: a, back: third}").count("id: a-") == 2


def test_guids_stay_and_learners_notice_nothing() -> None:
    cards = "- {front: Q1, back: A1}\n- cloze: a {{c1::b}}\n- {front: Q1, back: A2}\n- {id: x, front: Q2, back: A3}\n"
    write({"one.yaml": cards})
    first = built("one.yaml").package
    assert first
    before = first.read_bytes()
    named()
    done = built("one.yaml", NOW + DAY)
    assert (done.added, done.changed, done.gone) == (0, 0, 0)
    assert done.package
    assert done.package.read_bytes() == before
    assert Path("one.yaml").read_text().count("id:") == 4


def test_edits_that_were_not_built_yet_keep_their_cards_too() -> None:
    write({"one.yaml": "- {front: What does yeast feed on?, back: Sugar}"})
    first = built("one.yaml").package
    assert first
    before = set(read_package(first).notes)
    write({"one.yaml": "- {front: On what does yeast feed?, back: Sugar}\n- {front: new, back: card}"})
    assert sum(named().files.values()) == 2
    done = built("one.yaml", NOW + DAY)
    assert (done.added, done.changed, done.gone) == (1, 1, 0)
    assert done.package
    assert before < set(read_package(done.package).notes)


@pytest.mark.parametrize(
    ("old", "new"),
    [("deck: D", "deck: E"), ("topic: T", "topic: U"), ("[A, B]", "[A, B, C]")],
    ids=["the deck's name", "a subdeck's name", "fields"],
)
def test_what_was_changed_and_not_built_is_not_accepted_by_the_way(old: str, new: str) -> None:
    types = "note_types: {F: {fields: [A, B], templates: [{front: '{{A}}', back: '{{B}}'}]}}"
    text = f"{{deck: D, subdecks: topic, {types}}}\n"
    write({"d/deck.yaml": text, "d/t.yaml": "topic: T\ncards:\n- {front: Q, back: A}\n- {type: F, A: x, B: y}\n"})
    built("d")
    for path in (Path("d/deck.yaml"), Path("d/t.yaml")):
        path.write_text(path.read_text().replace(old, new))
    assert sum(named("d").files.values()) == 2
    assert "breaking-change" in [p.code for p in built("d").problems]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("- &a {front: Q, back: A}\n- *a\n", "id-not-written"),
        ("- ? front\n  : to go\n  ? back\n  : ir\n", "id-not-written"),  # YAML that nobody writes
        ("- {front: Q}\n", "missing-key"),
        ("- front: 'Q\n", "unclosed-quote"),
    ],
)
def test_where_it_cannot_write_one_id_it_writes_none(text: str, code: str) -> None:
    write({"one.yaml": text, "one.lock": ""})
    Path("one.lock").unlink()
    done = named()
    assert code in [p.code for p in done.problems]
    assert done.files == {}
    assert Path("one.yaml").read_text() == text


def test_the_files_keep_their_rights(command: Callable[..., tuple[int, str, str]]) -> None:
    write({"d/deck.yaml": "deck: D", "d/a.yaml": "- {front: a, back: b}", "d/b.yaml": "- {front: c, back: d}"})
    Path("d/a.yaml").chmod(0o640)
    status, out, err = command("ids", "d")
    assert (status, out) == (0, "")
    assert "d/a.yaml: 1 id written" in err
    assert Path("d/a.yaml").stat().st_mode & 0o777 == 0o640
    assert "every card has an id" in command("ids", "d")[2]
    assert sorted(path.name for path in Path("d").iterdir()) == ["a.yaml", "b.yaml", "deck.yaml"]


PLAIN = st.text(st.sampled_from("ab éß日#:,-'\"{}[]&*!|>%@`\\\n"), min_size=1, max_size=8)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(PLAIN, PLAIN, st.sampled_from(["block", "flow"]), st.sampled_from(["\n", "\r\n"])), max_size=5)
)
def test_whatever_cards_say_the_rest_of_the_file_stays(cards: list[tuple[str, str, str, str]]) -> None:
    import json

    text = ""
    for front, back, style, end in cards:
        front_, back_ = json.dumps(front, ensure_ascii=False), json.dumps(back, ensure_ascii=False)
        flow = f"- {{front: {front_}, back: {back_}}} # x{end}"
        text += flow if style == "flow" else f"-   front: {front_}{end}    back: {back_} # y{end}"
    root = load("x", text.encode()).root
    places = (
        {(c.line, c.column): f"id-{n}" for n, c in enumerate(root.items) if isinstance(c, Mapping)}
        if isinstance(root, Sequence)
        else {}
    )
    done, slips = with_ids(text.encode(), places)
    assert slips == []
    without = re.sub(r"id: id-\d+(, |\r?\n {4})", "", done.decode())
    assert without == text
