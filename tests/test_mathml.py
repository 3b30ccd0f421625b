r"""Math in cards becomes MathML, which browsers draw; what cannot stays as its source."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckgen.render.mathml import with_mathml
from tests.test_cards_oracle import steady

DRAWN = [
    (r"\(x^2\)", "msup"),
    (r"\[\frac{a}{b}\]", "mfrac"),
    (r"\(a &lt; b\)", "mo"),
    (r"\(\sqrt{2}\)", "msqrt"),
    (r"\(\begin{matrix}a&amp;b\\c&amp;d\end{matrix}\)", "mtable"),
    (r"\(\mathbb{R}\)", "mi"),
    (r"\(x<br>y\)", "mi"),
]


@pytest.mark.parametrize(("html", "element"), DRAWN)
def test_what_is_drawn(html: str, element: str) -> None:
    made = with_mathml(f"before {html} after")
    assert made.startswith("before <math ")
    assert made.endswith("</math> after")
    assert f"<{element}" in made
    assert f'display="{"block" if html.startswith(chr(92) + "[") else "inline"}"' in made


SOURCE = [
    r"\unknown{x}",
    r"\frac{a}{",
    r"\ce{H2O}",
    r"\text{a&lt;b>c&lt;/b>}",
    r"\text{&lt;/math>&lt;script>}",
    "x" * 5_000,
]


@pytest.mark.parametrize("source", SOURCE)
def test_what_stays_as_its_source(source: str) -> None:
    made = with_mathml(rf"\({source}\)")
    assert made.startswith('<code class="math-source"')
    assert made.removeprefix('<code class="math-source" title="This formula cannot be drawn here">').removesuffix(
        "</code>"
    ) == source.replace(">", "&gt;")


@pytest.mark.parametrize("html", ["no math", r"\(<b>x</b>\)", r"\( never closed", "$5 and $6", "\\[", ""])
def test_what_is_no_math(html: str) -> None:
    assert with_mathml(html) == html


PIECES = (
    r"\frac",
    r"\text",
    r"\href",
    "{",
    "}",
    "&lt;",
    "&amp;",
    "^",
    "_",
    "x",
    "2",
    " ",
    r"\\",
    r"\left(",
    r"\right)",
    "&",
    '"',
)


@steady
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_whatever_is_written_is_well_formed(source: str) -> None:
    made = with_mathml(rf"\({source}\)")
    if made.startswith("<"):
        ET.fromstring(made)
