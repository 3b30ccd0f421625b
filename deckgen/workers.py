"""Work shared out to processes, for decks so large that it pays: results come in the order of the jobs.

Each worker is a fork of this process, takes every nth job, and writes its results to a pipe of its own; it waits
while the pipe is full, so that no more than a result or two for each worker is ever in memory. Only Linux forks
safely; elsewhere, and for small decks, there are no workers.
"""

from __future__ import annotations

import os
import pickle
import sys
from typing import TYPE_CHECKING, BinaryIO, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Job = TypeVar("Job")
Result = TypeVar("Result")

WORTH_SHARING = 1_000_000
"""Bytes of YAML from which on workers save time; starting one takes as long as reading 20 kB."""


def workers_for(sizes: Sequence[int]) -> int:
    """Return how many workers to share files of these sizes among; 0 means to do without."""
    if sys.platform != "linux" or sum(sizes) < WORTH_SHARING:
        return 0
    processors = len(os.sched_getaffinity(0))
    return min(processors, len(sizes), 8) if min(processors, len(sizes)) > 1 else 0


def in_order(work: Callable[[Job], Result], jobs: Sequence[Job], workers: int) -> Iterator[Result]:
    """Yield the result of each job in turn. What a worker raises is raised here; OSError if one dies."""
    started: list[tuple[int, BinaryIO]] = []
    for number in range(workers):
        started.append(_start(work, jobs[number::workers], [results for _, results in started]))
    try:
        for number in range(len(jobs)):
            try:
                result = pickle.load(started[number % workers][1])  # noqa: S301 - written by our own fork
            except EOFError:
                raise OSError("a worker process ended early; is there enough memory?") from None
            if isinstance(result, Exception):
                raise result
            yield result
    finally:
        for _, results in started:
            results.close()  # a worker that still writes ends by this
        for process, _ in started:
            os.waitpid(process, 0)


def _start(work: Callable[[Job], Result], jobs: Sequence[Job], others: list[BinaryIO]) -> tuple[int, BinaryIO]:
    """Fork a worker for some jobs; return its process id and where its results come.

    The worker lets go of the pipes of `others`, or these would not see that nobody reads them any more.
    """
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, os.fdopen(reading, "rb")
    try:
        os.close(reading)
        for other in others:
            os.close(other.fileno())
        with os.fdopen(writing, "wb") as results:
            for job in jobs:
                pickle.dump(_result(work, job), results, protocol=pickle.HIGHEST_PROTOCOL)
                results.flush()
    finally:
        os._exit(0)  # a fork must not run on into its parent's code, whatever happens


def _result(work: Callable[[Job], Result], job: Job) -> Result | Exception:
    try:
        return work(job)
    except Exception as failed:  # noqa: BLE001 - goes to the parent, which raises it
        return failed
