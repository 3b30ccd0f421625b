"""Cards made live from outside: preview/static/enliven.js and occlusion.js on sandboxed frames in Chromium.

The frames are those of the preview, under its policy. What is played, spoken and opened is written down. Cards with
masks are rendered by real Anki.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from playwright.sync_api import expect

from deckgen.preview.assets import STATIC, asset
from deckgen.preview.policy import policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, FrameLocator, Page, Route

    from tests.anki_harness import Anki

PLACE = "https://deck.test/"
STAND = """
import { cardFrame } from "./frame.js";
import { enliven, typedIn } from "./enliven.js";

const calls = [];
const record = (name) => (...given) => calls.push([name, ...given]);

globalThis.calls = calls;
globalThis.typed = () => typedIn(document.querySelector("iframe").contentDocument);
globalThis.show = ({ html, css, frameCss, night, width, height, typedText, takesFocus }) =>
  new Promise((resolve) => {
    const ready = (inside) => {
      const acts = { play: record("play"), speak: record("speak"), openLink: record("open") };
      enliven(inside, { ...acts, typedText, takesFocus });
      resolve();
    };
    const look = { html, css, frameCss, ordinal: 0, night, phone: false };
    const frame = cardFrame(look, { title: "card", ready });
    Object.assign(frame.style, { width: `${width}px`, height: `${height}px`, border: "none" });
    document.body.replaceChildren(frame);
  });
"""
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200"><rect width="9" height="9"/></svg>'


class Stand:
    """A page with one card in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.media: dict[str, str] = {"brain.svg": PICTURE}
        page.route("**/*", self._answer)
        page.goto(PLACE)

    def show(
        self,
        html: str,
        css: str = "",
        *,
        typed: str = "",
        takes_focus: bool = True,
        night: bool = False,
        size: tuple[int, int] = (700, 500),
    ) -> FrameLocator:
        """Show a side of a card; return what is in its frame."""
        given = {"html": html, "css": css, "frameCss": asset("frame.css"), "night": night, "typedText": typed}
        given |= {"width": size[0], "height": size[1], "takesFocus": takes_focus}
        self.page.evaluate("given => show(given)", given)
        return self.inside

    @property
    def inside(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    @property
    def calls(self) -> list[list[str]]:
        """What was played, spoken and opened, in order."""
        found: list[list[str]] = self.page.evaluate("calls")
        return found

    @property
    def frame_url(self) -> str:
        return self.page.frames[1].url

    def _answer(self, route: Route) -> None:
        url = route.request.url
        self.asked.append(url)
        name = url.removeprefix(PLACE)
        if url == PLACE:
            html = '<!doctype html><title>stand</title><body><script type="module" src="stand.js"></script>'
            headers = {"Content-Security-Policy": policy("'self'", "'none'")}
            route.fulfill(body=html, content_type="text/html", headers=headers)
        elif name == "stand.js" or (STATIC / name).is_file():
            text = STAND if name == "stand.js" else asset(name)
            route.fulfill(body=text, content_type="text/javascript")
        elif name in self.media:
            route.fulfill(body=self.media[name], content_type="image/svg+xml")
        else:
            route.fulfill(status=404)


@pytest.fixture
def stand(browser: Browser) -> Iterator[Stand]:
    """Give a page that fails the test if a script in it goes wrong, or if another page opens."""
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda failed: wrong.append(str(failed)))
    context.on("page", lambda other: wrong.append(f"opened {other.url}"))
    yield Stand(page)
    context.close()
    assert wrong == []


# ---------------------------------------------------------------------------------------------------- scripts and forms

SCRIPTS = [
    "<script>top.document.title = 'ran'</script>",
    "<img src=x onerror=\"top.document.title = 'ran'\">",
    "<svg onload=\"top.document.title = 'ran'\"></svg>",
    "<svg><script>top.document.title = 'ran'</script></svg>",
    "<p id=touch onclick=\"top.document.title = 'ran'\">touch</p>",
    "<a id=touch href=\"javascript:top.document.title = 'ran'\">touch</a>",
    "<a id=touch href=\" \tJavaScript:top.document.title = 'ran'\">touch</a>",
    "<a id=touch class=hint href=# onclick=\"top.document.title = 'ran'\">touch</a>",
    "<button id=touch class=replay-button data-sound=a.mp3 onclick=\"top.document.title = 'ran'\">touch</button>",
    "<details open ontoggle=\"top.document.title = 'ran'\"><summary>x</summary></details>",
    "<input autofocus onfocus=\"top.document.title = 'ran'\">",
    "<iframe srcdoc=\"<script>top.document.title = 'ran'</script>\"></iframe>",
]


@pytest.mark.parametrize("html", SCRIPTS)
def test_no_script_of_a_card_runs(stand: Stand, html: str) -> None:
    inside = stand.show(f"{html}<p id=end>end</p>")
    if "id=touch" in html:
        inside.locator("#touch").click()
    inside.locator("#end").click()
    assert stand.page.title() == "stand"
    assert stand.frame_url == "about:srcdoc"


def test_a_form_is_never_sent(stand: Stand) -> None:
    inside = stand.show("<form action=https://elsewhere.test/><input id=box name=q><button id=go>Go</button></form>")
    inside.locator("#go").click()
    inside.locator("#box").press("Enter")
    assert stand.frame_url == "about:srcdoc"
    assert not [url for url in stand.asked if "elsewhere" in url]


def test_details_open_by_themselves(stand: Stand) -> None:
    inside = stand.show("<details><summary>More</summary><p>inner</p></details>")
    inside.locator("summary").click()
    expect(inside.locator("p")).to_be_visible()


# --------------------------------------------------------------------------------------------------------------- hints

HINT = '<a class=hint href="#">\nHint</a>\n<div id="hint1" class=hint style="display: none">{}</div>'


@pytest.mark.parametrize("how", ["click", "Enter"])
def test_a_hint_is_shown_in_the_place_of_its_link(stand: Stand, how: str) -> None:
    inside = stand.show(HINT.format("It is red."))
    link, hint = inside.locator("a.hint"), inside.locator("div.hint")
    expect(hint).to_be_hidden()
    link.click() if how == "click" else link.press("Enter")
    expect(hint).to_be_visible()
    expect(link).to_be_hidden()
    expect(hint).to_be_focused()  # what is read aloud goes on here


def test_a_hint_in_a_paragraph_which_its_div_ends(stand: Stand) -> None:
    inside = stand.show(f"<p>What? {HINT.format('It is red.')}</p>")
    inside.locator("a.hint").click()
    expect(inside.locator("div.hint")).to_be_visible()


def test_of_two_hints_alike_each_opens_its_own(stand: Stand) -> None:
    inside = stand.show(HINT.format("same") + HINT.format("same"))
    inside.locator("a.hint").nth(1).click()
    expect(inside.locator("div.hint").nth(1)).to_be_visible()
    expect(inside.locator("div.hint").nth(0)).to_be_hidden()


def test_a_link_that_is_no_hint_opens_none(stand: Stand) -> None:
    inside = stand.show(f'<a class=hint href="#" id=lone>lone</a>{HINT.format("other")}')
    inside.locator("#lone").click()
    expect(inside.locator("div.hint")).to_be_hidden()
    expect(inside.locator("#lone")).to_be_visible()


# -------------------------------------------------------------------------------------------------------------- sounds


def test_a_play_button_plays_its_file(stand: Stand) -> None:
    inside = stand.show(
        '<button class="replay-button soundLink" data-sound="media/a &amp; b.mp3" aria-label=Play></button>'
    )
    button = inside.locator("button")
    button.locator("svg circle").click()
    button.press("Enter")
    button.press("Space")
    assert stand.calls == [["play", "media/a & b.mp3"]] * 3


def test_a_text_is_read_aloud_in_its_language(stand: Stand) -> None:
    inside = stand.show('<button class="replay-button soundLink" data-speak="guten Tag" data-lang="de_DE"></button>')
    inside.locator("button").click()
    assert stand.calls == [["speak", "guten Tag", "de_DE"]]


def test_a_button_with_nothing_to_say_does_nothing(stand: Stand) -> None:
    stand.show("<button class=replay-button></button>").locator("button").click()
    assert stand.calls == []


def test_play_buttons_look_as_in_anki_and_can_be_styled_as_there(stand: Stand) -> None:
    button = '<button class="replay-button soundLink" data-sound="a.mp3"></button>'
    inside = stand.show(button, ".replay-button svg path { fill: #00ff00; }")
    box = inside.locator("button").bounding_box()
    assert box
    assert (box["width"], box["height"]) == (40, 40)
    expect(inside.locator("button svg circle")).to_have_css("fill", "rgb(255, 255, 255)")
    expect(inside.locator("button svg path")).to_have_css("fill", "rgb(0, 255, 0)")


# --------------------------------------------------------------------------------------------------------------- links


@pytest.mark.parametrize("href", ["https://example.org/a?b=c#d", "http://example.org/", "mailto:a@example.org"])
def test_a_link_is_opened_outside(stand: Stand, href: str) -> None:
    stand.show(f"<a href='{href}'><b>see</b></a>").locator("b").click()
    assert stand.calls == [["open", href]]
    assert stand.frame_url == "about:srcdoc"


@pytest.mark.parametrize(
    "href",
    [
        "file:///etc/passwd",
        "data:text/html,x",
        "ftp://a.test/",
        "page.html",
        "//a.test/",
        "blob:x",
        "x-app:go",
        "",
        "#",
    ],
)
def test_any_other_link_does_nothing(stand: Stand, href: str) -> None:
    stand.show(f"<a href='{href}'>see</a>").locator("a").click()
    assert stand.calls == []
    assert stand.frame_url == "about:srcdoc"


def test_other_ways_to_follow_a_link(stand: Stand) -> None:
    inside = stand.show("<a href=https://example.org/>see</a>")
    inside.locator("a").press("Enter")
    inside.locator("a").click(modifiers=["ControlOrMeta"])
    inside.locator("a").click(modifiers=["Shift"])
    inside.locator("a").click(button="middle")
    inside.locator("a").click(button="right")
    assert stand.calls == [["open", "https://example.org/"]] * 4


def test_links_in_drawings_and_maps(stand: Stand) -> None:
    drawing = '<svg width=50 height=50><a xlink:href="https://example.org/svg"><rect width=50 height=50 /></a></svg>'
    area = "<area shape=rect coords=0,0,200,200 href=https://example.org/area>"
    inside = stand.show(f"{drawing}<br><img src=brain.svg usemap=#m width=200 height=200><map name=m>{area}</map>")
    inside.locator("rect").click()
    inside.locator("img").click(position={"x": 50, "y": 50})
    assert stand.calls == [["open", "https://example.org/svg"], ["open", "https://example.org/area"]]


def test_a_link_in_a_shadow_is_held_as_well(stand: Stand) -> None:
    shadow = "<template shadowrootmode=open><a href=https://example.org/>see</a></template>"
    inside = stand.show(f"<div>{shadow}</div>")
    inside.locator("a").click()
    assert stand.calls == [["open", "https://example.org/"]]


@pytest.mark.parametrize(
    ("href", "name"), [("#far", "far"), ("#%C3%A9", "é"), ("#a&quot;b]", "a&quot;b]"), ("#100%", "100%")]
)
def test_a_link_within_the_card_scrolls_there(stand: Stand, href: str, name: str) -> None:
    inside = stand.show(f'<a href="{href}">go</a><div style="height: 3000px"></div><p id="{name}" class=aim>here</p>')
    expect(inside.locator(".aim")).not_to_be_in_viewport()
    inside.locator("a").click()
    expect(inside.locator(".aim")).to_be_in_viewport()
    assert stand.calls == []


# ------------------------------------------------------------------------------------------------------- typed answers

BOX = '<center><input type="text" id="typeans"></center>'


def test_the_box_has_the_keyboard_and_gives_what_was_typed(stand: Stand) -> None:
    inside = stand.show(BOX)
    expect(inside.locator("#typeans")).to_be_focused()
    stand.page.keyboard.type("Ñandú 한")
    assert stand.page.evaluate("typed()") == "Ñandú 한"


def test_the_box_leaves_the_keyboard_where_it_is_told_to(stand: Stand) -> None:
    inside = stand.show(BOX, takes_focus=False)
    expect(inside.locator("#typeans")).not_to_be_focused()


def test_nothing_is_typed_where_there_is_no_box(stand: Stand) -> None:
    stand.show("<p id=typeans>no box</p>")
    assert stand.page.evaluate("typed()") == ""


def test_the_back_compares(stand: Stand) -> None:
    inside = stand.show('<div class="typed" data-expected="biceps" data-combining="true"></div>', typed="bicep")
    expect(inside.locator("code#typeans .typeGood").first).to_have_text("bicep")
    expect(inside.locator("code#typeans .typeMissed").last).to_have_text("s")
    expect(inside.locator("#typearrow")).to_have_text("↓")


@pytest.mark.parametrize(("combining", "good"), [("true", 0), ("false", 1)])
def test_the_back_compares_with_or_without_marks(stand: Stand, combining: str, good: int) -> None:
    html = f'<div class="typed" data-expected="é" data-combining="{combining}"></div>'
    expect(stand.show(html, typed="e").locator(".typeGood")).to_have_count(good)


def test_what_was_typed_is_text(stand: Stand) -> None:
    html = '<div class="typed" data-expected="&lt;b&gt;x&lt;/b&gt;" data-combining="true"></div>'
    inside = stand.show(html, typed="<img src=x onerror=alert(1)>")
    expect(inside.locator("code#typeans img, code#typeans b")).to_have_count(0)
    expect(inside.locator("code#typeans")).to_contain_text("<b>x</b>")


# ----------------------------------------------------------------------------------------------------------- occlusion

ALL_HIDDEN = [
    "rect:left=.1:top=.2:width=.3:height=.1:oi=1",
    "ellipse:left=.5:top=.5:rx=.1:ry=.2:oi=1",
    "polygon:left=.7:top=.1:points=.7,.1 .9,.1 .8,.4:oi=1",
]
BOXES = {"rect": (0.1, 0.2, 0.3, 0.1), "ellipse": (0.5, 0.5, 0.2, 0.4), "polygon": (0.7, 0.1, 0.2, 0.3)}
"""What part of the picture each of them takes: left, top, width, height."""


class Sides(NamedTuple):
    """A card as Anki renders it."""

    question: str
    answer: str


@pytest.fixture
def occlusion(anki: Anki) -> Callable[..., list[Sides]]:
    """Return a function that gives the cards of a note with masks, as real Anki renders them."""
    anki.col._backend.add_image_occlusion_notetype()
    note_type = anki.col.models.by_name("Image Occlusion")

    def render(masks: list[str], image: str = "<img src=brain.svg>", numbers: list[int] | None = None) -> list[Sides]:
        note = anki.col.new_note(note_type)
        marks = zip(numbers or range(1, len(masks) + 1), masks, strict=True)
        note.fields[0] = "<br>".join(f"{{{{c{number}::image-occlusion:{mask}}}}}" for number, mask in marks)
        note.fields[1] = image
        anki.col.add_note(note, 1)
        return [Sides(card.question(), card.answer()) for card in note.cards()]

    return render


def shapes(inside: FrameLocator) -> list[str]:
    """Return the shapes that are to be seen: element and class."""
    found: list[str] = inside.locator("svg.masks").evaluate(
        """drawing => [...drawing.children].filter((each) => each.checkVisibility())
                                           .map((each) => `${each.localName} ${each.getAttribute("class")}`)"""
    )
    return found


def boxes(inside: FrameLocator) -> dict[str, tuple[float, ...]]:
    """Return where each shape is, in parts of the picture's width and height."""
    found: dict[str, list[float]] = inside.locator("svg.masks").evaluate(
        """drawing => {
          const picture = drawing.parentNode.querySelector("img").getBoundingClientRect();
          return Object.fromEntries([...drawing.children].map((shape) => {
            const { x, y, width, height } = shape.getBoundingClientRect();
            return [shape.localName, [(x - picture.x) / picture.width, (y - picture.y) / picture.height,
                                      width / picture.width, height / picture.height]];
          }));
        }"""
    )
    return {name: tuple(box) for name, box in found.items()}


@pytest.mark.parametrize("size", [(700, 500), (320, 600), (900, 200)])
def test_masks_lie_where_the_author_put_them(
    stand: Stand, occlusion: Callable[..., list[Sides]], size: tuple[int, int]
) -> None:
    card = occlusion(ALL_HIDDEN)[0]
    for side in card:
        inside = stand.show(side, size=size)
        expect(inside.locator("svg.masks")).to_be_visible()
        found = boxes(inside)
        assert found.keys() == BOXES.keys()
        for name, box in found.items():
            assert box == pytest.approx(BOXES[name], abs=0.012), name


def test_masks_stay_in_place_when_the_window_changes(stand: Stand, occlusion: Callable[..., list[Sides]]) -> None:
    inside = stand.show(occlusion(ALL_HIDDEN)[0].question)
    expect(inside.locator("svg.masks")).to_be_visible()
    stand.page.locator("iframe").evaluate("frame => { frame.style.width = '350px'; }")
    assert boxes(inside)["polygon"] == pytest.approx(BOXES["polygon"], abs=0.012)


@pytest.mark.parametrize(
    ("size", "width", "height"), [((700, 500), 660, 330), ((900, 200), 300, 150), ((320, 600), 280, 140)]
)
def test_the_picture_is_as_large_as_in_anki(
    stand: Stand, occlusion: Callable[..., list[Sides]], size: tuple[int, int], width: int, height: int
) -> None:
    """As wide as the card less 20 pixels on each side, and at most as high as 95 % of it less 40."""
    inside = stand.show(occlusion(ALL_HIDDEN)[0].question, size=size)
    expect(inside.locator("svg.masks")).to_be_visible()
    box = inside.locator("#image-occlusion-container img").bounding_box()
    assert box
    assert (box["width"], box["height"]) == pytest.approx((width, height), abs=1)


def test_all_hidden_the_one_that_is_asked_for_stands_out(stand: Stand, occlusion: Callable[..., list[Sides]]) -> None:
    card = occlusion(ALL_HIDDEN)[1]
    question = stand.show(card.question)
    expect(question.locator("svg.masks")).to_have_attribute("aria-label", "image with 3 masks")
    assert shapes(question) == ["ellipse cloze", "rect cloze-inactive", "polygon cloze-inactive"]
    answer = stand.show(card.answer)
    expect(answer.locator("svg.masks")).to_be_visible()
    assert shapes(answer) == ["rect cloze-inactive", "polygon cloze-inactive", "ellipse cloze-highlight"]


def test_one_hidden_the_others_are_to_be_seen(stand: Stand, occlusion: Callable[..., list[Sides]]) -> None:
    card = occlusion([mask.removesuffix(":oi=1") for mask in ALL_HIDDEN])[0]
    question = stand.show(card.question)
    expect(question.locator("svg.masks")).to_have_attribute("aria-label", "image with 1 mask")
    assert shapes(question) == ["rect cloze"]
    answer = stand.show(card.answer)
    expect(answer.locator("svg.masks")).to_be_visible()
    assert shapes(answer) == ["rect cloze-highlight"]
    expect(answer.locator("#toggle")).to_be_hidden()  # there is nothing to lift


def test_the_button_and_its_key_lift_the_masks(stand: Stand, occlusion: Callable[..., list[Sides]]) -> None:
    masks = [*ALL_HIDDEN, "text:left=.1:top=.8:text=left side:scale=1:fs=.1:oi=1"]
    inside = stand.show(occlusion(masks, numbers=[1, 2, 3, 0])[0].answer)
    drawing, button = inside.locator("svg.masks"), inside.get_by_role("button", name="Toggle Masks")
    button.click()
    expect(drawing).to_have_attribute("aria-label", "image with no masks")
    assert shapes(inside) == ["g label"]  # it is no mask
    button.press("Shift+M")
    expect(drawing).to_have_attribute("aria-label", "image with 3 masks")
    assert len(shapes(inside)) == 4
    button.press("Enter")
    assert shapes(inside) == ["g label"]


def test_a_capital_m_can_be_typed(stand: Stand, occlusion: Callable[..., list[Sides]]) -> None:
    inside = stand.show(occlusion(ALL_HIDDEN)[0].answer + BOX)
    expect(inside.locator("svg.masks")).to_be_visible()
    inside.locator("#typeans").press("Shift+M")
    assert stand.page.evaluate("typed()") == "M"
    assert len(shapes(inside)) == 3


def test_masks_turn_about_their_upper_left_corner(stand: Stand, occlusion: Callable[..., list[Sides]]) -> None:
    """2500 of 10,000 is a quarter, clockwise: what was to the right is below. The picture is twice as wide as high."""
    inside = stand.show(occlusion(["rect:left=.5:top=.2:width=.2:height=.1:angle=2500"])[0].question)
    expect(inside.locator("svg.masks")).to_be_visible()
    assert boxes(inside)["rect"] == pytest.approx((0.45, 0.2, 0.05, 0.4), abs=0.012)


def test_a_polygon_that_was_moved_is_where_it_was_moved_to(stand: Stand, occlusion: Callable[..., list[Sides]]) -> None:
    inside = stand.show(occlusion(["polygon:left=.3:top=.5:points=.7,.1 .9,.1 .8,.4"])[0].question)
    expect(inside.locator("svg.masks")).to_be_visible()
    assert boxes(inside)["polygon"] == pytest.approx((0.3, 0.5, 0.2, 0.3), abs=0.012)


def test_a_label_is_read_on_white(stand: Stand, occlusion: Callable[..., list[Sides]]) -> None:
    text = "text:left=.5:top=.5:text=left side:scale=2:fs=.1"
    inside = stand.show(occlusion([ALL_HIDDEN[0], text], numbers=[1, 0])[0].question)
    label = inside.locator("svg.masks .label")
    expect(label.locator("text")).to_have_text("left side")
    expect(label.locator("text")).to_have_attribute("font-size", "40")  # in the picture's pixels: 0.1 × 200 × 2
    ground, letters = label.locator("rect").bounding_box(), label.locator("text").bounding_box()
    assert ground
    assert letters
    assert ground["x"] == pytest.approx(letters["x"], abs=2)
    assert ground["width"] >= letters["width"]
    expect(inside.locator("svg.masks")).to_have_attribute("aria-label", "image with 1 mask")


def look(inside: FrameLocator, kind: str) -> list[str]:
    """Return fill, line and its width of a mask."""
    found: list[str] = inside.locator(f"svg.masks .{kind}").first.evaluate(
        "shape => ['fill', 'stroke', 'stroke-width'].map((name) => getComputedStyle(shape).getPropertyValue(name))"
    )
    return found


PLAIN = re.compile(r"<style>.*?</style>", re.DOTALL)


def test_masks_have_the_colours_that_anki_gives(stand: Stand, occlusion: Callable[..., list[Sides]]) -> None:
    card = occlusion(ALL_HIDDEN)[0]
    inside = stand.show(PLAIN.sub("", card.question))
    assert look(inside, "cloze") == ["rgb(255, 142, 142)", "rgb(33, 33, 33)", "1px"]
    assert look(inside, "cloze-inactive") == ["rgb(255, 235, 162)", "rgb(33, 33, 33)", "1px"]
    inside = stand.show(PLAIN.sub("", card.answer))
    assert look(inside, "cloze-highlight") == ["rgba(255, 142, 142, 0)", "rgb(255, 142, 142)", "1px"]


def test_masks_have_the_colours_of_the_card(stand: Stand, occlusion: Callable[..., list[Sides]]) -> None:
    css = """#image-occlusion-canvas {
        --active-shape-color: #0000ff; --active-shape-border: 3px #00ff00;
        --inactive-shape-color: teal; --inactive-shape-border: 0px red;
        --highlight-shape-color: #00000080; --highlight-shape-border: 2.5px blue; }"""
    masks = [*ALL_HIDDEN[:2], ALL_HIDDEN[2] + ":fill=#123456"]
    first, _, last = occlusion(masks)
    inside = stand.show(PLAIN.sub("", first.question), css)
    assert look(inside, "cloze") == ["rgb(0, 0, 255)", "rgb(0, 255, 0)", "3px"]
    assert look(inside, "cloze-inactive") == ["rgb(0, 128, 128)", "rgb(255, 0, 0)", "0px"]
    assert look(inside, "cloze-inactive:last-child")[0] == "rgb(18, 52, 86)"  # its own
    assert look(stand.show(PLAIN.sub("", last.question), css), "cloze")[0] == "rgb(0, 0, 255)"  # not its own
    assert look(stand.show(PLAIN.sub("", first.answer), css), "cloze-highlight") == [
        "rgba(0, 0, 0, 0.5)",
        "rgb(0, 0, 255)",
        "2.5px",
    ]


def test_a_colour_that_is_none_does_not_count(stand: Stand, occlusion: Callable[..., list[Sides]]) -> None:
    card = occlusion([ALL_HIDDEN[0], ALL_HIDDEN[1] + ":fill=url(//elsewhere.test/x#y)"])[0]
    inside = stand.show(
        PLAIN.sub("", card.question).replace("<canvas", "<canvas style='--active-shape-color: nonsense'")
    )
    assert look(inside, "cloze")[0] == "rgb(255, 142, 142)"
    assert look(inside, "cloze-inactive")[0] == "rgb(255, 235, 162)"
    assert not [url for url in stand.asked if "elsewhere" in url]


@pytest.mark.parametrize(
    ("image", "said"), [("", "This card has no picture."), ("<img src=gone.svg>", "The picture cannot be shown.")]
)
def test_a_picture_that_is_missing_is_spoken_of(
    stand: Stand, occlusion: Callable[..., list[Sides]], image: str, said: str
) -> None:
    inside = stand.show(occlusion(ALL_HIDDEN, image=image)[0].question)
    expect(inside.get_by_text(said)).to_be_visible()
    expect(inside.locator("svg.masks")).to_have_count(0)


# ------------------------------------------------------------------------------------------------------- hostile cards

WHOLE = (
    f"{HINT.format('It is red.')}<button class=replay-button data-sound=a.mp3></button>"
    f"<a id=out href=https://example.org/>x</a>{BOX}<div class=typed data-expected=a data-combining=true></div>"
    "<div class=cloze data-shape=rect data-left=.1 data-top=.1 data-width=.1 data-height=.1></div>"
    '<div id="image-occlusion-container"><img src=brain.svg></div>'
)
NAMES = (
    "documentElement body head defaultView createElement createElementNS querySelector querySelectorAll getElementById "
    "addEventListener all forms ownerDocument nodeType closest matches firstChild parentNode dataset style focus remove"
).split()
HOSTILE = {
    "pictures named like parts of a document": "".join(f"<img name={name} id={name}>" for name in NAMES),
    "forms named like parts of a document": "".join(f"<form name={name} id={name}></form>" for name in NAMES),
    "a form around it all": "<form>" + "".join(f"<input type=hidden name={name}>" for name in NAMES),
    "forms in the place of everything": "".join(
        f"<form {what}>{''.join(f'<input type=hidden name={name}>' for name in NAMES)}</form>"
        for what in (
            "id=image-occlusion-container",
            "id=toggle",
            "class='typed' data-expected=x",
            "class=replay-button",
        )
    ),
    "ids that are there twice": "<p id=hint1></p><p id=typeans></p><p id=image-occlusion-canvas></p><p id=out></p>",
    "a base": "<base href=https://elsewhere.test/ target=_top>",
    "elements that end others": "</div></body></html><frameset></frameset></form></p><template><p>",
}


def press(inside: FrameLocator, selector: str) -> None:
    """Click, whatever of a hostile card lies over it or answers to the name of a method."""
    click = (
        "element => element.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, composed: true }))"
    )
    inside.locator(selector).evaluate(click)


@pytest.mark.parametrize(
    "hostile", [pytest.param(html, id=name) for name, html in HOSTILE.items() if "end others" not in name]
)
def test_a_hostile_card_lives_like_any_other(stand: Stand, hostile: str) -> None:
    inside = stand.show(hostile + WHOLE, typed="a")
    expect(inside.locator("input#typeans")).to_be_focused()
    stand.page.keyboard.type("b")
    assert stand.page.evaluate("typed()") == "b"
    expect(inside.locator("div.typed .typeGood")).to_have_text("a")
    press(inside, "a.hint")
    expect(inside.locator("div.hint")).to_be_visible()
    press(inside, "button.replay-button")
    press(inside, "a#out")
    assert stand.calls == [["play", "a.mp3"], ["open", "https://example.org/"]]
    if "base" not in hostile:
        expect(inside.locator("div > svg.masks rect.cloze")).to_have_count(1)
    assert stand.frame_url == "about:srcdoc"


def test_a_card_that_ends_its_document_is_borne(stand: Stand) -> None:
    inside = stand.show(WHOLE + HOSTILE["elements that end others"])
    inside.locator("a.hint").click()
    expect(inside.locator("div.hint")).to_be_visible()


# ---------------------------------------------------------------------------------------------------------- the ground

STOCK = ".card { font-family: arial; font-size: 20px; text-align: center; color: black; background-color: white; }"


def css_of(inside: FrameLocator, selector: str, *names: str) -> list[str]:
    found: Any = inside.locator(selector).first.evaluate(
        "(each, names) => names.map((name) => getComputedStyle(each).getPropertyValue(name))", list(names)
    )
    return list(found)


def test_the_ground_is_that_of_ankis_reviewer(stand: Stand) -> None:
    """What Anki 26.09 computes for the same elements with its webview.css and reviewer.css, and the card's own."""
    html = (
        '<a href="https://example.org">a</a><hr><h1>h</h1><ul><li>x</li></ul><pre>p</pre><button id=b>b</button>' + BOX
    )
    inside = stand.show(html, STOCK)
    assert css_of(inside, "body", "margin-top", "font-size", "background-color") == [
        "20px",
        "20px",
        "rgb(255, 255, 255)",
    ]
    assert css_of(inside, "a", "color", "text-decoration-line") == ["rgb(29, 78, 216)", "none"]
    assert css_of(inside, "hr", "height", "background-color") == ["1px", "rgb(115, 115, 115)"]
    assert css_of(inside, "li", "text-align") == ["start"]
    assert css_of(inside, "pre", "text-align") == ["left"]
    assert css_of(inside, "#b", "padding-left", "font-weight") == ["10px", "500"]
    box = inside.locator("#typeans").bounding_box()
    assert box
    assert box["width"] == 660


def test_the_ground_at_night(stand: Stand) -> None:
    inside = stand.show("<a href='https://example.org'>a</a>", STOCK, night=True)
    assert css_of(inside, "body", "background-color", "color") == ["rgb(44, 44, 44)", "rgb(252, 252, 252)"]
    assert css_of(inside, "a", "color") == ["rgb(191, 219, 254)"]
