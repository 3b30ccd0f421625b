"""How a package and its lock get to their places: one build of a deck at a time, and both in place or neither.

Both are written whole beside their places and moved there at the end, the lock first: if the machine stops between the
two moves, the next build finds the times already given out and makes the same package. The other way round, notes would
get a second, newer time, and learners an update that changes nothing and overwrites their own edits.
"""

from __future__ import annotations

import errno
import glob
import os
import shutil
import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NOT_HERE = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS, errno.EBADF}
"""What file systems answer that cannot lock, or sync, a folder."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a deck's folder, so that builds of one deck go one after another. Waits for one that is under way.

    The system lets go of it when a process ends, however it ends. Where there is no flock (Windows, some network file
    systems), nothing is held.
    """
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        yield
        return
    place = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(place, fcntl.LOCK_EX)
        except OSError as failed:
            if failed.errno not in _NOT_HERE:
                raise
        yield
    finally:
        os.close(place)


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """Make a folder beside the target for what is not finished; it goes, whatever happens. Raises OSError.

    What a killed build left behind goes too.
    """
    made = [folder for folder in (target.parent, *target.parent.parents) if not folder.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _clean(target)
        folder = _beside(target)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        except sqlite3.Error as failed:
            raise OSError(errno.EIO, str(failed), str(target)) from failed
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        for empty in made:
            with suppress(OSError):  # no longer empty: the package is in it
                empty.rmdir()


def replace_both(package: Path, target: Path, lock_file: Path, lock: str) -> None:
    """Put the lock and the package in place. If that fails, both are as they were before. Raises OSError."""
    _clean(lock_file)
    new, old = _beside(lock_file), _beside(lock_file, "-old")
    before = lock_file.read_bytes() if lock_file.exists() else None
    try:
        if before != lock.encode():
            _write(new, lock.encode())
            if before is not None:
                _copy(lock_file, old)
        _sync(package)
        _move(new, lock_file, package, target, old)
        for folder in {lock_file.parent, target.parent}:
            _sync(folder)
    finally:
        for left in (new, old):
            with suppress(OSError):
                left.unlink(missing_ok=True)


def replace_file(path: Path, data: bytes) -> None:
    """Write a file in one step, with the rights that it has. Raises OSError."""
    _clean(path)
    new = _beside(path)
    try:
        _write(new, data)
        if path.exists():
            shutil.copymode(path, new)
        new.replace(path)
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def replace_folder(new: Path, target: Path, aside: Path) -> None:
    """Put a folder in the place of another, which goes `aside` first, and back if that fails. Raises OSError."""
    if target.exists():
        target.replace(aside)
    try:
        new.replace(target)
    except BaseException:
        if aside.exists():
            aside.replace(target)
        raise


def _move(new: Path, lock_file: Path, package: Path, target: Path, old: Path) -> None:
    if not new.exists():
        package.replace(target)
        return
    new.replace(lock_file)
    try:
        package.replace(target)
    except BaseException:
        if old.exists():
            old.replace(lock_file)
        else:
            lock_file.unlink()
        raise


def _copy(path: Path, copy: Path) -> None:
    try:
        os.link(path, copy)
    except OSError:  # not every file system has links
        shutil.copyfile(path, copy)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    _sync(path)


def _sync(path: Path) -> None:
    """Have the disk keep a file, or what a folder says of its files. Raises OSError."""
    is_folder = path.is_dir()
    if is_folder and os.name != "posix":
        return  # Windows opens no folders
    place = os.open(path, os.O_RDONLY)
    try:
        os.fsync(place)
    except OSError as failed:
        if not is_folder or failed.errno not in _NOT_HERE:
            raise
    finally:
        os.close(place)


def _beside(target: Path, ending: str = "") -> Path:
    return target.parent / f".{target.name}{ending}-{os.getpid()}"


def _clean(target: Path) -> None:
    """Remove what killed builds have left beside a target."""
    for left in target.parent.glob(f".{glob.escape(target.name)}*-*"):
        process = left.name.rpartition("-")[2]
        if process.isdecimal() and (int(process) == os.getpid() or not _is_running(int(process))):
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    """Tell whether a process lives; one that is not ours to ask does."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
