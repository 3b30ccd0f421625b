"""Work shared out to processes gives what one process gives, in order, and its failures are not lost."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from deckgen import workers
from tests.conftest import built, problems_of, write

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")


def big_deck() -> None:
    """Write a deck of a megabyte, with a problem in every tenth file."""
    write({"d/deck.yaml": "deck: D"})
    for number in range(20):
        cards = "".join(f"- {{id: n{number}-{n}, front: '{number} {n} {'word ' * 40}', back: b}}\n" for n in range(300))
        write({f"d/t{number:02}.yaml": f"cards:\n{cards}"})


def test_the_package_is_the_same_with_and_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    big_deck()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    assert workers.workers_for([60_000] * 20) == 3
    shared = built("d", output="shared.apkg")
    Path("d/deck.lock").unlink()
    monkeypatch.setattr(workers, "WORTH_SHARING", 10**9)
    alone = built("d", output="alone.apkg")
    assert (shared.notes, alone.notes) == (6000, 6000)
    assert Path("shared.apkg").read_bytes() == Path("alone.apkg").read_bytes()


def test_problems_come_from_all_files_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    big_deck()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    for number in (3, 17):
        with Path(f"d/t{number:02}.yaml").open("a") as file:
            file.write("- {frnt: x, back: y}\n- {id: n3-1, front: x, back: y}\n")
    found = [(Path(p.span.file).name, p.span.line, p.code) for p in problems_of("d")]
    wrong = [("t03.yaml", 302, "unknown-key"), ("t03.yaml", 303, "duplicate-id")]
    assert found == [*wrong, ("t17.yaml", 302, "unknown-key"), ("t17.yaml", 303, "duplicate-id")]


def _square(number: int) -> int:
    if number == 7:
        raise PermissionError(13, "no permission", "seven.yaml")
    return number * number


def test_results_come_in_the_order_of_the_jobs() -> None:
    jobs = [n for n in range(50) if n != 7]
    assert list(workers.in_order(_square, jobs, 4)) == [n * n for n in jobs]


def test_what_a_worker_raises_is_raised_here() -> None:
    results = workers.in_order(_square, list(range(50)), 4)
    with pytest.raises(PermissionError, match="no permission"):
        list(results)


def _die(_: int) -> int:
    os._exit(9)


def test_a_worker_that_dies_is_noticed() -> None:
    with pytest.raises(OSError, match="ended early"):
        list(workers.in_order(_die, [1, 2, 3], 2))
