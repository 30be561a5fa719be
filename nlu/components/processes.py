"""What takes minutes in learning, done in several processes at once."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from threadpoolctl import threadpool_limits

Task = Callable[..., Any]
OF_TENSORFLOW = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
"""What it reads when it makes its first threads."""


def at_once(task: Task, jobs: Sequence[Sequence[Any]]) -> list[Any]:
    """Return what a task makes of each job, its arguments, in their order.

    As many processes as the machine has cores, with one thread each; one job needs none. They are
    started afresh: a copy of this one, with TensorFlow's threads in it, may never wake up.
    """
    if len(jobs) < 2:
        return [task(*job) for job in jobs]
    cores = min(len(jobs), os.cpu_count() or 1)
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as processes:
        return list(processes.map(_alone, [task] * len(jobs), jobs))


def in_parts(task: Task, texts: Sequence[str], size: int, *known: Any) -> list[Any]:
    """Return what a task makes of each so many texts, in their order.

    Args:
        task: takes what is known, and a part of the texts.
        texts: all of them; without any there is one empty part.
        size: texts of a part.
        known: what the task needs besides.
    """
    starts = range(0, max(1, len(texts)), size)
    return at_once(task, [(*known, texts[start : start + size]) for start in starts])


def _alone(task: Task, job: Sequence[Any]) -> Any:
    os.environ.update(dict.fromkeys(OF_TENSORFLOW, "1"))
    with threadpool_limits(1):
        return task(*job)
