"""What is written is what is learned: scalars reach Anki as they were typed."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING

from tests.conftest import package

if TYPE_CHECKING:
    from tests.anki_harness import Anki

# All that YAML tools are known to turn into something else.
VALUES = """
no No NO yes Yes on On off Off y n Y N true True TRUE false False null Null NULL ~ none
0 -0 +1 010 0o17 0x1F 0b101 1.10 1.0 .5 5. 1e3 1E-5 1_000 0123456789 12345678901234567890 1.7976931348623157e+309
.inf -.inf .NaN inf nan 1:30 12:34:56 190:20:30 2020-01-02 2020-01-02T03:04:05Z 2001-12-14T21:59:43.10-05:00
= << 1,000 1/2 50% 3.14159265358979323846 +49 007 0.1 -1 - 1.2.3 v1.0 a=b x:y 08 1e -5 {} []
""".split()


def test_sixty_values_that_yaml_would_change(anki: Anki) -> None:
    values = [v for v in VALUES if v not in ("{}", "[]", "-")]
    assert len(values) >= 60
    anki.install(package("\n".join(f"- front: {value}\n  back: {n}" for n, value in enumerate(values))))
    assert [unescape(note.fields["Front"]) for note in anki.notes()] == values
