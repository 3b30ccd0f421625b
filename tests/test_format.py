"""The format, key by key, as examples: YAML in, what a learner finds in real Anki out (docs/format.md).

Sections follow the format reference: files, topics, tags, sources, cards, note types, the deck's head, YAML itself.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from tests.anki_harness import words
from tests.conftest import built, complaints, problems_of, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.anki_harness import Anki

    Files = dict[str, str | bytes]
    Import = Callable[[str | bytes | Files], Anki]

CARD = "cards: [{front: f, back: b}]"
HEART = "<svg xmlns='http://www.w3.org/2000/svg' width='100' height='50'/>"


@pytest.fixture
def imported(anki: Anki) -> Import:
    """Return a function that builds and imports a deck: the file `one.yaml`, or the files of the folder `spanish`."""

    def install(deck: str | bytes | Files) -> Anki:
        path = write(deck, Path("spanish")) if isinstance(deck, dict) else write({"one.yaml": deck}) / "one.yaml"
        done = built(path)
        assert done.package, [f"{p.span} {p.code}: {p.message}" for p in done.problems]
        anki.install(done.package, presets=True)
        return anki

    return install


def fronts(anki: Anki) -> list[str]:
    """Return the first field of every note, in order."""
    return [next(iter(note.fields.values())) for note in anki.notes()]


def field(anki: Anki, name: str) -> list[str]:
    """Return one field of every note, in order."""
    return [note.fields[name] for note in anki.notes()]


def questions(anki: Anki) -> list[str]:
    """Return what a learner reads on the front of each card."""
    return [words(card.question) for card in anki.cards()]


def answers(anki: Anki) -> list[str]:
    """Return what a learner reads on the back of each card."""
    return [words(card.answer) for card in anki.cards()]


def is_right(anki: Anki, typed: str) -> bool:
    """Tell whether Anki takes what a learner typed for the first note's answer."""
    compared = anki.col.compare_answer(expected=anki.notes()[0].fields["Back"], provided=typed)
    return "typeGood" in compared and "typeBad" not in compared and "typeMissed" not in compared


# --- Files -----------------------------------------------------------------------------------------------------------


def test_a_deck_is_a_folder_with_a_head_and_one_file_per_topic(imported: Import) -> None:
    anki = imported(
        {
            "deck.yaml": "deck: Spanish\n",
            "verbs.yaml": "cards: [{front: ser, back: to be}]",
            "food.yaml": "cards: [{front: pan, back: bread}]",
        }
    )
    assert [(n.fields["Front"], n.fields["Topic"], n.tags) for n in anki.notes()] == [
        ("pan", "Food", ["spanish::food"]),
        ("ser", "Verbs", ["spanish::verbs"]),
    ]
    assert {card.deck for card in anki.cards()} == {"Spanish"}
    assert anki.healthy()


def test_sub_folders_nest_topics(imported: Import) -> None:
    anki = imported({"deck.yaml": "deck: D", "a/b.yaml": CARD, "a/c/d.yaml": "cards: [{front: g, back: b}]"})
    assert [(n.tags, n.fields["Topic"]) for n in anki.notes()] == [
        (["spanish::a::b"], "B"),
        (["spanish::a::c::d"], "D"),
    ]


def test_one_file_has_the_keys_of_both(imported: Import) -> None:
    anki = imported("""
        deck: Languages::Spanish
        id: es
        topic: First words
        tags: [short]
        language: es
        source: A friend
        cards:
          - {front: pan, back: bread}
        """)
    (note,) = anki.notes()
    assert note.tags == ["es::first-words", "short"]
    assert (note.fields["Topic"], note.fields["Source"]) == ("First words", "A friend")
    assert [card.deck for card in anki.cards()] == ["Languages::Spanish"]


def test_a_bare_list_is_a_whole_deck_named_for_its_file(imported: Import) -> None:
    anki = imported("""
        - {front: pan, back: bread}
        - {front: sol, back: sun}
        """)
    assert [(n.fields["Front"], n.fields["Topic"], n.tags) for n in anki.notes()] == [
        ("pan", "", ["one"]),
        ("sol", "", ["one"]),
    ]
    assert {card.deck for card in anki.cards()} == {"One"}


def test_a_bare_list_is_a_whole_topic_file(imported: Import) -> None:
    anki = imported({"deck.yaml": "deck: D", "food.yaml": "- {front: pan, back: bread}\n"})
    assert [(n.fields["Topic"], n.tags) for n in anki.notes()] == [("Food", ["spanish::food"])]


def test_yml_is_yaml(imported: Import) -> None:
    anki = imported({"deck.yml": "deck: D", "a.yml": CARD, "b.YAML": "cards: [{front: g, back: b}]"})
    assert fronts(anki) == ["f", "g"]


def test_a_yaml_and_a_yml_of_one_name_both_count_or_are_reported(imported: Import) -> None:
    files: Files = {"deck.yaml": "deck: D", "a.yaml": CARD, "a.yml": "cards: [{front: g, back: b}]"}
    write(files, Path("spanish"))
    if not problems_of("spanish"):
        assert fronts(imported(files)) == ["f", "g"]


def test_other_files_and_hidden_ones_are_left_alone(imported: Import) -> None:
    files: Files = {"deck.yaml": "deck: D", "a.yaml": CARD, "notes.txt": "{", ".draft.yaml": "{", ".git/x.yaml": "{"}
    assert fronts(imported(files)) == ["f"]


def test_a_deck_inside_a_deck_is_a_deck_of_its_own(imported: Import) -> None:
    files: Files = {"deck.yaml": "deck: D", "a.yaml": CARD, "inner/deck.yaml": "deck: E", "inner/b.yaml": "- {"}
    assert fronts(imported(files)) == ["f"]


def test_without_name_and_id_the_folder_gives_both(imported: Import) -> None:
    anki = imported({"deck.yaml": "language: es", "a.yaml": CARD})
    assert [card.deck for card in anki.cards()] == ["Spanish"]
    assert anki.notes()[0].tags == ["spanish::a"]


def test_cards_may_be_an_empty_list_for_now(imported: Import) -> None:
    assert fronts(imported({"deck.yaml": "deck: D", "a.yaml": CARD, "b.yaml": "topic: Later\ncards:\n"})) == ["f"]


# --- Topics ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "tag", "title"),
    [
        ("motor-cortex", "spanish::motor-cortex", "Motor cortex"),
        ("motor_cortex", "spanish::motor_cortex", "Motor cortex"),
        ("über uns", "spanish::über-uns", "Über uns"),
        ("this & that", "spanish::this-that", "This & that"),
        ("2-verbs", "spanish::2-verbs", "2 verbs"),
        ("動詞", "spanish::動詞", "動詞"),
        ("глаголы", "spanish::глаголы", "Глаголы"),
        ("c++", "spanish::c", "C++"),
        ("!", "spanish", "!"),
    ],
)
def test_a_files_name_becomes_tag_and_title(imported: Import, file: str, tag: str, title: str) -> None:
    anki = imported({"deck.yaml": "deck: D", f"{file}.yaml": CARD})
    (card,) = anki.cards()
    assert anki.notes()[0].tags == [tag]
    assert words(card.question) == f"f {title}"


@pytest.mark.parametrize("name", ["DNA", "Motor Cortex", "RNA and DNA", "1. Einführung"])
def test_capitals_in_a_files_name_stay_in_its_title(imported: Import, name: str) -> None:
    anki = imported({"deck.yaml": "deck: D", f"{name}.yaml": CARD})
    assert field(anki, "Topic") == [name]


def test_capitals_in_a_folders_name_stay_in_the_decks_name(anki: Anki) -> None:
    write({"US-history/deck.yaml": "id: us", "US-history/a.yaml": CARD})
    package = built("US-history").package
    assert package
    anki.install(package)
    assert anki.cards()[0].deck == "US history"


def test_the_title_is_shown_as_typed_and_the_tag_stays_the_files(imported: Import) -> None:
    anki = imported({"deck.yaml": "deck: D", "verbs.yaml": f"topic: Verbs & <Nouns> *x*\n{CARD}"})
    assert anki.notes()[0].tags == ["spanish::verbs"]
    assert questions(anki) == ["f Verbs & <Nouns> *x*"]


def test_topics_gives_the_order_and_the_rest_follows(imported: Import) -> None:
    anki = imported(
        {
            "deck.yaml": "topics: [zoo, parts/two]",
            **{f"{name}.yaml": f"- {{front: {name}, back: b}}" for name in ("apes", "bees", "parts/one", "parts/two")},
            "zoo.yaml": "- {front: zoo, back: b}\n- {front: zoo 2, back: b, reverse: true}\n",
        }
    )
    assert fronts(anki) == ["zoo", "zoo 2", "parts/two", "apes", "bees", "parts/one"]
    assert [card.due for card in anki.cards()] == [1, 2, 2, 3, 4, 5, 6]  # the order in which Anki shows new cards


def test_an_unknown_topic_is_an_error() -> None:
    write({"d/deck.yaml": "topics: [verbs.yaml]", "d/verbs.yaml": CARD})
    assert [(p.code, p.help) for p in problems_of("d")] == [("unknown-topic", "did you mean 'verbs'?")]


@pytest.mark.parametrize(
    ("head", "names"),
    [
        ("deck: D", {"D"}),
        ("{deck: D, subdecks: none}", {"D"}),
        ("{deck: D, subdecks: topic}", {"D::Food", "D::Verbs::Regular", "D::Verbs::To be; or not"}),
        ("{deck: 'L::D', subdecks: TOPIC}", {"L::D::Food", "L::D::Verbs::Regular", "L::D::Verbs::To be; or not"}),
    ],
)
def test_subdecks(imported: Import, head: str, names: set[str]) -> None:
    anki = imported(
        {
            "deck.yaml": head,
            "food.yaml": "- {front: 1, back: b}",
            "verbs/regular.yaml": "- {front: 2, back: b}",
            "verbs/ser.yaml": "topic: To be; or not\ncards: [{front: 3, back: b}]",
        }
    )
    assert {card.deck for card in anki.cards()} == names
    assert anki.healthy()


def test_a_subdeck_is_one_level_though_its_title_has_colons(imported: Import) -> None:
    anki = imported({"deck.yaml": "{deck: D, subdecks: topic}", "a.yaml": f"topic: 'std::map'\n{CARD}"})
    assert [card.deck for card in anki.cards()] == ["D::std map"]


# --- Tags ------------------------------------------------------------------------------------------------------------


def test_tags_of_deck_file_and_card_add_up(imported: Import) -> None:
    anki = imported(
        {
            "deck.yaml": "{tag: 'Lang::ES', defaults: {tags: [2026]}}",
            "verbs.yaml": """
                tags: [grammar, A2]
                cards:
                  - {front: ser, back: to be, tags: [core, grammar]}
                  - {front: ir, back: to go}
                """,
        }
    )
    common = ["2026", "A2", "grammar", "Lang::ES::verbs"]
    assert [sorted(n.tags, key=str.casefold) for n in anki.notes()] == [
        ["2026", "A2", "core", "grammar", "Lang::ES::verbs"],
        common,
    ]


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("[anatomy, Brain::Motor]", ["anatomy", "Brain::Motor"]),
        ("anatomy", ["anatomy"]),
        ("anatomy core", ["anatomy", "core"]),
        ("anatomy, core", ["anatomy", "core"]),
        ("' anatomy ,core,  B::c '", ["anatomy", "B::c", "core"]),
        ("[yes, 2026, 1.10, null]", ["1.10", "2026", "null", "yes"]),
        ("", []),
        ("[]", []),
        (
            "[größe, 日本語, snake_case, kebab-case, 'c++', 50%]",
            ["50%", "c++", "größe", "kebab-case", "snake_case", "日本語"],
        ),
    ],
)
@pytest.mark.parametrize("key", ["tags", "tag", "Tags"])
def test_tags_stay_as_written(imported: Import, key: str, tags: str, found: list[str]) -> None:
    anki = imported(f"- front: f\n  back: b\n  {key}: {tags}\n")
    assert sorted(set(anki.notes()[0].tags) - {"one"}, key=str.casefold) == found


def test_an_alias_can_name_a_set_of_tags(imported: Import) -> None:
    anki = imported("""
        tags: &common [a, b]
        cards:
          - {front: f, back: b, tags: *common}
        """)
    assert anki.notes()[0].tags == ["a", "b", "one"]


# --- Sources ---------------------------------------------------------------------------------------------------------

SOURCES = """
sources:
  book:
    title: The "Motor" <Cortex> & More
    author: A. Author
    url: https://example.org/?a=1&b=2
    publisher: A press
    year: 2020-01-02
    retrieved: 2026-11-23
    licence: CC BY 4.0
  talk: {title: A talk}
  bare: {}
"""
BOOK = '<a href="https://example.org/?a=1&amp;b=2">The "Motor" &lt;Cortex&gt; &amp; More</a> · A. Author · 2020-01-02'


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("book", BOOK),
        ("{id: book}", BOOK),
        ("{id: book, section: Sulci}", f"{BOOK} · Sulci"),
        ("{id: book, section: Sulci, page: 7, quote: 'x < y'}", f"{BOOK} · Sulci · p. 7 · <q>x &lt; y</q>"),
        ("{id: talk}", "A talk"),
        ("{id: talk, url: 'https://t.example'}", '<a href="https://t.example">A talk</a>'),
        ("bare", "bare"),
        ("My professor, <2026>", "My professor, &lt;2026&gt;"),
        (
            "https://example.org/a?b=1&c=2",
            '<a href="https://example.org/a?b=1&amp;c=2">https://example.org/a?b=1&amp;c=2</a>',
        ),
        ("{section: Chapter 3}", "Chapter 3"),
        ("''", ""),
    ],
)
def test_a_source_is_shown_as_a_citation(imported: Import, source: str, shown: str) -> None:
    anki = imported(f"{SOURCES}cards:\n  - front: f\n    back: b\n    source: {source}\n")
    assert field(anki, "Source") == [shown]


def test_a_source_stands_on_the_back_and_not_on_the_front(imported: Import) -> None:
    anki = imported("- {front: f, back: b, source: Gray}")
    assert (questions(anki), answers(anki)) == (["f"], ["f b Gray"])


def test_a_card_takes_from_its_file_and_the_file_from_the_deck_what_it_does_not_say(imported: Import) -> None:
    anki = imported(
        {
            "deck.yaml": f"{SOURCES}defaults: {{source: {{id: talk}}}}",
            "a.yaml": """
                source: {section: Sulci}
                cards:
                  - {front: 1, back: b}
                  - {front: 2, back: b, source: {quote: so it is}}
                  - {front: 3, back: b, source: {section: Gyri}}
                  - {front: 4, back: b, source: {id: book}}
                  - {front: 5, back: b, source: hearsay}
                  - {front: 6, back: b, source: ''}
                """,
            "b.yaml": CARD,
        }
    )
    assert field(anki, "Source") == [
        "A talk · Sulci",
        "A talk · Sulci · <q>so it is</q>",
        "A talk · Gyri",
        BOOK,
        "hearsay",
        "",
        "A talk",
    ]


def test_another_section_takes_no_page_or_quote_along(imported: Import) -> None:
    anki = imported("""
        source: {section: One, page: 7, quote: q, url: 'https://one.example'}
        sources: {s: {title: S, url: 'https://s.example'}}
        defaults: {source: s}
        cards:
          - {front: f, back: b, source: {section: Two}}
        """)
    assert field(anki, "Source") == ['<a href="https://s.example">S</a> · Two']


def test_a_source_in_free_words_stays_when_a_card_names_a_section(imported: Import) -> None:
    anki = imported("""
        source: Lecture by Prof. Ng
        cards:
          - {front: f, back: b, source: {section: Week 2}}
        """)
    assert field(anki, "Source") == ["Lecture by Prof. Ng · Week 2"]


def test_a_page_does_not_take_the_section_away(imported: Import) -> None:
    anki = imported("""
        source: {section: Chapter 1}
        cards:
          - {front: f, back: b, source: {page: 12}}
        """)
    assert field(anki, "Source") == ["Chapter 1 · p. 12"]


# --- Basic cards -----------------------------------------------------------------------------------------------------


def test_front_and_back(imported: Import) -> None:
    anki = imported("- {front: Which area is M1?, back: Area 4}")
    assert (questions(anki), answers(anki)) == (["Which area is M1?"], ["Which area is M1? Area 4"])
    assert anki.notes()[0].type == "One – Basic"


def test_extra_is_shown_under_the_answer(imported: Import) -> None:
    anki = imported("- {front: f, back: b, extra: Also called **M1**.}")
    assert (questions(anki), answers(anki)) == (["f"], ["f b Also called M1 ."])
    assert field(anki, "Extra") == ["Also called <strong>M1</strong>."]


def test_hint_is_behind_a_link(imported: Import) -> None:
    anki = imported("- {front: f, back: b, hint: think}")
    assert questions(anki) == ["f Hint think"]
    assert "display: none" in anki.cards()[0].question


def test_reverse_gives_a_second_card(imported: Import) -> None:
    anki = imported("- {front: pan, back: bread, reverse: true, extra: e}\n- {front: sol, back: sun, reverse: false}")
    assert questions(anki) == ["pan", "bread", "sol"]
    assert answers(anki) == ["pan bread e", "bread pan e", "sol sun"]
    assert [(card.ordinal, card.due) for card in anki.cards()] == [(0, 1), (1, 1), (0, 2)]
    assert anki.healthy()


def test_typed_has_the_learner_type_the_answer(imported: Import) -> None:
    anki = imported("- {front: Fe?, back: '**iron** & steel', typed: true}")
    assert questions(anki) == ["Fe? [[type:Back]]"]
    assert is_right(anki, "iron & steel")
    assert not is_right(anki, "iron")


@pytest.mark.parametrize(
    ("back", "typed"),
    [("3 < 4", "3 < 4"), ("C++", "C++"), ("`ls -l`", "ls -l"), ("List<String>", "List<String>"), ("don't", "don't")],
)
def test_what_is_typed_is_compared_with_the_text_and_not_with_html(imported: Import, back: str, typed: str) -> None:
    assert is_right(imported(f'- front: f\n  back: "{back}"\n  typed: true\n'), typed)


@pytest.mark.parametrize("word", ["true", "True", "TRUE", "yes", "Yes", "on", "y"])
def test_a_flag_is_set_by_any_of_yamls_words(imported: Import, word: str) -> None:
    assert len(imported(f"- {{front: f, back: b, reverse: {word}, typed: {word}}}").cards()) == 2


@pytest.mark.parametrize("word", ["false", "no", "Off", "n"])
def test_a_flag_is_not_set_by_their_opposites(imported: Import, word: str) -> None:
    anki = imported(f"- {{front: f, back: b, reverse: {word}, typed: {word}}}")
    assert (field(anki, "Add Reverse"), field(anki, "Type Answer")) == ([""], [""])


def test_one_note_type_serves_all_so_that_a_card_can_change_its_mind(imported: Import) -> None:
    anki = imported("- {front: 1, back: b}\n- {front: 2, back: b, typed: true}\n- {front: 3, back: b, reverse: true}")
    assert {note.type for note in anki.notes()} == {"One – Basic"}
    assert list(anki.notes()[0].fields) == [
        *("Front", "Back", "Extra", "Hint", "Topic", "Source", "Add Reverse", "Type Answer"),
    ]


# --- Cloze cards -----------------------------------------------------------------------------------------------------


def test_each_cloze_number_is_a_card(imported: Import) -> None:
    anki = imported("- cloze: Water boils at {{c1::100}} °C and freezes at {{c2::0}} °C, not at {{c1::99}}.")
    assert questions(anki) == [
        "Water boils at [...] °C and freezes at 0 °C, not at [...] .",
        "Water boils at 100 °C and freezes at [...] °C, not at 99 .",
    ]
    assert anki.notes()[0].type == "One – Cloze"
    assert list(anki.notes()[0].fields) == ["Text", "Extra", "Topic", "Source", "Type Answer"]
    assert anki.healthy()


def test_a_cloze_has_a_hint(imported: Import) -> None:
    anki = imported("- cloze: M1 lies before the {{c1::central sulcus::landmark}}.\n  extra: e")
    assert questions(anki) == ["M1 lies before the [landmark] ."]
    assert answers(anki) == ["M1 lies before the central sulcus . e"]


def test_clozes_nest(imported: Import) -> None:
    anki = imported("- cloze: '{{c1::Canberra is the {{c2::capital of {{c3::Australia}}}}}}'")
    assert questions(anki) == ["[...]", "Canberra is the [...]", "Canberra is the capital of [...]"]
    assert anki.healthy()


def test_one_cloze_can_be_on_several_cards(imported: Import) -> None:
    anki = imported("- cloze: '{{c1,2::a}} {{c2::b}}'")
    assert questions(anki) == ["[...] b", "[...] [...]"]


def test_numbers_may_have_gaps(imported: Import) -> None:
    assert [c.ordinal for c in imported("- cloze: '{{c3::a}} {{c7::b}} {{c500::c}}'").cards()] == [2, 6, 499]


def test_a_cloze_can_be_typed(imported: Import) -> None:
    anki = imported("- {cloze: 'The {{c1::heart}} pumps.', typed: yes}")
    assert questions(anki) == ["The [...] pumps. [[type:cloze:Text]]"]
    assert anki.col.extract_cloze_for_typing(anki.notes()[0].fields["Text"], 1) == "heart"


def test_a_cloze_needs_no_quotes_unless_the_text_begins_with_it(imported: Import) -> None:
    anki = imported("""
        - cloze: The {{c1::heart}} pumps.
        - cloze: "{{c1::Hearts}} pump."
        - cloze: |
            {{c1::Veins}} lead back.
        """)
    assert questions(anki) == ["The [...] pumps.", "[...] pump.", "[...] lead back."]


# --- Image occlusion -------------------------------------------------------------------------------------------------


def shapes(anki: Anki) -> list[tuple[int, str, dict[str, str]]]:
    """Return the first note's masks as Anki's own editor reads them: card number, shape, properties."""
    found = anki.col.get_image_occlusion_note(note_id=anki.notes()[0].id).note
    return [
        (occlusion.ordinal, shape.shape, {p.name: p.value for p in shape.properties})
        for occlusion in sorted(found.occlusions, key=lambda occlusion: occlusion.ordinal)
        for shape in occlusion.shapes
    ]


def test_image_occlusion(imported: Import) -> None:
    anki = imported(
        {
            "deck.yaml": "deck: D",
            "heart.svg": HEART,
            "a.yaml": """
                - image: heart.svg
                  header: Which *part*?
                  alt: A heart & "vessels"
                  extra: Seen from the front.
                  comments: redraw <soon>
                  source: Gray
                  masks:
                    - {rect: [0.1, 0.2, 0.3, 0.1], label: Aorta}
                    - {ellipse: [0.5, .5, 0.25, 0.1], label: A & V}
                    - {polygon: [[0.1, 0.2], [0.3, 0.2], [0.2, 0.4]]}
                """,
        }
    )
    assert shapes(anki) == [
        (1, "rect", {"left": ".1", "top": ".2", "width": ".3", "height": ".1", "oi": "1"}),
        (
            2,
            "ellipse",
            {"left": ".5", "top": ".5", "width": ".25", "height": ".1", "rx": ".125", "ry": ".05", "oi": "1"},
        ),
        (3, "polygon", {"points": ".1,.2 .3,.2 .2,.4", "oi": "1"}),
    ]
    (note,) = anki.notes()
    seen = anki.col.get_image_occlusion_note(note_id=note.id).note
    assert (seen.occlude_inactive, seen.header, seen.back_extra) == (
        True,
        "Which <em>part</em>?",
        "Seen from the front.",
    )
    assert seen.image_data.decode() == HEART
    assert note.fields["Comments"] == "redraw &lt;soon&gt;; 1: Aorta; 2: A &amp; V"
    assert f'<img src="{seen.image_file_name}" alt="A heart &amp; &quot;vessels&quot;">' in anki.cards()[0].question
    assert (note.type, len(anki.cards())) == ("D – Image Occlusion", 3)
    assert answers(anki)[0].endswith("Toggle Masks Seen from the front. A · Gray".replace(" ·", ""))
    assert "redraw" not in "".join(questions(anki) + answers(anki))
    assert anki.healthy()


def test_hide_one_shows_the_other_masks(imported: Import) -> None:
    masks = "masks: [{rect: [0, 0, 0.5, 1]}, {rect: [0.5, 0, 0.5, 1]}]"
    anki = imported({"deck.yaml": "deck: D", "h.svg": HEART, "a.yaml": f"- {{image: h.svg, hide: one, {masks}}}"})
    assert not anki.col.get_image_occlusion_note(note_id=anki.notes()[0].id).note.occlude_inactive
    assert all("oi" not in properties for _, _, properties in shapes(anki))


def test_masks_of_one_number_share_a_card(imported: Import) -> None:
    masks = "masks: [{rect: [0, 0, 0.5, 1], number: 2}, {rect: [0.5, 0, 0.5, 1]}, {rect: [0, 0, 1, 1], number: 5}]"
    anki = imported({"deck.yaml": "deck: D", "h.svg": HEART, "a.yaml": f"- {{picture: h.svg, {masks}}}"})
    assert [number for number, _, _ in shapes(anki)] == [2, 2, 5]
    assert [card.ordinal for card in anki.cards()] == [1, 4]


def test_the_picture_lies_beside_the_cards_or_in_the_decks_folder_or_in_media(imported: Import) -> None:
    masks = "masks: [{rect: [0, 0, 1, 1]}]"
    anki = imported(
        {
            "deck.yaml": "deck: D",
            "a/b.yaml": f"- {{image: 1.svg, {masks}}}\n- {{image: 2.svg, {masks}}}\n- {{image: x/3.svg, {masks}}}",
            "a/1.svg": "<svg id='1'/>",
            "2.svg": "<svg id='2'/>",
            "media/x/3.svg": "<svg id='3'/>",
        }
    )
    pictures = [anki.col.get_image_occlusion_note(note_id=note.id).note.image_data.decode() for note in anki.notes()]
    assert pictures == ["<svg id='1'/>", "<svg id='2'/>", "<svg id='3'/>"]


# --- `type:` ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "cards"),
    [
        ("Basic", ["f"]),
        ("basic", ["f"]),
        ("Basic (and reversed card)", ["f", "b"]),
        ("BASIC (AND REVERSED CARD)", ["f", "b"]),
        ("Basic (optional reversed card)", ["f"]),
        ("Basic (type in the answer)", ["f [[type:Back]]"]),
    ],
)
@pytest.mark.parametrize("key", ["type", "Type"])
def test_type_takes_ankis_names(imported: Import, key: str, name: str, cards: list[str]) -> None:
    assert questions(imported(f"- {{{key}: {name}, Front: f, Back: b}}")) == cards


def test_type_takes_ankis_names_for_cloze_and_image_occlusion_too(imported: Import) -> None:
    anki = imported(
        {
            "deck.yaml": "deck: D",
            "h.svg": HEART,
            "a.yaml": """
                - {type: Cloze, Text: 'a {{c1::b}}', Back Extra: e}
                - {type: Image Occlusion, Image: h.svg, Header: t, Back Extra: e, masks: [{rect: [0, 0, 1, 1]}]}
                - {type: Basic (optional reversed card), Front: f, Back: b, Add Reverse: y}
                """,
        }
    )
    assert questions(anki) == ["a [...] A", "t A", "f A", "b A"]
    assert [note.type for note in anki.notes()] == ["D – Cloze", "D – Image Occlusion", "D – Basic"]


def test_a_type_that_the_keys_contradict_is_an_error() -> None:
    assert complaints("- {type: Cloze, front: f, back: b}") == ["1:17 mixed-card", "1:27 mixed-card"]


def test_a_key_can_take_back_what_the_stock_type_says(imported: Import) -> None:
    anki = imported("- {type: Basic (and reversed card), front: f, back: b, reverse: false}")
    assert questions(anki) == ["f"]


# --- Habits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("front", "back"),
    [
        ("front", "back"),
        ("question", "answer"),
        ("q", "a"),
        ("term", "definition"),
        ("Front", "Back"),
        ("QUESTION", "ANSWER"),
        ("Q", "A"),
        ("Term", "Definition"),
        ("question", "back"),
    ],
)
def test_other_names_and_letter_cases_of_front_and_back(imported: Import, front: str, back: str) -> None:
    anki = imported(f"- {front}: f\n  {back}: b\n")
    assert (field(anki, "Front"), field(anki, "Back")) == (["f"], ["b"])


@pytest.mark.parametrize("key", ["cloze", "text", "Cloze", "Text", "TEXT"])
def test_other_names_of_cloze(imported: Import, key: str) -> None:
    assert questions(imported(f"- {key}: a {{{{c1::b}}}}")) == ["a [...]"]


@pytest.mark.parametrize("key", ["cards", "notes", "flashcards", "Cards", "Notes", "FLASHCARDS"])
def test_other_names_of_cards(imported: Import, key: str) -> None:
    assert fronts(imported(f"deck: D\n{key}: [{{front: f, back: b}}]")) == ["f"]
    assert fronts(imported({"deck.yaml": "deck: D", "a.yaml": f"{key}: [{{front: g, back: b}}]"})) == ["f", "g"]


@pytest.mark.parametrize(
    ("line", "name", "text"),
    [
        ("extra: e", "Extra", "e"),
        ("Back Extra: e", "Extra", "e"),
        ("back-extra: e", "Extra", "e"),
        ("back_extra: e", "Extra", "e"),
        ("Hint: h", "Hint", "h"),
        ("reversed: true", "Add Reverse", "y"),
        ("Reverse: true", "Add Reverse", "y"),
        ("add-reverse: true", "Add Reverse", "y"),
        ("Type Answer: true", "Type Answer", "y"),
        ("type_answer: true", "Type Answer", "y"),
        ("Typed: true", "Type Answer", "y"),
        ("Source: s", "Source", "s"),
    ],
)
def test_other_names_of_the_rest(imported: Import, line: str, name: str, text: str) -> None:
    assert field(imported(f"- front: f\n  back: b\n  {line}\n"), name) == [text]


def test_other_names_in_the_decks_head(imported: Import) -> None:
    anki = imported("""
        Name: D
        Lang: ar
        Style: '.card { color: red }'
        Description: d
        Options: {New per day: 3, desired-retention: .8}
        Subdecks: Topic
        Topic: T
        Cards: [{front: f, back: b}]
        """)
    (card,) = anki.cards()
    assert (card.deck, anki.deck("D")["desc"], anki.preset("D")["new"]["perDay"]) == ("D::T", "d", 3)
    assert 'lang="ar" dir="rtl"' in card.question
    assert "color: red" in card.question


def test_two_names_of_one_key_are_one_too_many() -> None:
    assert complaints("- {front: f, question: g, back: b}") == ["1:14 duplicate-key"]
    assert complaints("- {front: f, Front: g, back: b}") == ["1:14 duplicate-key"]


# --- Own note types --------------------------------------------------------------------------------------------------

MUSCLE = """
deck: D
note_types:
  Muscle:
    fields: [Name, Action, Origin of muscle]
    templates:
      - name: Action
        front: What does {{Name}} do?
        back: "{{FrontSide}}<hr id=answer>{{Action}}"
"""


def test_an_own_note_type_has_its_fields_as_keys(imported: Import) -> None:
    anki = imported(MUSCLE + "cards:\n  - {type: Muscle, Name: Biceps, Action: '*flexes* the elbow', tags: arm}\n")
    (note,) = anki.notes()
    assert note.type == "Muscle"
    assert note.fields == {"Name": "Biceps", "Action": "<em>flexes</em> the elbow", "Origin of muscle": ""}
    assert note.tags == ["arm", "one"]
    assert (questions(anki), answers(anki)) == (
        ["What does Biceps do?"],
        ["What does Biceps do? flexes the elbow"],
    )
    assert anki.healthy()


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("Name", "Origin of muscle"),
        ("name", "origin of muscle"),
        ("NAME", "origin_of_muscle"),
        ("nAmE", "Origin-of-Muscle"),
    ],
)
def test_own_fields_in_any_letter_case(imported: Import, name: str, origin: str) -> None:
    anki = imported(f"{MUSCLE}cards:\n  - type: Muscle\n    {name}: Biceps\n    {origin}: scapula\n")
    assert anki.notes()[0].fields == {"Name": "Biceps", "Action": "", "Origin of muscle": "scapula"}


def test_an_exact_field_name_wins_over_a_common_key(imported: Import) -> None:
    anki = imported("""
        note_types:
          T:
            fields: [Front, Source, Id, Tag]
            templates: [{front: '{{Front}}', back: '{{Source}} {{Id}}'}]
        cards:
          - {type: T, Front: f, Source: mine, source: theirs, Id: '5', id: five, Tag: x, tag: y}
        """)
    (note,) = anki.notes()
    assert note.fields == {"Front": "f", "Source": "mine", "Id": "5", "Tag": "x"}
    assert note.tags == ["one", "y"]


def test_fields_named_topic_and_source_fill_themselves(imported: Import) -> None:
    anki = imported("""
        topic: Arm
        source: Gray
        note_types:
          T:
            fields: [Name, Topic, Source]
            templates: [{front: '{{Name}}', back: '{{Topic}}, {{Source}}'}]
        cards:
          - {type: T, Name: a}
          - {type: T, Name: b, Topic: Leg, source: Sobotta}
        """)
    assert answers(anki) == ["Arm, Gray", "Leg, Sobotta"]


def test_several_templates_are_several_cards_where_their_fields_are_filled(imported: Import) -> None:
    anki = imported("""
        note_types:
          Word:
            fields: [Spanish, English, Sound]
            templates:
              - {name: Read, front: '{{Spanish}}', back: '{{English}}'}
              - {name: Say, question: '{{English}}', answer: '{{Spanish}}'}
              - {name: Hear, qfmt: '{{#Sound}}♪ {{Sound}}{{/Sound}}', afmt: '{{Spanish}}'}
        cards:
          - {type: Word, spanish: pan, english: bread, sound: pahn}
          - {type: Word, spanish: sol, english: sun}
        """)
    assert questions(anki) == ["pan", "bread", "♪ pahn", "sol", "sun"]
    assert [t["name"] for t in anki.note_type("Word")["tmpls"]] == ["Read", "Say", "Hear"]
    assert anki.healthy()


def test_templates_without_names_are_numbered(imported: Import) -> None:
    imported_ = imported("""
        note_types:
          T: {fields: [A, B], templates: [{front: '{{A}}', back: '{{B}}'}, {front: '{{B}}', back: '{{A}}'}]}
        cards: [{type: T, A: 1, B: 2}]
        """)
    assert [t["name"] for t in imported_.note_type("T")["tmpls"]] == ["Card 1", "Card 2"]


def test_templates_and_css_stand_in_files(imported: Import) -> None:
    anki = imported(
        {
            "deck.yaml": """
                note_types:
                  T:
                    fields: [Name, Action]
                    templates: [{front: design/front.html, back: back.html}]
                    css: design/look.css
                """,
            "design/front.html": "<b>{{Name}}</b>?\n",
            "back.html": "{{Action}}!\n",
            "design/look.css": ".card { color: tomato }\n",
            "a.yaml": "- {type: T, name: Biceps, action: flexes}",
        }
    )
    assert (questions(anki), answers(anki)) == (["Biceps ?"], ["flexes!"])
    assert anki.note_type("T")["css"] == ".card { color: tomato }\n"


def test_css_as_text_and_by_default_the_decks(imported: Import) -> None:
    anki = imported("""
        css: ".card { color: navy }"
        note_types:
          Own: {fields: [A], templates: [{front: '{{A}}', back: '{{A}}'}], css: '.card { color: red }'}
          Plain: {fields: [A], templates: [{front: '{{A}}', back: '{{A}}'}]}
        cards:
          - {type: Own, A: 1}
          - {type: Plain, A: 1}
        """)
    assert anki.note_type("Own")["css"] == ".card { color: red }"
    assert anki.note_type("Plain")["css"].endswith(".card { color: navy }")
    assert "--accent" in anki.note_type("Plain")["css"]


def test_kind_cloze(imported: Import) -> None:
    anki = imported("""
        note_types:
          Gap:
            kind: Cloze
            fields: [Text, Note]
            templates: [{front: '{{cloze:Text}}', back: '{{cloze:Text}} – {{Note}}'}]
        cards:
          - {type: Gap, text: 'the {{c1::heart}} {{c2::pumps}}', note: n}
        """)
    assert questions(anki) == ["the [...] pumps", "the heart [...]"]
    assert answers(anki) == ["the heart pumps – n", "the heart pumps – n"]
    assert anki.healthy()


def test_ids_let_fields_and_templates_change_their_names(imported: Import) -> None:
    deck = """
        note_types:
          T:
            fields: [{{name: {name}, id: name}}, Action]
            templates: [{{name: {card}, id: one, front: '{{{{{name}}}}}', back: '{{{{Action}}}}'}}]
        cards: [{{id: biceps, type: T, {name}: Biceps, Action: flexes}}]
        """
    anki = imported(deck.format(name="Name", card="First"))
    write({"one.yaml": deck.format(name="Muscle", card="Ask")})
    later = built("one.yaml", 1_700_000_100)
    assert later.package
    anki.install(later.package)
    (note,) = anki.notes()
    assert note.fields == {"Muscle": "Biceps", "Action": "flexes"}
    assert [t["name"] for t in anki.note_type("T")["tmpls"]] == ["Ask"]


def test_own_fields_in_any_alphabet(imported: Import) -> None:
    anki = imported("""
        note_types:
          Từ: {fields: [Từ, Nghĩa, 漢字], templates: [{front: '{{Từ}}', back: '{{Nghĩa}} {{漢字}}'}]}
        cards:
          - {type: Từ, từ: chó, NGHĨA: dog, 漢字: 犬}
        """)
    assert (questions(anki), answers(anki)) == (["chó"], ["dog 犬"])


def test_own_fields_typed_on_a_mac_with_accents_apart(imported: Import) -> None:
    apart = "Bedeutung für mich".replace("ü", "u\u0308")
    anki = imported(f"""
        note_types:
          T: {{fields: [Wort, {apart}], templates: [{{front: '{{{{Wort}}}}', back: '{{{{{apart}}}}}'}}]}}
        cards:
          - {{type: T, Wort: w, {apart}: m}}
        """)
    assert answers(anki) == ["m"]


# --- The deck's head -------------------------------------------------------------------------------------------------


def test_description_is_markdown(imported: Import) -> None:
    anki = imported(f"deck: D\ndescription: |\n  Both *kinds* of memory.\n\n  - one\n  - two\n{CARD}")
    assert words(anki.deck("D")["desc"]) == "Both kinds of memory. one two"
    assert "<em>kinds</em>" in anki.deck("D")["desc"]
    assert "<li>one</li>" in anki.deck("D")["desc"]


def test_options_are_the_decks_preset(imported: Import) -> None:
    anki = imported(f"""
        deck: D
        options:
          new_per_day: 10
          reviews_per_day: 150
          desired_retention: 0.85
          maximum_interval: 365
          learning_steps: [30s, 10m, 1d]
          relearning_steps: [1.5h]
          bury_siblings: true
        {CARD}
        """)
    preset = anki.preset("D")
    assert preset["name"] == "D"
    assert (preset["new"]["perDay"], preset["rev"]["perDay"], preset["rev"]["maxIvl"]) == (10, 150, 365)
    assert preset["desiredRetention"] == pytest.approx(0.85)
    assert (preset["new"]["delays"], preset["lapse"]["delays"]) == ([0.5, 10.0, 1440.0], [90.0])
    assert [preset["new"]["bury"], preset["rev"]["bury"], preset["buryInterdayLearning"]] == [True, True, True]


def test_without_options_a_deck_has_ankis_preset(imported: Import) -> None:
    assert imported(f"deck: D\n{CARD}").preset("D")["name"] == "Default"


def test_what_options_do_not_say_is_as_in_anki(imported: Import) -> None:
    preset = imported(f"deck: D\noptions: {{new_per_day: 5}}\n{CARD}").preset("D")
    assert (preset["new"]["perDay"], preset["rev"]["perDay"], preset["new"]["delays"]) == (5, 200, [1.0, 10.0])


def test_subdecks_share_the_preset(imported: Import) -> None:
    anki = imported({"deck.yaml": "{deck: D, subdecks: topic, options: {new_per_day: 5}}", "a.yaml": CARD})
    assert anki.preset("D::A")["new"]["perDay"] == anki.preset("D")["new"]["perDay"] == 5


@pytest.mark.parametrize(
    ("language", "direction"),
    [
        *((language, "ltr") for language in ("en", "pt-BR", "zh-Hant", "ar-Latn")),
        *((language, "rtl") for language in ("ar", "he", "fa-IR", "ur", "ckb", "az-Arab", "AR")),
    ],
)
def test_language_sets_the_writing_direction(imported: Import, language: str, direction: str) -> None:
    anki = imported(f"language: {language}\ncards:\n  - {{front: f, back: b}}\n  - cloze: a {{{{c1::b}}}}\n")
    for card in anki.cards():
        assert f'lang="{language}" dir="{direction}"' in card.question
        assert f'lang="{language}" dir="{direction}"' in card.answer


def test_theme_and_css(imported: Import) -> None:
    anki = imported({"deck.yaml": "{deck: D, theme: paper, css: my.css}", "my.css": "b { color: red }", "a.yaml": CARD})
    css = anki.note_type("D – Basic")["css"]
    assert "/* paper" in css
    assert css.endswith("b { color: red }")  # after the theme, so that it wins


def test_css_may_stand_in_the_head(imported: Import) -> None:
    anki = imported(f"deck: D\ncss: |\n  b {{ color: red }}\n{CARD}")
    assert anki.note_type("D – Basic")["css"].endswith("b { color: red }\n")


def test_a_picture_in_css_comes_along(imported: Import) -> None:
    anki = imported(
        {"deck.yaml": "{deck: D, css: 'b { background: url(h.svg) }'}", "h.svg": HEART, "a.yaml": CARD},
    )
    (name,) = [name for name in Path(anki.col.media.dir()).iterdir() if name.suffix == ".svg"]
    assert f"url({name.name})" in anki.note_type("D – Basic")["css"]
    assert name.read_text() == HEART


def test_editions_do_not_change_the_whole_deck(imported: Import) -> None:
    anki = imported("""
        editions: {essentials: {select: "tag:core"}, all: {}}
        cards: [{front: f, back: b}, {front: g, back: b, tags: core}]
        """)
    assert fronts(anki) == ["f", "g"]


def test_keys_left_empty_are_keys_not_given(imported: Import) -> None:
    anki = imported("""
        deck: D
        description:
        theme:
        css:
        tags:
        source:
        sources:
        topics:
        options:
        editions:
        note_types:
        defaults:
        cards:
          - {front: f, back: b, extra: , hint: , tags: , source: }
        """)
    assert fronts(anki) == ["f"]


@pytest.mark.parametrize(
    ("deck", "file", "card", "is_html"),
    [
        ("", "", "", False),
        ("markup: html", "", "", True),
        ("", "markup: html", "", True),
        ("", "", "markup: html", True),
        ("", "", "markup: HTML", True),
        ("markup: html", "markup: markdown", "", False),
        ("markup: html", "", "markup: markdown", False),
        ("markup: html", "markup: markdown", "markup: html", True),
    ],
)
def test_markup_html(imported: Import, deck: str, file: str, card: str, is_html: bool) -> None:
    files: Files = {
        "deck.yaml": f"deck: D\n{deck}\n",
        "a.yaml": f"{file}\ncards:\n  - front: '*x* <b>y</b> {{{{z}}}} &lt;'\n    back: b\n    {card}\n",
    }
    (front,) = fronts(imported(files))
    assert front == ("*x* <b>y</b> {{z}} &lt;" if is_html else "<em>x</em> <b>y</b> {{z}} &lt;")


# --- YAML ------------------------------------------------------------------------------------------------------------


def test_anchors_aliases_and_merge_keys(imported: Import) -> None:
    anki = imported("""
        cards:
          - &verb
            front: ser
            back: &be to be
            tags: [verb]
            reverse: true
          - front: estar
            back: *be
          - <<: *verb
            front: existir
          - front: ir
            <<: [{back: to go}, *verb]
        """)
    assert [(n.fields["Front"], n.fields["Back"], n.fields["Add Reverse"], n.tags) for n in anki.notes()] == [
        ("ser", "to be", "y", ["one", "verb"]),
        ("estar", "to be", "", ["one"]),
        ("existir", "to be", "y", ["one", "verb"]),
        ("ir", "to go", "y", ["one", "verb"]),
    ]


BLOCKS = {
    "|\n  one\n  two\n": "one<br />\ntwo",
    "|-\n  one\n": "one",
    "|+\n  one\n\n": "one",
    "|2\n    one\n": "  one",
    ">\n  one\n  two\n": "one two",
    "|\n  one\n\n  two\n": "<p>one</p>\n<p>two</p>",
    "one\n  two": "one two",
    "'it''s'": "it's",
    '"tab\\tquote\\"é\\u00e9"': 'tab\tquote"éé',
    "'back\\slash'": "back\\slash",
    "a # comment": "a",
    "a#b": "a#b",
    "'a # b'": "a # b",
}


@pytest.mark.parametrize("written", BLOCKS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_texts_in_all_of_yamls_styles(imported: Import, written: str, line_end: str) -> None:
    indented = written.replace("\n", "\n  ").rstrip(" ")
    anki = imported(f"- front: f\n  back: {indented}\n".replace("\n", line_end).encode())
    assert field(anki, "Back") == [BLOCKS[written]]


@pytest.mark.parametrize("style", ["|", ">", ""])
def test_a_blank_line_parts_paragraphs_in_all_styles(imported: Import, style: str) -> None:
    """In a folded or plain text YAML makes one line break of a blank line."""
    anki = imported(f"- front: f\n  back: {style}\n    one\n\n    two\n")
    (back,) = field(anki, "Back")
    assert "<p>" in back or "<br" in back


WHOLE = dedent("""\
    deck: D
    topic: Übungen
    cards:
      - front: |
          one
          two
        back: b
      - cloze: >-
          a
          {{c1::b}}
    """)


@pytest.mark.parametrize(
    "data",
    [
        WHOLE.encode(),
        WHOLE.replace("\n", "\r\n").encode(),
        WHOLE.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + WHOLE.encode(),
        b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode(),
        b"%YAML 1.2\n---\n" + WHOLE.encode(),
        WHOLE.encode() + b"...\n",
        WHOLE.rstrip("\n").encode(),
    ],
    ids=["lf", "crlf", "cr", "bom", "bom-crlf", "directive", "end-mark", "no-last-line-end"],
)
def test_files_as_editors_save_them(imported: Import, data: bytes) -> None:
    basic, cloze = imported(data).notes()
    assert (basic.fields["Front"], cloze.fields["Text"]) == ("one<br />\ntwo", "a {{c1::b}}")
    assert basic.tags == cloze.tags == ["one::übungen"]


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_moves_no_column(bom: bytes) -> None:
    write({"x.yaml": bom + b"frunt: f\nbeck: b\n"})
    spans = [(p.span.line, p.span.column) for p in problems_of("x.yaml") if p.code == "unknown-key"]
    assert spans == [(1, 1), (2, 1)]


def test_json_is_yaml(imported: Import) -> None:
    assert fronts(imported('[{"front": "f", "back": "b", "reverse": true}]')) == ["f"]
