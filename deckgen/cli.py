"""The command line: options in, `pipeline` called, a report and an exit code out. Nothing else knows click.

Exit status: 0 fine, 1 problems in the cards, 2 wrong usage, 3 the machine (disk full, no permission).
Text for people goes to stderr, data to stdout.
"""

from __future__ import annotations

import gc
import os
import shlex
import sys
import time
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from deckgen import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deckgen.diagnostics import Diagnostic
    from deckgen.discover import DeckFiles
    from deckgen.pipeline import Built, Targets
    from deckgen.stats import Stats

PROBLEMS, MACHINE = 1, 3  # 2, wrong usage, is click's own

_SELECT = click.option(
    "--select", "query", metavar="QUERY", default="", help="Only the notes that a search as in Anki finds."
)
_PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))


def main() -> NoReturn:
    """Run the command line; the entry point of `deckgen`."""
    # Nothing here lives in cycles, and the collector would take a third of the time to find that out.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # whatever the locale says: data is UTF-8, and a name may be anything
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        with cli.make_context(
            "deckgen", sys.argv[1:]
        ) as context:  # not cli.main(), which ends by itself on a closed pipe
            cli.invoke(context)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; nothing was written", err=True)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more at exit
        sys.exit(0)
    except OSError as failed:
        where = f" ({failed.filename})" if failed.filename else ""
        click.echo(
            f"deckgen: {failed.strerror or failed}{where}; nothing was lost, every file is whole as it was or new",
            err=True,
        )
        sys.exit(MACHINE)
    except Exception as bug:
        if "DECKGEN_DEBUG" in os.environ:
            raise
        click.echo(f"deckgen: a bug in deckgen: {type(bug).__name__}: {bug}; nothing was written", err=True)
        click.echo("please report it with what DECKGEN_DEBUG=1 prints", err=True)
        sys.exit(MACHINE)
    sys.exit(0)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@click.version_option(__version__, prog_name="deckgen", message="%(prog)s %(version)s")
def cli() -> None:
    """Compile YAML flashcards into Anki decks.

    \b
    deckgen new spanish        start a deck
    deckgen check spanish      look for problems
    deckgen build spanish      write build/spanish.apkg, to open with Anki
    """


@cli.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def new(folder: Path) -> None:
    """Start a deck: a folder that builds, with comments that teach the format.

    \b
    deckgen new spanish
    deckgen build spanish
    """
    from deckgen.starter import write_starter

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise click.UsageError(f"'{folder}' is already there and not empty; choose another name")
    for path in write_starter(folder):
        click.echo(f"  {path}", err=True)
    click.echo(f"Now edit the cards, then:  deckgen build {shlex.quote(str(folder))}", err=True)


@cli.command()
@_PATHS
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Where to write: a file, or a folder with a / at its end; default: build/<id>.apkg.",
)
@_SELECT
@click.option("--edition", metavar="NAME", default="", help="Only the notes of an edition that deck.yaml names.")
@click.option(
    "--all-editions", is_flag=True, help="Every edition that deck.yaml names, each into a package of its own."
)
@click.option("--locked", is_flag=True, help="Fail if the lock would change: for CI, where nobody commits it.")
@click.option("--allow-breaking", is_flag=True, help="Build though learners' Anki cannot follow a change.")
@click.option("--to", "form", type=click.Choice(("apkg", "html")), default="apkg", help="For Anki, or for a browser.")
@click.option("--single", is_flag=True, help="With --to html: one file with everything in it, not a folder.")
def build(
    paths: tuple[Path, ...],
    output: str | None,
    query: str,
    edition: str,
    all_editions: bool,
    form: str,
    single: bool,
    **flags: bool,
) -> None:
    """Build Anki packages. PATH is a deck's folder or file; default: every deck in cards/.

    Writes the package and the deck's lock (deck.lock), which keeps learners' reviews safe: put it under version
    control. With an error in the cards nothing is written.

    \b
    deckgen build                          every deck in cards/
    deckgen build spanish -o spanish.apkg
    deckgen build spanish --select "tag:core -tag:verbs"
    deckgen build spanish --edition essentials
    deckgen build spanish --all-editions -o dist/
    deckgen build spanish --to html        build/spanish/index.html, for a browser
    """
    from deckgen import pipeline
    from deckgen.diagnostics import has_errors

    if bool(query) + bool(edition) + all_editions > 1:
        raise click.UsageError(
            "--select, --edition and --all-editions do not go together; put the query into an edition"
        )
    if form == "html":
        _need("html", "latex2mathml")
    if (single and form != "html") or (form == "html" and any(flags.values())):
        raise click.UsageError("--single goes with --to html; --locked and --allow-breaking with packages for Anki")
    decks, problems = _decks(paths)
    jobs = [
        (deck, pipeline.BuildOptions(name, query, **flags))
        for deck in decks
        for name in (pipeline.edition_names(deck) if all_editions else [edition])
    ]
    targets = _targets(output, len(jobs), {"apkg": ".apkg", "html": ".html" if single else ""}[form])
    built = []
    for deck, options in jobs:
        with _progress(deck) as progress:
            if form == "html":
                built.append(pipeline.build_pages(deck, targets, progress, options, single=single))
            else:
                built.append(pipeline.build(deck, targets, _now(), progress, options))
        problems += built[-1].problems
    _print(problems, "text")
    for done in built:
        if done.package:
            click.echo(_summary(done), err=True)
    if has_errors(problems):
        sys.exit(PROBLEMS)


def _targets(output: str | None, builds: int, ending: str) -> Targets:
    """Say where what is built goes; without an ending it is a folder itself."""
    from deckgen.pipeline import Targets

    if output is None:
        return Targets(Path("build"), ending=ending)
    if output.endswith(("/", os.sep)) or (ending and Path(output).is_dir()):
        return Targets(Path(output), ending=ending)
    if builds > 1:
        raise click.UsageError(
            f"{builds} builds cannot all be written to '{output}'; name a folder, with a / at its end"
        )
    return Targets(Path("build"), Path(output), ending)


def _summary(done: Built) -> str:
    """Say in a line what is in a package and what is new about it."""
    news = [
        f"{count} {word}"
        for count, word in ((done.added, "new"), (done.changed, "changed"), (done.gone, "gone"))
        if count
    ]
    from deckgen.wording import amount

    about = f"{amount(done.notes, 'note')}, {amount(done.cards, 'card')}"
    if done.media:
        about += f", {amount(done.media, 'media file')}"
    return f"{done.package}: {about}" + (f" ({', '.join(news) or 'nothing new'})" if done.is_package else "")


@cli.command()
@_PATHS
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "github", "sarif")),
    default="text",
    help="How to report.",
)
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@_SELECT
def check(paths: tuple[Path, ...], form: str, strict: bool, query: str) -> None:
    """Report everything that a build would refuse, and what looks wrong though it builds.

    \b
    deckgen check                          every deck in cards/
    deckgen check spanish --strict         for the last look before publishing
    deckgen check --format github          in a workflow on GitHub
    """
    from deckgen import pipeline
    from deckgen.diagnostics import Severity, has_errors, in_order
    from deckgen.wording import amount

    decks, problems = _decks(paths)
    targets = pipeline.Targets(Path("build"))
    for deck in decks:
        with _progress(deck) as progress:
            problems += pipeline.check(deck, targets, _now(), progress, query)
    problems = in_order(problems)
    if not problems and decks and form == "text" and sys.stderr.isatty():
        click.echo(f"{amount(len(decks), 'deck')}, no problems", err=True)
    _print(problems, form)
    if has_errors(problems) or (strict and any(p.severity is Severity.WARNING for p in problems)):
        sys.exit(PROBLEMS)


@cli.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--no-browser", is_flag=True, help="Open no browser; the address is the first line on stdout.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to listen; default: any free port.")
@click.option(
    "--host", default="127.0.0.1", help="An address of this machine that others may use; default: only itself."
)
@_SELECT
def preview(path: Path | None, no_browser: bool, port: int, host: str, query: str) -> None:
    """Show the cards in a browser, front and back, day and night, and again whenever a file is saved.

    \b
    deckgen preview spanish
    deckgen preview --no-browser --port 8000
    """
    import threading
    import webbrowser

    from deckgen import pipeline
    from deckgen.preview.place import Place

    _need("preview", "starlette", "uvicorn", "watchfiles", "latex2mathml")
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - refused
        raise click.UsageError(
            "name the one address that others are to use; only requests to that very name are answered"
        )
    decks, problems = _decks((path,) if path else ())
    if len(decks) > 1:
        raise click.UsageError(f"name one deck to show: {', '.join(str(deck.head) for deck in decks)}")
    _print(problems, "text")
    if not decks:
        sys.exit(PROBLEMS)

    def ready(address: str) -> None:
        gc.freeze()  # the deck stays; what comes now lives long, and a server makes cycles
        gc.enable()
        click.echo(address)
        sys.stdout.flush()
        click.echo("Ctrl-C stops it", err=True)
        if not no_browser:  # beside the server, for some browsers return only when they are closed
            threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()

    (files,) = decks
    problems = pipeline.preview(files, _now, Place(host, port), ready, query)
    _print(problems, "text")
    if problems:
        sys.exit(PROBLEMS)


def _need(extra: str, *modules: str) -> None:
    """Refuse to go on where the parts of an extra are not installed."""
    from importlib.util import find_spec

    if missing := [name for name in modules if find_spec(name) is None]:
        raise click.UsageError(
            f"this needs {', '.join(missing)}: install deckgen with its extra, as in  pipx install 'deckgen[{extra}]'"
        )


@cli.command()
@_PATHS
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", help="A table, or data.")
@click.option("--html", is_flag=True, help="A page with pictures, and the reviews to expect day by day.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where the page goes; or stdout.")
@click.option("--new-per-day", type=click.IntRange(0, 9999), help="For the page: the pace, if not that of the deck.")
@_SELECT
def stats(
    paths: tuple[Path, ...], form: str, html: bool, output: Path | None, new_per_day: int | None, query: str
) -> None:
    """Count notes and cards by topic, note type and source, and measure answers.

    \b
    deckgen stats spanish
    deckgen stats --format json
    deckgen stats spanish --html -o stats.html --new-per-day 15
    """
    if not html and (output or new_per_day is not None):
        raise click.UsageError("-o and --new-per-day go with --html")
    if html:
        _need("stats", "fsrs")
    from deckgen import pipeline
    from deckgen.diagnostics import has_errors
    from deckgen.stats import as_json, as_table

    decks, problems = _decks(paths)
    counted = []
    for deck in decks:
        with _progress(deck) as progress:
            found, more = pipeline.stats(deck, progress, query)
        problems += more
        counted += [found] if found else []
    _print([p for p in problems if has_errors([p])], "text")
    if html:
        _put(_stats_page(counted, new_per_day), output)
    elif form == "json":
        click.echo(as_json(counted))
    else:
        click.echo("\n".join(as_table(found) for found in counted), nl=bool(counted))
    if has_errors(problems):
        sys.exit(PROBLEMS)


def _stats_page(counted: list[Stats], new_per_day: int | None) -> str:
    from deckgen.statspage import page

    return page(counted, new_per_day)


def _put(text: str, output: Path | None) -> None:
    """Write data to a file, in one step, or to stdout."""
    if output is None:
        click.echo(text, nl=False)
        return
    from deckgen.staging import replace_file

    replace_file(output, text.encode())
    click.echo(f"{output} written", err=True)


@cli.command()
@click.argument("old")
@click.argument("new", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "markdown")),
    default="text",
    help="How to report; markdown is fit for release notes.",
)
@_SELECT
def diff(old: str, new: str | None, form: str, query: str) -> None:
    """Show what a learner who has OLD gets on importing NEW. Each is a package, a deck, or REVISION:PATH of a deck.

    A deck alone is compared with its last commit, a revision alone with the files of now.

    \b
    deckgen diff cards/spanish                               since the last commit
    deckgen diff v1.2:cards/spanish                          since a release
    deckgen diff spanish-1.2.apkg build/spanish.apkg
    deckgen diff v1.2:cards/spanish --format markdown        release notes
    """
    from deckgen import pipeline
    from deckgen.comparing import other_side
    from deckgen.diagnostics import has_errors
    from deckgen.releasenotes import render

    if new is None:
        sides = other_side(old)
        if sides is None:
            raise click.UsageError(f"name what to compare '{old}' with: a package, a deck, or REVISION:PATH of a deck")
        old, new = sides
    changes, problems = pipeline.diff(old, new, _now(), query)
    _print([p for p in problems if has_errors([p])], "text")
    if changes is None:
        sys.exit(PROBLEMS)
    click.echo(render(changes, form), nl=False)


@cli.command()
@_PATHS
def ids(paths: tuple[Path, ...]) -> None:
    """Write ids into cards that have none, so that they stay who they are whatever you make of them.

    Ids come from the words of the question. Nothing else in the files changes, and learners notice nothing.

    \b
    deckgen ids spanish
    """
    from deckgen import pipeline
    from deckgen.diagnostics import Severity, has_errors
    from deckgen.wording import amount

    decks, problems = _decks(paths)
    written: dict[Path, int] = {}
    for deck in decks:
        with _progress(deck) as progress:
            named = pipeline.write_ids(deck, _now(), progress)
        problems += [p for p in named.problems if p.severity is not Severity.WARNING]  # the build tells those
        written |= named.files
    _print(problems, "text")
    for path, count in written.items():
        click.echo(f"{path}: {amount(count, 'id')} written", err=True)
    if has_errors(problems):
        sys.exit(PROBLEMS)
    if decks and not written:
        click.echo("every card has an id", err=True)


@cli.command()
def schema() -> None:
    """Print the JSON Schema by which editors complete and check deck files.

    \b
    deckgen schema > deckgen.schema.json
    """
    import json

    from deckgen.schema.jsonschema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


def _decks(paths: tuple[Path, ...]) -> tuple[list[DeckFiles], list[Diagnostic]]:
    """Find the decks to work on; without paths those in cards/."""
    from deckgen.discover import find_decks

    if not paths and Path("deck.yaml").exists():
        return find_decks([Path()])
    if not paths and not Path("cards").is_dir():
        raise click.UsageError("there is no folder cards/ here; name a deck, or make one with  deckgen new DIR")
    return find_decks(list(paths) or [Path("cards")])


def _print(problems: list[Diagnostic], form: str) -> None:
    """Print problems for people on stderr, as data on stdout."""
    if not problems and form not in {"json", "sarif"}:
        return
    from deckgen.diagnostics import in_order
    from deckgen.reports import render, totals

    ordered = in_order(problems)
    if form == "text":
        click.echo(render(ordered, form), err=True)
        click.echo(totals(ordered), err=True)
    else:
        click.echo(render(ordered, form))


def _now() -> int:
    """Return the time that changes of this build get, in seconds since 1970.

    SOURCE_DATE_EPOCH sets it (reproducible-builds.org).
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given:
        return int(time.time())
    if not given.isdecimal() or not 0 < int(given) < 2**40:
        raise click.UsageError(f"SOURCE_DATE_EPOCH must be a number of seconds since 1970, not '{given}'")
    return int(given)


@contextmanager
def _progress(deck: DeckFiles) -> Iterator[Callable[[int], None]]:
    """Show a count on a terminal, once a deck has taken a second."""
    begun = shown = time.monotonic()
    is_terminal = sys.stderr.isatty()

    def show(notes: int) -> None:
        nonlocal shown
        if is_terminal and notes % 200 == 0 and (now := time.monotonic()) - begun > 1 and now - shown > 0.1:
            shown = now
            click.echo(f"\r{deck.head}: {notes:,} notes …", nl=False, err=True)

    yield show
    if shown > begun:
        click.echo("\r\033[K", nl=False, err=True)
