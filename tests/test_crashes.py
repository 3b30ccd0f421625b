"""Whatever stops a build: package and lock are whole, and fit each other; the next build cleans up.

Builds are killed at random moments and at each step, every step on the disk is made to fail in turn (by strace,
which makes the kernel's answer another one), and many builds run at once.

`make test-long` does all of it, `make test` a part.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from deckgen.lock import NoteEntry, read
from deckgen.readers.apkg import read_package
from tests.conftest import NOW, write

if TYPE_CHECKING:
    from collections.abc import Iterator

IS_LONG = "DECKGEN_LONG" in os.environ
KILLS = 500 if IS_LONG else 60
ERRORS = ("ENOSPC", "EACCES", "EIO", "EROFS")
CALLS = {
    "write": "write|pwrite64|pwritev|writev|ftruncate|fallocate|copy_file_range|sendfile",
    "sync": "fsync|fdatasync",
    "rename": "rename|renameat|renameat2|link|linkat|mkdir|mkdirat",
    "open": "openat|open",
}
LATER = NOW + 86_400
STRACE = shutil.which("strace")
needs_strace = pytest.mark.skipif(
    STRACE is None and "CI" not in os.environ, reason="strace makes the disk fail: apt install strace"
)


class State(NamedTuple):
    """What lies at the two places that matter."""

    lock: bytes
    package: bytes


class World(NamedTuple):
    """A deck that was built and has been changed since: what it was, and what a build will make of it."""

    old: State
    new: State


def state() -> State:
    return State(*(path.read_bytes() if path.exists() else b"" for path in (Path("d/deck.lock"), Path("out/d.apkg"))))


def restore(before: State) -> None:
    """Put things as they were, and nothing else beside them."""
    for folder in (Path("d"), Path("out")):
        for path in folder.iterdir():
            if path.name.startswith("."):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    Path("d/deck.lock").write_bytes(before.lock)
    Path("out/d.apkg").write_bytes(before.package)


def left_over() -> list[str]:
    return sorted(str(path) for folder in (Path("d"), Path("out")) for path in folder.iterdir() if path.name[0] == ".")


def command(*before: str) -> list[str]:
    program = "from deckgen.cli import main; main()"
    return [*before, sys.executable, "-B", "-c", program, "build", "d", "-o", "out/d.apkg"]


def environment(now: int = LATER) -> dict[str, str]:
    return {**os.environ, "SOURCE_DATE_EPOCH": str(now), "PYTHONHASHSEED": "0"}


def run(*before: str, now: int = LATER) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*before), env=environment(now), capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def world() -> World:
    return make_world(50)


def make_world(notes: int) -> World:
    Path("out").mkdir()
    cards = "\n".join(f"- {{id: n{n}, front: Question {n}, back: '![](a.png) answer {n}'}}" for n in range(notes))
    write({"d/deck.yaml": "deck: D", "d/a.yaml": cards, "d/a.png": b"png"})
    assert run(now=NOW).returncode == 0
    old = state()
    write({"d/a.yaml": cards.replace("answer 1", "another answer 1")})
    assert run().returncode == 0
    made = World(old, state())
    assert made.old.lock != made.new.lock
    assert made.old.package != made.new.package
    restore(made.old)
    return made


def check_whole(world: World) -> None:
    """Old and old, or new and new; or the lock one step ahead, which the next build makes good."""
    found = state()
    assert found in (world.old, world.new, State(world.new.lock, world.old.package))


def check_next(world: World) -> None:
    """The next build cleans up, and makes what the first one would have made, though it is later by then."""
    was = state()
    done = run() if was.lock == world.old.lock else run(now=LATER + 86_400)
    assert done.returncode == 0, done.stderr
    assert state() == world.new
    assert left_over() == []


# --- Killed -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", range(4))
def test_a_build_that_is_killed_at_any_moment(share: int) -> None:
    world = make_world(400)
    begun = time.perf_counter()
    assert run().returncode == 0
    takes = time.perf_counter() - begun
    chance = random.Random(share)
    finished = 0
    for _ in range(KILLS // 4):
        restore(world.old)
        process = subprocess.Popen(command(), env=environment(), stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, takes * 1.1))
        process.send_signal(signal.SIGKILL)
        finished += process.wait() == 0
        check_whole(world)
        check_next(world)
    assert finished < KILLS // 4


# --- Failing ----------------------------------------------------------------------------------------------------------


class Step(NamedTuple):
    """A system call that a build makes on our files: its name and that it is the nth of that name."""

    call: str
    nth: int


def steps(kind: str) -> list[Step]:
    """Return the steps of a kind in a build that changes something, by watching one."""
    calls = CALLS[kind].replace("|", ",?")
    done = run(str(STRACE), "-f", "-y", "-o", "trace.txt", "-e", f"trace=?{calls}")
    assert done.returncode == 0, done.stderr
    here = str(Path().absolute())
    count: dict[str, int] = {}
    found = []
    for line in Path("trace.txt").read_text(errors="replace").splitlines():
        if called := re.match(r"(?:\d+ +)?(\w+)\(", line):
            count[called[1]] = count.get(called[1], 0) + 1
            is_ours = here in line or re.search(r'"(?:d|out)/', line)
            if is_ours and not (kind == "open" and "O_CREAT" not in line):
                found.append(Step(called[1], count[called[1]]))
    return found


def failing(step: Step, how: str) -> subprocess.CompletedProcess[str]:
    inject = f"inject={step.call}:{how}:when={step.nth}"
    return run(str(STRACE), "-f", "-qq", "-o", "/dev/null", "-e", f"trace={step.call}", "-e", inject)


@needs_strace
@pytest.mark.parametrize("kind", CALLS)
def test_each_step_fails_in_turn(kind: str, world: World) -> None:
    found = steps(kind)
    assert found
    for number, step in enumerate(found):
        for error in ERRORS if IS_LONG else ERRORS[number % 4 : number % 4 + 1]:
            restore(world.old)
            done = failing(step, f"error={error}")
            about = f"{step} {error}: {done.stderr}"
            if done.returncode == 0:  # what failed was not needed: a link instead of a copy, say
                assert state() == world.new, about
            else:
                assert (done.returncode, done.stderr.count("\n")) == (3, 1), about
                assert state() in (world.old, world.new), about
            assert left_over() == [], about
            check_next(world)


@needs_strace
@pytest.mark.parametrize("kind", ["sync", "rename"])
def test_killed_at_each_step(kind: str, world: World) -> None:
    restore(world.old)
    for step in steps(kind):
        restore(world.old)
        assert failing(step, "signal=SIGKILL").returncode != 0
        check_whole(world)
        check_next(world)


# --- At once ----------------------------------------------------------------------------------------------------------


def test_sixteen_builds_at_once(world: World) -> None:
    processes = [
        subprocess.Popen(command(), env=environment(LATER + n), stderr=subprocess.PIPE, text=True) for n in range(16)
    ]
    said = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 16, said
    check_fit()
    assert left_over() == []
    last = state()
    assert run(now=LATER + 99).returncode == 0
    assert state() == last
    assert sum("changed" in each for each in said) == 1, "one build dates the change, the others find it dated"
    assert world


def check_fit() -> None:
    """Each note of the package has the guid and the time that the lock gives it."""
    lock, problems = read("deck.lock", Path("d/deck.lock").read_text("utf-8"))
    assert not problems
    entries = [NoteEntry.parse(entry) for entry in lock.notes.values()]
    notes = read_package(Path("out/d.apkg")).notes.values()
    assert {(note.guid, note.time) for note in notes} == {(entry.guid, entry.time) for entry in entries}


@pytest.fixture(autouse=True)
def _room() -> Iterator[None]:
    """Take the pictures of the disk away again: hundreds of builds leave much."""
    yield
    shutil.rmtree("out", ignore_errors=True)
