"""Searches choose the notes that Anki's own search finds in the full deck."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckgen.compilation import open_deck
from deckgen.discover import find_decks
from deckgen.pipeline import BuildOptions, Targets, build
from deckgen.select import QueryError, parse
from tests.anki_harness import Anki
from tests.conftest import NOW, built, write
from tests.test_cards_oracle import steady

if TYPE_CHECKING:
    from deckgen.compilation import Compilation
    from deckgen.pipeline import Built
    from deckgen.topics import CompiledNote

DECK = {
    "d/deck.yaml": """
        deck: Brain::Atlas
        id: atlas
        subdecks: topic
        editions:
          essentials: {select: "tag:core"}
          words: {select: "note:*Cloze or front:*cortex*"}
        note_types:
          Muscle: {fields: [Name, Action], templates: [{front: "{{Name}}", back: "{{Action}}"}]}
    """,
    "d/motor/cortex.yaml": """
        topic: Motor cortex
        tags: [anatomy]
        cards:
        - {id: a, front: Where is the motor cortex?, back: In the frontal lobe, tags: [core]}
        - {id: b, front: motor_cortex, back: "100% sure", reverse: true}
        - {id: c, cloze: "The {{c1::motor}} {{c2::cortex}} is (nearly) flat."}
    """,
    "d/muscle.yaml": """
        cards:
        - {id: d, type: Muscle, Name: Biceps, Action: flexes the elbow, tags: [Core::arm]}
        - {id: e, front: '"Quoted" or not', back: "a:b", extra: motor, typed: true}
        - {id: f, front: Ärmel, back: or, tags: [x-y, "a_b", Über::Alles]}
        - {id: g, front: café crème, back: 'naïve <b>dog</b>s', hint: "back\\\\slash", tags: ["c++"]}
        - {id: h, cloze: "{{c1::mo::what?}}tor {{c2::nerve {{c3::inside}}}}", extra: doggy day}
    """,
}


def selected(query: str = "", edition: str = "") -> Built:
    ((deck,), _) = find_decks([Path("d")])
    return build(deck, Targets(Path(), Path("part.apkg")), NOW, lambda _: None, BuildOptions(edition, query))


TERMS = """
motor cortex Motor *ort* m*r c_rtex motor_cortex motor\\_cortex "motor cortex" "the motor" tag:core tag:CORE
tag:c* tag:none tag:atlas::motor::* tag:atlas tag:anatomy tag:a_b tag:a\\_b tag:x-y deck:Brain
deck:brain::atlas deck:*Motor* deck:"Brain::Atlas::Motor cortex" deck:Atlas note:Muscle note:muscle
note:*cloze note:"Brain::Atlas – Basic" card:1 card:2 "card:Card 1" card:3 front:*cortex* front:motor*
front:motor_cortex front:"Where is the motor cortex?" back:or back:*lobe name:biceps Action:flexes* extra:_*
extra: hint:* f*t:*motor* a\\:b \\"quoted\\" (nearly) elbow 100% sure frontal flat. x-y
re:motor re:^where re:lobe$
"re:motor cortex" re:Motor.*in re:\\d+ "re:\\bdog\\b" re:dog|caf front:re:^motor front:re:é
back:re:^or$ fr*:re:cortex front:re: re: re:\\w+\\s "re:(motor|dog)" re:ÄRMEL re:<b> re:\\+ re:c[12] re:[^a-z] re:e{2}
nc:cafe nc:creme nc:CAFÉ nc:armel nc:naive front:nc:cafe* front:nc:armel nc:c_fe nc:m*r back:nc:or nc:
*t:nc:armel *:nc:armel
w:dog w:do w:dog* w:*dog w:d_g w:café w:motor_cortex w:b w:slash w:c1 w:a\\:b w:motor w:ärmel
sc:motor sc:"motor nerve" sc:what sc:"is (nearly)"
sc:cortex sc:inside sc:m_tor sc:MOTOR
tag:re:^core tag:re:or tag:re:s$ tag:re:^ÜBER tag:re:a.b tag:nc:uber tag:nc:UBER::alles tag:über tag:Ü*
tag:nc:none tag:re:x*
tag:c++ tag:* tag: ärmel ÄRMEL Ärmel *:or *:motor *:*cortex* ca*é back\\\\slash --motor note:*BASIC card:*1 deck:*
_ront:*cortex* name:re:^b 'motor a\\-b \\(nearly\\)
""".split()


@pytest.fixture
def full(anki: Anki) -> Anki:
    write(DECK)
    done = built("d")
    assert done.package
    anki.install(done.package)
    return anki


def queries(count: int) -> list[str]:
    """Put terms together at random, the same each time."""
    dice = random.Random(1)
    terms = [t for t in TERMS if t.count('"') % 2 == 0 and t not in ("(nearly)", "sure")]
    made = list(terms)
    while len(made) < count:
        one, two, three = (dice.choice(terms) for _ in range(3))
        made.append(
            dice.choice(
                (f"-{one}", f"{one} {two}", f"{one} or {two}", f"{one} -({two} or {three})", f"{one} and -{two}")
            )
        )
    return made


def atlas(full: Anki) -> tuple[Compilation, list[tuple[CompiledNote, int]]]:
    """Return the deck, and its notes with the ids that they have in Anki."""
    ((deck,), _) = find_decks([Path("d")])
    compilation, _ = open_deck(deck)
    assert compilation
    notes = [note for _, note in compilation.notes()]
    return compilation, list(zip(notes, [note.id for note in full.notes()], strict=True))


def test_queries_find_what_anki_finds(full: Anki) -> None:
    compilation, notes = atlas(full)
    asked = queries(1500)
    for query in asked:
        found = compilation.search(query)
        assert [number for note, number in notes if found(note)] == sorted(full.col.find_notes(query)), query
    assert len(asked) == 1500


SOUP = (
    *(
        "motor",
        "cortex",
        "café",
        "dog",
        "Ä",
        "is",
        "a",
        "1",
        "core",
        "back",
        "front:",
        "tag:",
        "re:",
        "nc:",
        "w:",
        "sc:",
    ),
    *(
        "deck:",
        "note:",
        "card:",
        "*",
        "_",
        "-",
        " ",
        " ",
        " or ",
        " and ",
        "(",
        ")",
        '"',
        "\\*",
        "\\:",
        "\\_",
        "\\-",
        '\\"',
    ),
    *("::", ":", "|", ".", "+", "[a-c]", "\\b", "$", "^", "<b>", "%", "'", "none", "\u3000", "é"),
)


def test_queries_of_any_kind(full: Anki) -> None:
    compilation, notes = atlas(full)
    understood = 0

    @settings(steady, max_examples=3_000)
    @given(st.lists(st.sampled_from(SOUP), min_size=1, max_size=7).map("".join))
    def same_notes(query: str) -> None:
        nonlocal understood
        try:
            found = compilation.search(query)
        except QueryError:
            return  # what Anki does with it does not matter: it is refused with a reason
        understood += 1
        assert [number for note, number in notes if found(note)] == sorted(full.col.find_notes(query))

    same_notes()
    assert understood >= 1_000


def test_an_edition_shares_guids_with_the_whole_and_keeps_reviews(full: Anki, tmp_path: Path) -> None:
    essentials = selected(edition="essentials").package
    assert essentials
    learner = Anki(tmp_path / "other")
    assert learner.install(essentials) == {"new": 2}
    assert learner.install(Path("out.apkg")) == {"new": 6, "duplicate": 2}
    assert {n.guid for n in learner.notes()} == {n.guid for n in full.notes()}
    learner.close()


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("is:due", "what a learner did"),
        ("prop:ivl>3", "what a learner did"),
        ('"re:(?=x)"', "is not understood"),
        ("re:[", "is wrong"),
        ("front:re:\\p{L}", "is not understood"),
        ("tag:re:*", "is wrong"),
        ("a\\b", "Anki has no escape"),
        ('""', "nothing between the quotes"),
        ("deck:current", "a learner's collection"),
        ("preset:default", "a learner's collection"),
        ("and a", "beside 'and'"),
        ("a and", "beside 'and'"),
        ("a and or b", "beside 'and'"),
        ("frnt:x", "no note type of this deck has a field 'frnt'"),
        ("(a", "is not closed"),
        ("a)", "without a '('"),
        ("a or", "missing"),
        ("()", "missing"),
        ('"a', "breaks off"),
    ],
)
def test_what_is_not_understood_is_refused(query: str, says: str) -> None:
    with pytest.raises(QueryError, match=says.replace("(", r"\(")):
        parse(query, ["Front", "Back"])


def test_a_search_that_finds_nothing_and_an_unknown_edition_are_told() -> None:
    write(DECK)
    assert [(p.code, p.help) for p in selected("tag:cor").problems] == [
        ("nothing-selected", "nothing has tag:cor; did you mean 'Core'?")
    ]
    near = [
        selected(query).problems[0].help for query in ('deck:"Brain::Atlus"', "front:* note:Muskle", "tag:x-z tag:a_b")
    ]
    assert near == [
        "nothing has deck:Brain::Atlus; did you mean 'Brain::Atlas'?",
        "nothing has note:Muskle; did you mean 'Muscle'?",
        "nothing has tag:x-z; did you mean 'x-y'?",
    ]
    assert "try a part of the query" in selected("zzz").problems[0].help
    assert [(p.code, p.help) for p in selected(edition="essential").problems] == [
        ("unknown-edition", "did you mean 'essentials'?")
    ]
    assert not Path("part.apkg").exists()


# --- Where else a search chooses -------------------------------------------------------------------------------------

Command = Callable[..., tuple[int, str, str]]


def test_stats_of_a_part(command: Command) -> None:
    write(DECK)
    (counted,) = json.loads(command("stats", "d", "--select", "tag:core", "--format", "json")[1])
    assert (counted["notes"], counted["cards"]) == (2, 2)
    assert counted["tags"]["core"] == 1


def test_check_tells_of_a_part_and_of_all_errors(command: Command) -> None:
    write(
        {
            "d.yaml": """
            cards:
            - {id: a, front: 2*3*4, back: b, tags: [core]}
            - {id: b, front: 5*6*7, back: b}
            - {id: c, frunt: f, back: b}
            - {id: d, front: 8*9*10, back: b, tags: [core]}
            """
        }
    )
    told = json.loads(command("check", "d.yaml", "--select", "tag:core", "--format", "json")[1])
    assert [(problem["span"]["line"], problem["severity"]) for problem in told] == [
        (2, "warning"),
        (4, "error"),
        (5, "warning"),
    ]


def test_diff_of_a_part(command: Command) -> None:
    write(DECK)
    assert command("build", "d", "-o", "old.apkg")[0] == 0
    changed = DECK["d/motor/cortex.yaml"].replace("In the frontal lobe", "In front").replace('"100% sure"', "sure")
    write({**DECK, "d/motor/cortex.yaml": changed})
    assert json.loads(command("diff", "old.apkg", "d", "--format", "json")[1])["counts"]["changed"] == 2
    part = json.loads(command("diff", "old.apkg", "d", "--select", "tag:core", "--format", "json")[1])
    assert part["counts"] == {"new": 0, "changed": 1, "unchanged": 1, "conflicting": 0, "removed": 0}
    gone = json.loads(command("diff", "old.apkg", "d", "--select", "back:100*", "--format", "json")[1])
    assert gone["counts"]["changed"] == 1  # found by what it was


@pytest.mark.parametrize(
    "arguments", [["stats", "d"], ["check", "d"], ["build", "d"], ["preview", "d"], ["diff", "d", "d"]]
)
def test_a_wrong_search_is_told_everywhere(command: Command, arguments: list[str]) -> None:
    write(DECK)
    code, _, said = command(*arguments, "--select", "is:due")
    assert code == 1
    assert "error[bad-query]: in the query 'is:due': 'is:' asks what a learner did" in said


def test_all_editions_at_once(command: Command) -> None:
    write({**DECK, "plain.yaml": "deck: Plain\ncards: [{front: f, back: b}]\n"})
    code, _, said = command("build", "d", "plain.yaml", "--all-editions", "-o", "dist/")
    assert code == 0, said
    assert sorted(path.name for path in Path("dist").iterdir()) == [
        "atlas-essentials.apkg",
        "atlas-words.apkg",
        "plain.apkg",
    ]
    assert command("build", "d", "--all-editions", "-o", "one.apkg")[0] == 2
    assert command("build", "d", "--all-editions", "--edition", "words")[0] == 2
