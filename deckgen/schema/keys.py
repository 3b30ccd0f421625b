"""Every key of the format, declared once: `cards` and `deck` read by these, `jsonschema` tells editors of them."""

from __future__ import annotations

from deckgen.model import BASIC, CLOZE, IMAGE_OCCLUSION
from deckgen.schema.kinds import Choice, Either, Flag, Json, ListOf, MapOf, Number, Raw, Text, Words
from deckgen.schema.shapes import Key, Shape

MARKUP = Key("markup", Choice(("markdown", "html")), "How fields are written: Markdown (the default) or HTML.")

CITATION = Shape(
    "a source",
    (
        Key("id", Text("article"), "Which of the deck's `sources`."),
        Key("section", Text("Introduction"), "The section, chapter or heading."),
        Key("page", Text("12"), "The page or pages."),
        Key("url", Text("https://…"), "A link to the very place."),
        Key("quote", Text(), "The words of the source that the card rests on."),
    ),
)
SOURCE_KEY = Key("source", Either(CITATION), "Where cards come from: {id: …, section: …}, an id, or a text.")

SOURCE = Shape(
    "a source",
    (
        Key("title", Text("Muscle memory"), "Its title."),
        Key("author", Text("A. Author"), "Who wrote it.", ("authors",)),
        Key("url", Text("https://…"), "Its address.", ("link",)),
        Key("publisher", Text("A journal"), "Where it appeared."),
        Key("date", Text("2026"), "When it appeared.", ("year",)),
        Key("retrieved", Text("2026-11-23"), "When it was read."),
        Key("license", Text("CC BY 4.0"), "Under what licence it may be used.", ("licence",)),
    ),
)

TAGS = Key("tags", Words(), "Tags, besides those that the topic gives; `::` nests.")

DEFAULTS = Shape("defaults", (TAGS, SOURCE_KEY))

_STEPS = ListOf(Text("10m"), "[1m, 10m]", least=1)

OPTIONS = Shape(
    "options",
    (
        Key("new_per_day", Number(0, 9999, whole=True), "New cards a day."),
        Key("reviews_per_day", Number(0, 9999, whole=True), "Reviews a day at the most."),
        Key("desired_retention", Number(0.7, 0.99), "The share of cards to be remembered when due (FSRS)."),
        Key("maximum_interval", Number(1, 36500, whole=True), "Days between two reviews at the most."),
        Key("learning_steps", _STEPS, "Steps for new cards, such as [1m, 10m]."),
        Key("relearning_steps", _STEPS, "Steps for forgotten cards."),
        Key("bury_siblings", Flag(), "Whether cards of one note are kept off the same day."),
    ),
)

EDITION = Shape("an edition", (Key("select", Text("tag:core"), "Which notes, in Anki's search language."),))

FIELD = Shape(
    "a field",
    (
        Key("name", Text("Action"), "The name in Anki."),
        Key("id", Text("action"), "What the field is known by when its name changes; default: the name."),
    ),
    needs=("name",),
)
TEMPLATE = Shape(
    "a template",
    (
        Key("name", Text("Card 1"), "The name in Anki."),
        Key("id", Text("card-1"), "What the template is known by when its name changes; default: the name."),
        Key(
            "front",
            Text("{{Name}}"),
            "The question side, or the name of an .html file.",
            ("question", "qfmt"),
        ),
        Key(
            "back",
            Text("{{FrontSide}}<hr id=answer>{{Action}}"),
            "The answer side, or a file.",
            ("answer", "afmt"),
        ),
    ),
    needs=("front", "back"),
)
NOTE_TYPE = Shape(
    "a note type",
    (
        Key("id", Text("muscle"), "What the note type is known by when its name changes; default: the name."),
        Key(
            "kind",
            Choice(("normal", "cloze")),
            "normal: a card for each template; cloze: for each cloze number.",
        ),
        Key(
            "fields",
            ListOf(Either(FIELD), "[Name, Action]", least=1),
            "The fields; the first one names the note.",
        ),
        Key("templates", ListOf(TEMPLATE, "[{front: …, back: …}]", least=1), "The card templates."),
        Key(
            "css",
            Text("style.css"),
            "Styles, or the name of a .css file; default: the deck's theme.",
            ("style",),
        ),
    ),
    needs=("fields", "templates"),
)


def _list_of_cards() -> Json:
    return {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/card"}}, {"type": "null"}]}


TOPIC_KEYS = (
    Key("topic", Text("Motor cortex"), "The topic's title, shown on its cards."),
    TAGS,
    SOURCE_KEY,
    MARKUP,
    Key("cards", Raw(_list_of_cards), "The cards.", ("notes", "flashcards")),
)
TOPIC = Shape("a topic file", TOPIC_KEYS)

DECK_KEYS = (
    Key("deck", Text("Muscle Memory"), "The deck's name in Anki; `::` nests.", ("name",)),
    Key("id", Text("muscle-memory"), "What guids grow from (a-z, 0-9, -). Never change it."),
    Key("description", Text(), "Shown under the deck's name in Anki. Markdown."),
    Key("tag", Text("muscle-memory"), "The root of all topic tags; default: the id."),
    Key("subdecks", Choice(("none", "topic")), "One deck, or a subdeck for each topic."),
    Key("language", Text("en"), "The cards' language (BCP 47); sets the writing direction.", ("lang",)),
    Key("theme", Text("paper"), "A built-in theme."),
    Key("css", Text("style.css"), "The deck's own styles, or the name of a .css file.", ("style",)),
    Key("topics", ListOf(Text("overview"), "[overview, practice]"), "Topic files in the order to learn them."),
    Key("sources", MapOf(SOURCE, "{article: {title: …}}"), "The works that cards were extracted from."),
    Key("defaults", DEFAULTS, "Tags and source for all cards."),
    Key("options", OPTIONS, "The deck's preset in Anki."),
    Key("editions", MapOf(EDITION, "{essentials: {select: 'tag:core'}}"), "Named ways to build the deck."),
    Key("note_types", MapOf(NOTE_TYPE, "{Muscle: {fields: […], templates: […]}}"), "Your own note types."),
    MARKUP,
)
DECK = Shape("deck.yaml", DECK_KEYS)

SINGLE = Shape("a deck file", (*DECK_KEYS, *(k for k in TOPIC_KEYS if k is not MARKUP)))
"""A deck in one file: the keys of both."""


def _fractions(example: str, count: int) -> ListOf:
    return ListOf(Number(0, 1), example, least=count, most=count)


MASK = Shape(
    "a mask",
    (
        Key(
            "rect",
            _fractions("[0.1, 0.2, 0.3, 0.1]", 4),
            "Left, top, width, height as fractions of the image.",
        ),
        Key("ellipse", _fractions("[0.1, 0.2, 0.3, 0.1]", 4), "The box around it: left, top, width, height."),
        Key(
            "polygon",
            ListOf(_fractions("[0.1, 0.2]", 2), "[[0.1, 0.2], [0.3, 0.2], [0.2, 0.4]]", least=3),
            "Its corners.",
        ),
        Key(
            "label",
            Text("M1"),
            "What is under it; kept in the note's Comments, where Anki's search finds it.",
        ),
        Key("number", Number(1, 500, whole=True), "Which card it belongs to; default: its place in the list."),
    ),
    one_of=("rect", "ellipse", "polygon"),
)

# The keys that every card may have, whatever its note type; an author's own fields stand beside them.
COMMON_KEYS = (
    Key("id", Text("m1-brodmann"), "Unique in the deck; with it the card can be edited without limits."),
    Key("type", Text("Cloze"), "The note type, if the keys do not tell."),
    Key("tags", Words(), "Tags besides those of the file.", ("tag",)),
    SOURCE_KEY,
    MARKUP,
)
BASIC_KEYS = (
    Key("front", Text(), "The question.", ("question", "q", "term")),
    Key("back", Text(), "The answer.", ("answer", "a", "definition")),
    Key("hint", Text(), "Shown under the question when asked for."),
    Key("reverse", Flag(), "A second card, from back to front.", ("reversed", "add_reverse")),
)
CLOZE_KEYS = (Key("cloze", Text("The {{c1::heart}} pumps blood."), "A text with {{c1::deletions}}.", ("text",)),)
IMAGE_KEYS = (
    Key("image", Text("brain.png"), "The picture whose parts are hidden.", ("picture",)),
    Key(
        "masks",
        ListOf(MASK, "[{rect: [0.1, 0.2, 0.3, 0.1], label: M1}]", least=1),
        "What is hidden, one card each.",
        ("occlusions",),
    ),
    Key("header", Text(), "Shown above the picture."),
    Key("alt", Text(), "The picture in words, for those who do not see it."),
    Key("hide", Choice(("all", "one")), "Whether a card hides all masks or only the one it asks for."),
    Key("comments", Text(), "For the author; not shown."),
)
SHARED_KEYS = (
    Key("extra", Text(), "Shown under the answer.", ("back_extra",)),
    Key("typed", Flag(), "The learner types the answer.", ("type_answer",)),
)
BASIC_CARD = Shape("a card", (*BASIC_KEYS, *SHARED_KEYS, *COMMON_KEYS), needs=("front", "back"))
CLOZE_CARD = Shape("a card", (*CLOZE_KEYS, *SHARED_KEYS, *COMMON_KEYS), needs=("cloze",))
IMAGE_CARD = Shape("a card", (*IMAGE_KEYS, SHARED_KEYS[0], *COMMON_KEYS), needs=("image", "masks"))
CARD = Shape("a card", (*BASIC_KEYS, *CLOZE_KEYS, *IMAGE_KEYS, *SHARED_KEYS, *COMMON_KEYS))
OWN_CARD = Shape("a card", COMMON_KEYS)

RESERVED_FIELDS = frozenset(OWN_CARD.lookup)
"""Names that a field of an author's own note type cannot have: they mean something in every card."""

STOCK_TYPES: dict[str, tuple[str, dict[str, bool]]] = {
    "basic": (BASIC, {}),
    "basic (and reversed card)": (BASIC, {"reverse": True}),
    "basic (optional reversed card)": (BASIC, {}),
    "basic (type in the answer)": (BASIC, {"typed": True}),
    "cloze": (CLOZE, {}),
    "image occlusion": (IMAGE_OCCLUSION, {}),
}
"""Anki's own names, taken as `type:`: the built-in type that each is, and the keys that it stands for."""
