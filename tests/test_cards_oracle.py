"""Which cards a note has: `template.CardMaker` against Anki itself, for thousands of generated templates and notes.

Anki makes no cards when it imports, so a package must hold exactly those that Anki's `add_note` would make. A case
is one note of one note type; each note type here has a field and a template that always give a card, because Anki
makes card 0 of a note that would have none, and no case is to pass by that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from deckgen.model import Field, Kind, NoteType, Template
from deckgen.template.cards import CardMaker
from deckgen.template.checking import check

if TYPE_CHECKING:
    from tests.anki_harness import Anki

NAMES = ("F", "Add Reverse", "Ähnliche", "c1")
"""One letter, a blank, an umlaut, and one that looks like a cloze."""

steady = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def note_type(fronts: list[str], names: tuple[str, ...], kind: Kind = Kind.NORMAL, back: str = "answer") -> NoteType:
    """Make deckgen's idea of a note type."""
    templates = tuple(Template(f"Card {n}", f"{n}", front, back) for n, front in enumerate(fronts, 1))
    return NoteType("own", "own", kind, tuple(Field(name, name) for name in names), templates)


class Oracle:
    """A note type in real Anki whose fronts can be changed; Anki checks them only if asked to."""

    def __init__(self, anki: Anki, fronts: list[str], names: tuple[str, ...], *, cloze: bool = False) -> None:
        self.anki = anki
        self.cases = 0
        if cloze:
            anki.add_cloze_type("own", list(names), fronts[0])
        else:
            anki.add_type("own", list(names), fronts)

    def fronts(self, fronts: list[str], *, checked: bool) -> None:
        models = self.anki.col.models
        kind = models.by_name("own")
        for template, front in zip(kind["tmpls"], fronts, strict=True):
            template["qfmt"] = front
        models.update_dict(kind, skip_checks=not checked)
        assert [t["qfmt"] for t in models.by_name("own")["tmpls"]] == fronts  # Anki did not tidy them

    def agrees(self, maker: CardMaker, fields: list[str]) -> None:
        """Hold that Anki makes the same cards. The note has a tag, as every note of deckgen has."""
        self.cases += 1
        note = self.anki.col.new_note(self.anki.col.models.by_name("own"))
        note.fields, note.tags = list(fields), ["deck"]
        self.anki.col.add_note(note, 1)
        made = sorted({card.ord for card in note.cards()})  # of c500 and c501 Anki makes the same card twice
        self.anki.col.remove_notes([note.id])
        assert list(maker.cards(fields)) == made


# --- Templates that Anki's editor takes -------------------------------------------------------------------------------

SURE = "Sure"
FILTERS = (
    "",
    "text:",
    "type:",
    "nc:",
    "type:nc:",
    "hint:",
    "furigana:",
    "kana:",
    "kanji:",
    "text:furigana:",
    "cloze:",
    "type:cloze:",
    "cloze-only:",
    "tts en_US:",
    "tts ja_JP voices=Apple_Otoya,Microsoft_Ayumi speed=0.8:",
    "tts-voices:",
    "somebodys-addon:",
    "text::",
    ":",
)
SPECIAL = ("Tags", "Deck", "Subdeck", "Card", "CardFlag", "Type", "FrontSide")
BLANKS = ("", "", "", " ", "\n", "\t ", "\u00a0", "\u3000")
STATIC = ("", "static", "<b>text</b>", "é漢\U0001f600", "}}", "}", "} }", "{", "{ {x} }", "%>", "<hr id=answer>")
TAILS = ("", "", "", "{{", "{{ not closed", "<!-- not closed", "<!-- {{F}}", "{")

blank = st.sampled_from(BLANKS)
comment = st.sampled_from(
    ("<!-- -->", "<!---->", "<!-- {{F}} -->", "<!-- {{/F}} -->", "<!-- {{#F}}\n -->", "<!-- <%F%> -->")
)


@st.composite
def handle(draw: st.DrawFn, inside: str) -> str:
    """Write `{{inside}}` with blanks that Anki drops, or with a brace too many on each side."""
    text = f"{draw(blank)}{inside}{draw(blank)}"
    return f"{{{{{{{inside}}}}}}}" if draw(st.integers(0, 5)) == 0 else f"{{{{{text}}}}}"


@st.composite
def section(draw: st.DrawFn, name: st.SearchStrategy[str], children: st.SearchStrategy[str]) -> str:
    field, sign = draw(name), draw(st.sampled_from("##^"))
    opening = draw(handle(f"{sign}{draw(blank)}{field}"))
    return opening + draw(children) + draw(handle(f"/{draw(blank)}{field}"))


def pieces(name: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Write what a front is made of, with these fields."""
    replacement = st.tuples(st.sampled_from(FILTERS), name).map("".join).flatmap(handle)
    return st.recursive(
        st.one_of(replacement, replacement, st.sampled_from(STATIC), comment),
        lambda inner: st.one_of(section(name, inner), st.lists(inner, min_size=1, max_size=4).map(" ".join)),
        max_leaves=8,
    )


@st.composite
def fronts(draw: st.DrawFn, body: st.SearchStrategy[str]) -> list[str]:
    """Four fronts as Anki's editor takes them: each its own, with a field, its sections closed; and the sure one."""
    made = []
    for number in range(4):
        # `{{#F}}{{/F}}` names a field and shows nothing, so that Anki finds a field on every front.
        front = f"{draw(body)} {{{{#F}}}}{{{{/F}}}} {number} {draw(st.sampled_from(TAILS))}"
        if draw(st.integers(0, 4)) == 0:  # the syntax of old templates, where {{ and }} are text
            old = front.replace("<%", "").replace("%>", "").replace("{{{", "{{").replace("}}}", "}}")
            front = draw(blank) + "{{=<% %>=}}" + old.replace("{{", "<%").replace("}}", "%>")
        made.append(front)
    return [*made, f"{{{{{SURE}}}}}"]


VALUES = (
    *("", "", "text", "0", "<br>", "<br/>", "<br />", "</br>", "<BR>", "<br  />", "<br/ >", "< br>", "<br\n>"),
    *("<div></div>", "<div>", "<div/>", "<div ></div>", "<div class=x></div>", "<DIV>\n<br></DIV>", "<p></p>"),
    *(" ", "\n", "\t", "\v\f\r", "\u00a0", "&nbsp;", "\u3000", "\u200b", "\u0085", "\u2028", "<!-- -->"),
    *("<img src=x>", "[sound:x.mp3]", "{{c1::x}}", "{{F}}", "<br>text", "<div><br></div> \n", "<b></b>"),
)
value = st.lists(st.sampled_from(VALUES), min_size=1, max_size=3).map("".join)
notes = st.lists(st.tuples(*(value for _ in NAMES)), min_size=8, max_size=8)


def test_templates_that_anki_takes(anki: Anki) -> None:
    names = (*NAMES, SURE)
    oracle = Oracle(anki, [*(f"{{{{F}}}} {n}" for n in range(4)), f"{{{{{SURE}}}}}"], names)
    seen: set[tuple[int, ...]] = set()

    @settings(steady, max_examples=200)
    @given(fronts(pieces(st.sampled_from((*NAMES, *NAMES, *SPECIAL)))), notes)
    def same_cards(fronts: list[str], notes: list[tuple[str, ...]]) -> None:
        oracle.fronts(fronts, checked=True)
        maker = CardMaker(note_type(fronts, names))
        for fields in notes:
            oracle.agrees(maker, [*fields, "sure"])
            seen.add(maker.cards([*fields, "sure"]))

    same_cards()
    assert oracle.cases >= 1_600
    assert len(seen) == 16  # every set of the four cards came up


# --- Templates of any kind, as they come from a file ------------------------------------------------------------------

SOUP = (
    *("{{", "}}", "{", "}", "#", "^", "/", ":", "text:", "type:", "F", "Add Reverse", "c1", "Tags", "unknown", "x"),
    *("{{F}}", "{{#F}}", "{{/F}}", "{{^c1}}", "{{/c1}}", "{{#Tags}}", "{{/Tags}}", "{{Ähnliche}}"),
    *("<!--", "-->", "<%", "%>", "{{=<% %>=}}", " ", "\n", "\u00a0", "\u3000"),
)
soup = st.lists(st.sampled_from(SOUP), min_size=1, max_size=14).map("".join)


def test_templates_of_any_kind(anki: Anki) -> None:
    # Sections never closed or crossed, unknown fields, half a handle: Anki imports them, and makes no card from most.
    names = (*NAMES, SURE)
    oracle = Oracle(anki, [*(f"{{{{F}}}} {n}" for n in range(6)), f"{{{{{SURE}}}}}"], names)

    @settings(steady, max_examples=150)
    @given(st.lists(soup, min_size=6, max_size=6), notes)
    def same_cards(fronts: list[str], notes: list[tuple[str, ...]]) -> None:
        fronts = [*fronts, f"{{{{{SURE}}}}}"]
        oracle.fronts(fronts, checked=False)
        maker = CardMaker(note_type(fronts, names))
        for fields in notes:
            oracle.agrees(maker, [*fields, "sure"])

    same_cards()
    assert oracle.cases >= 1_200


def test_what_passes_the_check_passes_in_anki(anki: Anki) -> None:
    names = (*NAMES, SURE)
    oracle = Oracle(anki, ["{{F}}"], names)
    passed = 0

    @settings(steady, max_examples=300)
    @given(soup)
    def taken(front: str) -> None:
        nonlocal passed
        front += "{{F}}"
        if not check(front, note_type([front], names), is_front=True):
            passed += 1
            oracle.fronts([front], checked=True)  # raises if Anki's editor would not take it

    taken()
    assert passed >= 80


# --- Clozes -----------------------------------------------------------------------------------------------------------

SURE_NUMBER = 250
NUMBERS = (
    *("1", "2", "3", "10", "499", "500", "0", "00", "01", "0007", "000000012", "65535", "65536", "70000", "4294967297"),
    *("99999999999999999999", "1,2", "3,1,2", "5,", ",5", "5,,6", ",", "0,4", "0,0", "7,65536", "8,99999999999"),
)
NOT_CLOZES = ("{{c::x}}", "{{cx::y}}", "{{C1::x}}", "{{c 1::x}}", "{{ c1::x}}", "{{c-1::x}}", "{{c+1::x}}", "{{c1:x}}")
NEARLY = (*NOT_CLOZES, "{{c1, 2::x}}", "{{c1;2::x}}", "{{c١::x}}", "{{c１::x}}", "{{F}}", "{{c1::x}", "{c1::x}}")

opening = st.sampled_from(NUMBERS).map("{{{{c{}::".format)
closing = st.sampled_from(("}}", "::hint}}", "::hint::more}}", "::}}", "", "}", "}}}", "}} }}"))
inside = st.sampled_from(("text", "", " ", "a::b", "{x}", "}", r"\(x^{2}\)", "<b>b</b>", "\n", "<br>", *NEARLY))


@st.composite
def deletion(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    return draw(opening) + draw(inner) + draw(closing)


cloze_text = st.recursive(
    inside,
    lambda inner: st.one_of(deletion(inner), deletion(inner), st.lists(inner, min_size=2, max_size=4).map(" ".join)),
    max_leaves=10,
)
deep = st.tuples(st.integers(7, 14), st.integers(0, 14)).map(
    lambda both: "".join(f"{{{{c{n}::" for n in range(1, both[0])) + "x" + "}}" * both[1]
)


def test_clozes(anki: Anki) -> None:
    names = ("Text", "Extra", SURE)
    front = "{{cloze:Text}}{{cloze:Extra}}"
    oracle = Oracle(anki, [front], names, cloze=True)
    maker = CardMaker(note_type([front], names, Kind.CLOZE))
    sizes: set[int] = set()

    @settings(steady, max_examples=800)
    @given(st.one_of(cloze_text, cloze_text, deep), cloze_text)
    def same_cards(text: str, extra: str) -> None:
        fields = [text, extra, f"{{{{c{SURE_NUMBER}::sure}}}}"]
        oracle.agrees(maker, fields)
        sizes.add(len(maker.cards(fields)))

    same_cards()
    assert oracle.cases >= 800
    assert sizes >= {1, 2, 3, 4, 5}


@pytest.mark.parametrize("number", ["0000000001", "0000000012", "00000000000000000500"])
def test_a_cloze_number_with_many_zeros_in_front(anki: Anki, number: str) -> None:
    oracle = Oracle(anki, ["{{cloze:Text}}"], ("Text", SURE), cloze=True)
    maker = CardMaker(note_type(["{{cloze:Text}}"], ("Text", SURE), Kind.CLOZE))
    oracle.agrees(maker, [f"{{{{c{number}::x}}}}", f"{{{{c{SURE_NUMBER}::sure}}}}"])


def test_a_note_without_a_card_gets_one_in_anki_and_none_here(anki: Anki) -> None:
    anki.add_type("own", ["F"], ["{{^F}}static{{/F}}"])
    assert anki.ordinals_of("own", [" <br>"]) == [0]
    assert CardMaker(note_type(["{{^F}}static{{/F}}"], ("F",))).cards([" <br>"]) == ()
