"""Times deckgen against naive scripts, whole processes in turn, and prints medians and ratios.

usage: run.py [--quick]      (--quick: without 100,000 notes and the slow script at 10,000)

Nothing here is a test: machines are noisy. What counts are the ratios within one run.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from decks import write_deck

HERE = Path(__file__).parent
PYTHON = sys.executable
DECKGEN = [PYTHON, "-c", "from deckgen.cli import main; main()"]


@dataclass(frozen=True, slots=True)
class Timing:
    """Medians over runs: wall seconds and peak memory in bytes."""

    seconds: float
    memory: int


def run(command: list[str], folder: Path) -> Timing:
    """Run a command once, to its end."""
    begun = time.perf_counter()
    process = os.posix_spawn(
        command[0],
        command,
        {**os.environ, "PYTHONPATH": str(HERE.parent)},
        file_actions=[(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0o600) for fd in (1, 2)],
    )
    _, status, used = os.wait4(process, 0)
    seconds = time.perf_counter() - begun
    if status:
        sys.exit(f"failed in {folder}: {command}")
    return Timing(seconds, used.ru_maxrss * 1024)


def compare(commands: dict[str, list[str]], rounds: int, folder: Path) -> dict[str, Timing]:
    """Run the commands in turn, A B C A B C …, and return the medians of each."""
    runs: dict[str, list[Timing]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(run(command, folder))
    return {name: Timing(median(t.seconds for t in ts), int(median(t.memory for t in ts))) for name, ts in runs.items()}


def report(title: str, timings: dict[str, Timing], base: str) -> None:
    """Print a table; ratios are to `base`."""
    print(f"\n{title}")
    for name, timing in timings.items():
        ratio = timing.seconds / timings[base].seconds
        print(f"  {name:<44} {timing.seconds:8.3f} s   {ratio:6.2f} x   {timing.memory / 2**20:7.1f} MiB")


def start_up(folder: Path) -> None:
    deck = folder / "one.yaml"
    deck.write_text("- front: a\n  back: b\n", encoding="utf-8")
    commands = {
        'python -c "import click, yaml"': [PYTHON, "-c", "import click, yaml"],
        "deckgen --version (aim: 1.0 x)": [*DECKGEN, "--version"],
        "deckgen build, one note (aim: 2.5 x)": [*DECKGEN, "build", str(deck), "-o", str(folder / "one.apkg")],
        "python -c pass": [PYTHON, "-c", "pass"],
    }
    report("Start", compare(commands, 21, folder), 'python -c "import click, yaml"')


def size(folder: Path, notes: int, rounds: int, *, slow: bool) -> None:
    deck = folder / str(notes)
    write_deck(deck, notes)
    out = str(folder / "out.apkg")
    build = [*DECKGEN, "build", str(deck), "-o", out]
    naive = [PYTHON, str(HERE / "naive.py"), str(deck), out]
    commands = {"deckgen build": build}
    if slow:
        commands["(a) genanki + yaml.safe_load (aim: 10 x)"] = naive
    commands["(b) genanki + CSafeLoader, no gc (aim: 2 x)"] = [*naive, "--fast"]
    timings = compare({"deckgen build, first time": build}, 1, folder) | compare(commands, rounds, folder)
    report(f"{notes:,} notes", timings, "deckgen build")
    empty = run([PYTHON, "-c", "pass"], folder).memory
    print(f"  deckgen: {(timings['deckgen build'].memory - empty) / notes:,.0f} bytes a note above an empty process")


def main() -> None:
    quick = "--quick" in sys.argv
    folder = Path(tempfile.mkdtemp(prefix="deckgen-bench-"))
    try:
        start_up(folder)
        size(folder, 1_000, 5, slow=True)
        size(folder, 10_000, 5, slow=not quick)
        if not quick:
            size(folder, 100_000, 3, slow=False)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
