"""The built-in note types, chosen so that nothing an author does to a card breaks it.

One type serves basic, reversed and typed cards: making a card reversed fills the field `Add Reverse`, and Anki adds
the second card and keeps the reviews of the first. As separate note types it would be a conflict. For the same reason
the field lists never change: a field that is added later hurts everybody who has the deck (docs/decisions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deckgen.model import BASIC, CLOZE, IMAGE_OCCLUSION, Field, Kind, NoteType, Template

if TYPE_CHECKING:
    from deckgen.model import Deck

_RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa he ks nqo ps sd syr ug ur yi".split())

# FrontSide and not Front, so that sound plays once. Anki takes `<hr id=answer>`, spelled so, out of the page and puts
# it before the comparison of a typed answer (aqt, reviewer.py); the front's own footer is hidden by the theme.
_FOOT = """<footer class="foot"><span class="topic">{{Topic}}</span>\
{{#Source}}<span class="source">{{Source}}</span>{{/Source}}</footer>"""
_FRONT_FOOT = '<footer class="foot front-foot"><span class="topic">{{Topic}}</span></footer>'
_EXTRA = '{{#Extra}}<section class="extra">{{Extra}}</section>{{/Extra}}'

_ASK = f"""{{{{#Front}}}}<article class="deckgen"LANG>
<section class="question">{{{{Front}}}}</section>
{{{{#Hint}}}}<aside class="hint-box">{{{{hint:Hint}}}}</aside>{{{{/Hint}}}}
{{{{#Type Answer}}}}{{{{type:Back}}}}{{{{/Type Answer}}}}
{_FRONT_FOOT}
</article>{{{{/Front}}}}"""
_TELL = f"""<div class="answered">{{{{FrontSide}}}}</div>
<article class="deckgen"LANG>
<hr id=answer>
{{{{^Type Answer}}}}<section class="answer">{{{{Back}}}}</section>{{{{/Type Answer}}}}
{_EXTRA}
{_FOOT}
</article>"""
_ASK_BACKWARDS = f"""{{{{#Add Reverse}}}}{{{{#Back}}}}<article class="deckgen"LANG>
<section class="question">{{{{Back}}}}</section>
{_FRONT_FOOT}
</article>{{{{/Back}}}}{{{{/Add Reverse}}}}"""
_TELL_BACKWARDS = f"""<div class="answered">{{{{FrontSide}}}}</div>
<article class="deckgen"LANG>
<hr id=answer>
<section class="answer">{{{{Front}}}}</section>
{_EXTRA}
{_FOOT}
</article>"""

_ASK_CLOZE = f"""<article class="deckgen"LANG>
<section class="question">{{{{cloze:Text}}}}</section>
{{{{#Type Answer}}}}{{{{type:cloze:Text}}}}{{{{/Type Answer}}}}
{_FRONT_FOOT}
</article>"""
_TELL_CLOZE = f"""<article class="deckgen"LANG>
<section class="question">{{{{cloze:Text}}}}</section>
{{{{#Type Answer}}}}<hr id=answer>{{{{type:cloze:Text}}}}{{{{/Type Answer}}}}
{_EXTRA}
{_FOOT}
</article>"""

_PICTURE = """<article class="deckgen"LANG>
{{#Header}}<section class="question">{{Header}}</section>{{/Header}}
<div style="display: none">{{cloze:Occlusion}}</div>
<div id="err"></div>
<div id="image-occlusion-container">
    {{Image}}
    <canvas id="image-occlusion-canvas"></canvas>
</div>
<script>
try {
    anki.imageOcclusion.setup();
} catch (exc) {
    document.getElementById("err").textContent = `This card needs Anki 23.10 or newer. ${exc}`;
}
</script>
"""
_ASK_PICTURE = f"{_PICTURE}{_FRONT_FOOT}\n</article>"
_TELL_PICTURE = f"""{_PICTURE}<div><button id="toggle">Toggle Masks</button></div>
{{{{#Back Extra}}}}<section class="extra">{{{{Back Extra}}}}</section>{{{{/Back Extra}}}}
{_FOOT}
</article>"""


def built_in(deck: Deck, css: str) -> list[NoteType]:
    """Return the built-in types, as this deck's own: named for it, in its language, with its CSS."""
    language = f' lang="{deck.language}" dir="{direction(deck.language)}"'

    def template(number: int, front: str, back: str) -> Template:
        name = f"Card {number}"
        return Template(name, name, front.replace("LANG", language), back.replace("LANG", language))

    basic = [template(1, _ASK, _TELL), template(2, _ASK_BACKWARDS, _TELL_BACKWARDS)]
    kinds = [
        (
            BASIC,
            "Basic",
            Kind.NORMAL,
            ["Front", "Back", "Extra", "Hint", "Topic", "Source", "Add Reverse", "Type Answer"],
            basic,
        ),
        (
            CLOZE,
            "Cloze",
            Kind.CLOZE,
            ["Text", "Extra", "Topic", "Source", "Type Answer"],
            [template(1, _ASK_CLOZE, _TELL_CLOZE)],
        ),
        (
            IMAGE_OCCLUSION,
            "Image Occlusion",
            Kind.CLOZE,
            ["Occlusion", "Image", "Header", "Back Extra", "Comments", "Topic", "Source"],
            [template(1, _ASK_PICTURE, _TELL_PICTURE)],
        ),
    ]
    return [
        NoteType(key, f"{deck.name} – {name}", kind, _fields(key, names), tuple(templates), css)  # noqa: RUF001 - a dash is meant
        for key, name, kind, names, templates in kinds
    ]


def _fields(key: str, names: list[str]) -> tuple[Field, ...]:
    """Build the fields; the first five of an image occlusion have their parts in Anki's editor."""
    last_role = 5 if key == IMAGE_OCCLUSION else 0
    return tuple(Field(name, name, number if number < last_role else None) for number, name in enumerate(names))


def direction(language: str) -> str:
    """Return the writing direction, `rtl` or `ltr`, of a BCP 47 language tag."""
    primary, *more = language.lower().split("-")
    scripts = {part for part in more if len(part) == 4}
    if scripts:
        return "rtl" if scripts & {"arab", "hebr", "syrc", "thaa", "nkoo", "adlm"} else "ltr"
    return "rtl" if primary in _RIGHT_TO_LEFT else "ltr"
