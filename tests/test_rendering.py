"""Cards look as Anki makes them look: `template.CardRenderer` against Anki's own renderer, and examples.

White space does not count, the script in Anki's hints is left out here (no script of a card ever runs in a browser of
ours), and of errors it counts that and where there is one, not Anki's words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from anki.sound import SoundOrVideoTag, TTSTag
from hypothesis import given, settings
from hypothesis import strategies as st

from deckgen.model import Field, Kind, NoteType, Template
from deckgen.template.answers import as_compared, typed_answer
from deckgen.template.checking import check
from deckgen.template.rendering import CardRenderer, Circumstances
from deckgen.template.sounds import Sound, Speech
from tests.test_cards_oracle import cloze_text, soup, steady

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deckgen.template.rendering import Sides
    from tests.anki_harness import Anki

NAMES = ("F", "Add Reverse", "Ähnliche", "c1")
TAGS = ("one", "two::three")
AROUND = Circumstances(TAGS, "(Deck)")  # as Anki calls the deck of a note that is not added


def note_type(front: str, back: str, names: Sequence[str] = NAMES, kind: Kind = Kind.NORMAL) -> NoteType:
    fields = tuple(Field(name, name) for name in names)
    return NoteType("own", "own", kind, fields, (Template("Card 1", "1", front, back),))


class Oracle:
    """Real Anki, which renders a note that is never added, with templates that it does not check."""

    def __init__(self, anki: Anki, names: Sequence[str] = NAMES, *, cloze: bool = False) -> None:
        if cloze:
            anki.add_cloze_type("own", list(names), f"{{{{cloze:{names[0]}}}}}")
        else:
            anki.add_type("own", list(names), [f"{{{{{names[0]}}}}}"])
        self.kind = Kind.CLOZE if cloze else Kind.NORMAL
        self.names = names
        self.col = anki.col
        self.model: dict[str, Any] = anki.note_type("own")
        self.cases = 0

    def render(self, front: str, back: str, fields: Sequence[str], ordinal: int) -> list[tuple[str, list[object]]]:
        note = self.col.new_note(self.model)
        note.fields, note.tags = list(fields), list(TAGS)
        template = {**self.model["tmpls"][0], "qfmt": front, "afmt": back}
        card = note.ephemeral_card(ordinal, custom_note_type=self.model, custom_template=template)
        shown = card.render_output()
        return [
            (shown.question_text, [_sound(tag) for tag in shown.question_av_tags]),
            (shown.answer_text, [_sound(tag) for tag in shown.answer_av_tags]),
        ]

    def agrees(self, front: str, back: str, fields: Sequence[str], ordinal: int = 0) -> Sides:
        """Hold that Anki shows the same."""
        self.cases += 1
        sides = CardRenderer(note_type(front, back, self.names, self.kind)).card(fields, ordinal, AROUND)
        for ours, (html, sounds) in zip(sides, self.render(front, back, fields, ordinal), strict=True):
            assert alike(ours.html) == alike(html)
            assert list(ours.sounds) == sounds
        return sides


def _sound(tag: object) -> Sound | Speech:
    if isinstance(tag, SoundOrVideoTag):
        return Sound(tag.filename)
    assert isinstance(tag, TTSTag)
    return Speech(tag.field_text, tag.lang, tuple(tag.voices), round(tag.speed, 3))  # a 32-bit number in Anki


def alike(html: str) -> str:
    """Leave out what does not count."""
    if found := re.search(r"(Front|Back) template has a problem", html):
        return f"error in {found[1]}"
    html = re.sub(r"<br><a href='https://docs\.ankiweb\.net[^>]*>.*?</a>", "", html)
    html = re.sub(r'\nonclick="this\.style.*?" draggable=false', "", html, flags=re.DOTALL)
    html = re.sub(r"hint[0-9a-f]+", "hint", html)
    html = re.sub(r"\[Error in directive [^\]]*\]", "[speech without a language]", html)
    html = re.sub(r"[\u2068\u2069]|\s*Please either add a cloze.*?Empty Cards tool\.", "", html)
    return re.sub(r"\s+", "", html)


# --- Thousands of cards ----------------------------------------------------------------------------------------------

SPECIAL = ("Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag", "FrontSide", "FrontSide", "c2", "unknown")
PLAIN = ("text", "hint", "furigana", "kana", "kanji", "nc", "", "own", "tts-voices")
fields = st.sampled_from((*NAMES, *NAMES, *SPECIAL))
FILTERS = (*PLAIN, "type", "cloze", "cloze-only", "tts", "tts en", " text", "TEXT")
chain = st.one_of(
    st.lists(st.sampled_from(PLAIN), max_size=3),
    st.lists(st.sampled_from(FILTERS), max_size=3),
    st.sampled_from(
        (["type"], ["type", "nc"], ["type", "cloze"], ["tts en_US"], ["tts de voices=A,B speed=1.5"], ["cloze"])
    ),
)
replacement = st.tuples(chain, fields).map(lambda both: "{{" + ":".join([*both[0], both[1]]) + "}}")
words = st.sampled_from(
    ("", " ", "x", "<b>", "</b>", "<!-- {{F}} -->", "\n", "[sound:a.mp3]", "<hr id=answer>", "&amp;")
)
section_names = st.sampled_from((*NAMES, *NAMES, "Tags", "CardFlag", "c2", "c1000", "FrontSide", "unknown"))


@st.composite
def section(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    name, sign = draw(section_names), draw(st.sampled_from("##^"))
    return f"{{{{{sign}{name}}}}}{draw(inner)}{{{{/{name}}}}}"


side = st.recursive(
    st.one_of(replacement, replacement, words),
    lambda inner: st.one_of(section(inner), st.lists(inner, min_size=2, max_size=4).map("".join)),
    max_leaves=8,
)

LETTERS = (
    "a",
    "ä",
    " ",
    "\n",
    "\u3000",
    "\x1c",
    '"',
    "'",
    "& ",
    "]",
    "[...]",
    "word[",
    "::",
    "{{F}}",
    "[[type:F]]",
    "\\(x^{2}\\)",
)
ENTITIES = (
    "&amp;",
    "&lt;",
    "&nbsp;",
    "&#65;",
    "&#x41;",
    "&#X41;",
    "&foo;",
    "&apos;",
    "&NotEqualTilde;",
    "&#xD800;",
    "&#0;",
)
MARKUP = (
    *(
        "<b>bold</b>",
        "<br>",
        "<br  >",
        "<div>",
        "</p>",
        "<H1>",
        "<hr/>",
        "<!-- c -->",
        "<style>b{}</style>",
        "<img src=x.png>",
    ),
    *("日本[にほん]", " 漢字[かんじ]です", "{{c1::no}}"),
)
SOUNDS = (
    *("[sound:x.mp3]", "[sound:a&amp;b.ogg]", "[sound:sub/x.mp3]", "[sound:]", "[sound:a[b]", "[anki:play:q:0]"),
    *("[anki:tts lang=en]hi <i>you</i>[/anki:tts]", '[anki:tts lang="en" voices= speed=2 x=y]a [...][/anki:tts]'),
    *("[anki:tts][/anki:tts]", "[anki:tts speed=fast\nlang=x cloze_blank=gap][...] &amp;[/anki:tts]", "[/anki:tts]"),
    *("[anki:own  a=b ][sound:in.mp3][/anki:own]", "[anki:tts "),
)
PIECES = (*LETTERS, *ENTITIES, *MARKUP, *SOUNDS)
value = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
values = st.tuples(value, value, value, value)


def test_templates_and_notes(anki: Anki) -> None:
    oracle = Oracle(anki)
    shown: set[bool] = set()

    @settings(steady, max_examples=1_500)
    @given(side, side, values)
    def same_card(front: str, back: str, note: tuple[str, ...]) -> None:
        sides = oracle.agrees(front, back, note)
        shown.add("template has a problem" in sides.question.html)

    same_card()
    assert oracle.cases >= 1_500
    assert shown == {True, False}


SCRAPS = (
    *("{{", "}}", "{", "}", "{{{", "}}}", "#", "^", "/", "F", ":", " ", "\xa0", "\x1c", "<!--", "-->", "<%", "%>", "x"),
    *(
        "{{F}}",
        "{{ F }}",
        "{{\x1cF}}",
        "{{\xa0F\u3000}}",
        "{{f}}",
        "{{F:}}",
        "{{:F}}",
        "{{text:}}",
        "{{}}",
        "{{! F }}",
        "{{&F}}",
    ),
    *("{{#F}}", "{{# F }}", "{{^F}}", "{{/F}}", "{{/ F }}", "{{#c1}}", "{{/c1}}", "{{#}}", "{{/}}", "{{#text:F}}"),
    *("{{=<% %>=}}", "<%F%>", "<%#F%>", "<%/F%>"),
)
scraps = st.lists(st.sampled_from(SCRAPS), min_size=1, max_size=9).map("".join)


def test_broken_templates(anki: Anki) -> None:
    oracle = Oracle(anki)
    wrong = 0

    @settings(steady, max_examples=1_200)
    @given(st.one_of(soup, scraps), st.one_of(soup, scraps), values, st.booleans())
    def same_card(front: str, back: str, note: tuple[str, ...], is_first: bool) -> None:
        nonlocal wrong
        sides = oracle.agrees("{{F}}" + front if is_first else front + "{{F}}", back, note)
        wrong += "template has a problem" in sides.question.html

    same_card()
    assert oracle.cases >= 1_200
    assert 300 <= wrong <= 900


CLOZE_SIDES = (
    "{{cloze:Text}}",
    "{{cloze:Text}}{{hint:cloze:Text}}",
    "{{text:cloze:Text}}",
    "{{cloze-only:Text}}",
    "{{cloze:Text}}{{type:cloze:Text}}",
    "{{#c1}}one{{/c1}}{{^c2}}not two{{/c2}}{{cloze:Text}}{{cloze:Extra}}{{Extra}}",
    "{{tts en_US:cloze-only:Text}}{{cloze:text:Text}}",
    "{{furigana:cloze:Text}}{{cloze:cloze:Text}}{{c1}}",
)
MASKS = (
    *("rect", "ellipse", "polygon", "text", "star", ""),
    *(
        ":left=.1:top=.2",
        ":width=.3",
        ":width=0",
        ":rx=.3:ry=.4",
        ":points=.1,.2 .3,.4  5",
        ":angle=30",
        ":fill=#f00",
        ":oi=1",
    ),
    *(
        r":text=a\:\"b<",
        r":text=\frac",
        ":text=é",
        ":scale=1.5",
        ":fs=.05",
        ":fs=",
        ":x=y",
        ":left",
        ":left=1=2",
        "::",
        "<br>",
        "{{c1::",
    ),
)
mask = st.tuples(
    st.sampled_from(("0", "1", "1", "2", "1,2")), st.lists(st.sampled_from(MASKS), max_size=6).map("".join)
)
occlusion_text = st.lists(
    mask.map(lambda both: f"{{{{c{both[0]}::image-occlusion:{both[1]}}}}}"), min_size=1, max_size=4
).map("".join)
MATHS = (
    r"\(",
    r"\)",
    r"\[",
    r"\]",
    "<i>",
    "</i>",
    "}}",
    "::",
    "{{c1::",
    "{{c2::h::",
    "x",
    "\u3000",
    "é",
    "'\"",
    "&lt;",
)
math_text = st.lists(st.sampled_from(MATHS), min_size=3, max_size=12).map("".join)
cloze_side = st.sampled_from(CLOZE_SIDES)


def test_clozes(anki: Anki) -> None:
    oracle = Oracle(anki, ("Text", "Extra"), cloze=True)

    @settings(steady, max_examples=1_500)
    @given(
        cloze_side,
        cloze_side,
        st.one_of(cloze_text, occlusion_text, math_text),
        cloze_text,
        st.sampled_from((0, 0, 1, 2, 499, 500)),
    )
    def same_card(front: str, back: str, text: str, extra: str, ordinal: int) -> None:
        oracle.agrees(front, back, [text, extra], ordinal)

    same_card()
    assert oracle.cases >= 1_500


# --- What is typed ----------------------------------------------------------------------------------------------------


def test_what_is_to_be_typed_for_a_cloze(anki: Anki) -> None:
    cases = 0

    @settings(steady, max_examples=400)
    @given(st.one_of(cloze_text, math_text, occlusion_text), st.integers(0, 2))
    def same_answer(text: str, ordinal: int) -> None:
        nonlocal cases
        cases += 1
        own = note_type("{{cloze:Text}}", "", ("Text",), Kind.CLOZE)
        found = typed_answer(own, [text], ordinal, "[[type:cloze:Text]]")
        assert found
        assert found.expected == as_compared(anki.col.extract_cloze_for_typing(text, ordinal + 1))

    same_answer()
    assert cases >= 400


def test_what_is_typed_is_compared_without_markup(anki: Anki) -> None:
    @settings(steady, max_examples=600)
    @given(value)
    def same_text(html: str) -> None:
        compared = anki.col.compare_answer(html, "", combining=True)
        assert re.sub(r"<[^>]*>", "", compared) == _escaped(as_compared(html))

    same_text()


def _escaped(text: str) -> str:
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("'", "&#x27;")
    )


ASKED = [
    ("[[type:B]]", "two words", True, True),
    ("<p>[[type:nc:B]]</p>", "two words", False, True),
    ("[[type:Nowhere]]", "", True, False),
    ("[[type:Empty]]", "", True, True),
]


@pytest.mark.parametrize(("html", "expected", "combining", "found"), ASKED)
def test_what_a_side_asks_for(html: str, expected: str, combining: bool, found: bool) -> None:
    own = note_type("{{F}}", "", ("F", "B", "Empty"))
    assert typed_answer(own, ["f", "two<br>words[sound:x.mp3]", ""], 0, html) == (expected, combining, found)


def test_a_side_that_asks_for_nothing() -> None:
    assert typed_answer(note_type("{{F}}", ""), ["", "", "", ""], 0, "no box") is None


# --- Examples ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def shows() -> Callable[..., str]:
    """Return a function from a front, fields F and B, to the question."""

    def show(front: str, f: str = "f", b: str = "b", back: str = "") -> str:
        sides = CardRenderer(note_type(front, back, ("F", "B"))).card([f, b], 0, Circumstances(("t", "u"), "A::B", 2))
        return sides.answer.html if back else sides.question.html

    return show


EXAMPLES = [
    ("{{F}} and {{B}}", "f and b"),
    ("{{#B}}{{F}}{{/B}}{{^B}}none{{/B}}", "f"),
    ("{{F}}{{Tags}}", "ft u"),
    ("{{F}} {{Deck}} {{Subdeck}}", "f A::B B"),
    ("{{F}} {{Card}} {{Type}} {{CardFlag}}", "f Card 1 own flag2"),
    ("<!-- {{F}} -->{{F}}", "<!-- {{F}} -->f"),
    ("{{type:F}}", "[[type:F]]"),
    ("{{type:nc:F}}", "[[type:nc:F]]"),
    ("{{FrontSide}}{{F}}", "f"),
    ("{{=<% %>=}}<%F%>{{B}}", "f{{B}}"),
    ("{{F}}{{c1}}{{#c1}} only on the first{{/c1}}{{#c2}} second{{/c2}}", "f1 only on the first"),
    ("{{type:own:F}}", "[[type:F]]"),
    ("{{ F }}{{{B}}}", "fb}"),
]


@pytest.mark.parametrize(("front", "question"), EXAMPLES)
def test_a_front(shows: Callable[..., str], front: str, question: str) -> None:
    assert shows(front) == question


FILTERED = [
    ("text", "<b>a</b>&amp;b", "a&b"),
    ("furigana", "日本[にほん]", "<ruby><rb>日本</rb><rt>にほん</rt></ruby>"),
    ("kana", "日本[にほん]語[ご]", "にほんご"),
    ("kanji", "日本[にほん]語[ご]", "日本語"),
    ("furigana", "x[sound:a.mp3]", "x[anki:play:q:0]"),
    ("hint", " ", " "),
    ("text", "&hellip;&nbsp;&lt;", "… <"),
    ("text", "&lt;&apos;", "&lt;&apos;"),
    ("text", "<style>b {}</style>a<!-- c -->", "a"),
    ("furigana", "日本[にほん] 語[ご]", "<ruby><rb>日本</rb><rt>にほん</rt></ruby><ruby><rb>語</rb><rt>ご</rt></ruby>"),
    ("text:furigana", "日本[にほん]", "日本にほん"),
    ("cloze", "no cloze", ""),
    ("text:unheard-of:text", "<b>f</b>", "f"),
    ("unheard-of", "f", "f"),
]


@pytest.mark.parametrize(("name", "field", "question"), FILTERED)
def test_a_filter(shows: Callable[..., str], name: str, field: str, question: str) -> None:
    assert shows(f"{{{{{name}:F}}}}{{{{B}}}}", field) == f"{question}b"


def test_a_hint_is_a_link_and_what_it_shows(shows: Callable[..., str]) -> None:
    assert re.fullmatch(
        r'\n<a class=hint href="#">\nF</a>\n<div id="hint\w{16}" class=hint style="display: none">f</div>\n',
        shows("{{hint:F}}"),
    )


def test_the_front_stands_on_the_back_with_its_sounds_played_once() -> None:
    card = CardRenderer(note_type("{{F}}", "{{FrontSide}}<hr>{{B}}", ("F", "B")))
    sides = card.card(["f[sound:f.mp3]", "b[sound:b.mp3]"], 0, AROUND)
    assert sides.answer.html == "f[anki:play:q:0]<hr>b[anki:play:a:0]"
    assert sides.question.sounds == (Sound("f.mp3"),)
    assert sides.answer.sounds == (Sound("b.mp3"),)


HEARD = [
    ("[sound:a&amp;b.mp3]", "[anki:play:q:0]", (Sound("a&b.mp3"),)),
    ("[sound:folder/a.mp3]", "[anki:play:q:0]", (Sound("a.mp3"),)),
    ("[sound:]", "[sound:]", ()),
    ('[anki:tts lang=en voices="A B,C"]x<p>y[/anki:tts]', "[anki:play:q:0]", (Speech("x y", "en", ("A B", "C"), 1.0),)),
    ("[anki:tts lang=en cloze_blank=gap]a [...][/anki:tts]", "[anki:play:q:0]", (Speech("a gap", "en", (), 1.0),)),
    ("[anki:tts]x[/anki:tts]", "[speech without a language]", ()),
    ("[anki:own a=b][sound:x.mp3][/anki:own]", "[anki:own a=b][sound:x.mp3][/anki:own]", ()),
]


@pytest.mark.parametrize(("field", "html", "sounds"), HEARD)
def test_what_is_heard(field: str, html: str, sounds: tuple[Sound | Speech, ...]) -> None:
    sides = CardRenderer(note_type("{{F}}", "", ("F", "B"))).card([field, ""], 0, AROUND)
    assert sides.question == (html, sounds)


def test_speech() -> None:
    card = CardRenderer(note_type("{{tts de_DE voices=Anna,Ben speed=0.8:F}}", "", ("F", "B")))
    sides = card.card(["<b>Guten</b> Tag", ""], 0, AROUND)
    assert sides.question == ("[anki:play:q:0]", (Speech("Guten Tag", "de_DE", ("Anna", "Ben"), 0.8),))


WRONG = [
    ("{{Nowhere}}", "no field called &#x27;Nowhere&#x27;"),
    ("{{#Nowhere}}x{{/Nowhere}}", "no field called &#x27;Nowhere&#x27;"),
    ("{{#FrontSide}}{{F}}{{/FrontSide}}", "no field called &#x27;FrontSide&#x27;"),
    ("{{F}}{{c2}}", "no field called &#x27;c2&#x27;"),
    ("{{#F}}{{F}}", "never closed"),
    ("{{F}}{{/B}}", "not open"),
    ("{{#B}}{{F}}{{/B}}", "The front of this card is blank"),
]


@pytest.mark.parametrize(("front", "said"), WRONG)
def test_a_front_that_cannot_be_shown(shows: Callable[..., str], front: str, said: str) -> None:
    assert said in shows(front, "f", "")


CLOZE = [
    (0, "a {{c1::b}} c", "a [b=...] c", "a <b> c"),
    (0, "{{c1::b::hint}}", "[b=hint]", "<b>"),
    (1, "{{c1::b}} {{c2::c}}", "(b) [c=...]", "(b) <c>"),
    (0, r"\({{c1::x}}\)", r"\([...]\)", r"\(x\)"),
]


@pytest.mark.parametrize(("ordinal", "text", "question", "answer"), CLOZE)
def test_a_cloze(ordinal: int, text: str, question: str, answer: str) -> None:
    own = note_type("{{cloze:Text}}", "{{cloze:Text}}", ("Text",), Kind.CLOZE)
    sides = CardRenderer(own).card([text], ordinal, AROUND)

    def short(html: str) -> str:
        html = re.sub(r'<span class="cloze" data-cloze="(.*?)" data-ordinal="\d">\[(.*?)\]</span>', r"[\1=\2]", html)
        html = re.sub(r'<span class="cloze" data-ordinal="\d">(.*?)</span>', r"<\1>", html)
        return re.sub(r'<span class="cloze-inactive" data-ordinal="\d">(.*?)</span>', r"(\1)", html)

    assert (short(sides.question.html), short(sides.answer.html)) == (question, answer)


MASKED = [
    ("rect:left=.1:width=.2:oi=1", 'data-shape="rect" data-left=".1" data-width=".2" data-occludeInactive="1" '),
    ("ellipse:rx=.1:ry=0", 'data-shape="ellipse" data-rx=".1" '),
    ("polygon:points=.1,.2  .3,.4 5", 'data-shape="polygon" data-points=".1,.2 .3,.4" '),
    (r"text:text=a\:b:fs=.05", 'data-shape="text" data-text="a&#x3A;b" data-font-size=".05" '),
    ("star:left=:top=.1", ""),
]


@pytest.mark.parametrize(("mask", "data"), MASKED)
def test_a_mask(mask: str, data: str) -> None:
    own = note_type("{{cloze:Text}}", "{{cloze:Text}}", ("Text",), Kind.CLOZE)
    card = CardRenderer(own)
    text = f"{{{{c1::image-occlusion:{mask}}}}}"
    first, other = card.card([text], 0, AROUND), card.card([f"{text}{{{{c2::x}}}}"], 1, AROUND)
    assert first.question.html == f'<div class="cloze" data-ordinal="1" {data}></div>'
    assert first.answer.html == f'<div class="cloze-highlight" data-ordinal="1" {data}></div>'
    assert other.question.html.startswith(f'<div class="cloze-inactive" data-ordinal="1" {data}></div>')


# --- Cards that are in a collection -----------------------------------------------------------------------------------


def test_special_fields_of_a_card_with_a_flag_in_a_subdeck(anki: Anki) -> None:
    front = "{{F}}|{{Tags}}|{{Type}}|{{Deck}}|{{Subdeck}}|{{Card}}|{{CardFlag}}"
    anki.add_type("own", ["F"], [front])
    note = anki.col.new_note(anki.note_type("own"))
    note.fields, note.tags = ["f"], ["a", "b::c"]
    deck = anki.col.decks.id("Top::Middle & x::Leaf")
    assert deck
    anki.col.add_note(note, deck)
    card = note.cards()[0]
    card.flags = 3
    anki.col.update_card(card)
    shown = anki.col.get_card(card.id).render_output().question_text
    around = Circumstances(("a", "b::c"), "Top::Middle & x::Leaf", 3)
    assert CardRenderer(note_type(front, "", ("F",))).card(["f"], 0, around).question.html == shown
    assert shown == "f|a b::c|own|Top::Middle & x::Leaf|Leaf|Card 1|flag3"


def test_what_check_refuses_is_what_cannot_be_shown() -> None:
    own = note_type("{{F}}", "", ("F", "B"))
    for front, _ in WRONG[:-1]:
        assert check(front, own, is_front=True), front
    assert not check("{{F}}{{#Tags}}{{Tags}}{{/Tags}}", own, is_front=True)
    assert not check("{{FrontSide}}{{F}}", own, is_front=False)
