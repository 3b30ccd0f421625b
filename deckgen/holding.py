"""Values that wait their turn: in memory, and where there are many, in a temporary file."""

from __future__ import annotations

import pickle
from typing import IO, TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = TypeVar("Value")

_BATCH = 500  # values that are written together, so that what they share is written once
_IN_MEMORY = 32 * 1024 * 1024  # bytes


class Held(Generic[Value]):
    """A queue that is filled, and then read once. Raises OSError where the disk is full."""

    def __init__(self) -> None:
        self._batch: list[Value] = []
        self._file: IO[bytes] | None = None

    def __bool__(self) -> bool:
        return bool(self._batch or self._file)

    def add(self, value: Value) -> None:
        """Put a value at the end."""
        self._batch.append(value)
        if len(self._batch) == _BATCH:
            self._file = self._file or _temporary()
            pickle.dump(self._batch, self._file, protocol=pickle.HIGHEST_PROTOCOL)
            self._batch = []

    def __iter__(self) -> Iterator[Value]:
        if self._file:
            with self._file as file:
                end = file.tell()
                file.seek(0)
                while file.tell() < end:
                    yield from pickle.load(file)  # noqa: S301 - written above
        yield from self._batch


def _temporary() -> IO[bytes]:
    from tempfile import SpooledTemporaryFile  # noqa: PLC0415 - slow to import, and few decks come here

    return SpooledTemporaryFile(max_size=_IN_MEMORY)
