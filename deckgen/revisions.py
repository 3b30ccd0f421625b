"""What Git knows of a deck: whether a file was ever committed, and the files of a deck as they were at a revision."""

from __future__ import annotations

import subprocess
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

_SECONDS = 60


class RevisionError(Exception):
    """Git could not give what was asked for; says why, and what to do."""

    def __init__(self, message: str, help: str) -> None:  # noqa: A002
        super().__init__(message)
        self.help = help


@dataclass(frozen=True, slots=True)
class Revision:
    """A path at a revision, as `git show` names it: `v1.2:cards/spanish`."""

    name: str
    path: Path

    @classmethod
    def parse(cls, text: str) -> Revision | None:
        """Read `REV:PATH`; None where the text is none (a drive of Windows, `C:`, for one)."""
        name, colon, path = text.partition(":")
        if not colon or not name or name.startswith("-") or (len(name) == 1 and path.startswith(("\\", "/"))):
            return None
        return cls(name, Path(path or "."))


def was_committed(path: Path) -> bool:
    """Tell whether the history that is checked out has a file, now or before. Asks only where there is a repository."""
    folder = path.parent.absolute()
    if not any((place / ".git").exists() for place in (folder, *folder.parents)):
        return False
    try:
        return bool(_git(folder, "log", "-1", "--format=%H", "--", path.name))
    except RevisionError:
        return False


def committed_at(revision: Revision) -> int:
    """Return when a revision was committed, in seconds since 1970. Raises RevisionError."""
    return int(_git(_nearest(revision.path), "log", "-1", "--format=%ct", revision.name, "--"))


def extract(revision: Revision, folder: Path) -> Path:
    """Write the files below a revision's path into `folder`; return where the path is there. Raises RevisionError."""
    here = _nearest(revision.path)
    top = Path(_git(here, "rev-parse", "--show-toplevel").decode().strip())
    inside = revision.path.absolute().resolve().relative_to(top.resolve()).as_posix()
    kind = _git(here, "cat-file", "-t", f"{revision.name}:{'' if inside == '.' else inside}").decode().strip()
    wanted = inside if kind == "tree" else str(Path(inside).parent.as_posix())
    archive = _git(top, "archive", "--format=zip", revision.name, "--", wanted)
    with zipfile.ZipFile(BytesIO(archive)) as packed:
        packed.extractall(folder)  # zipfile keeps below the folder, and writes links as plain files
    return folder / inside


def _nearest(path: Path) -> Path:
    """Return the nearest folder that is there: the path itself may be there only at the revision."""
    place = path.absolute()
    return next(folder for folder in (place, *place.parents) if folder.is_dir())


def _git(folder: Path, *arguments: str) -> bytes:
    """Run git in a folder and return what it prints. Raises RevisionError."""
    try:
        done = subprocess.run(  # noqa: S603 - git itself, and no shell
            ["git", *arguments],  # noqa: S607
            cwd=folder,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except FileNotFoundError:
        raise RevisionError("git is not installed", "install git, or name a package or a folder") from None
    except subprocess.TimeoutExpired:
        raise RevisionError(f"git took more than {_SECONDS} seconds", "name a package or a folder") from None
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise RevisionError(words[-1].removeprefix("fatal: ") if words else "git failed", "")
    return done.stdout
