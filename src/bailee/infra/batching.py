"""Natural batching: what arrives while a batch is under way leaves together in the next one.

There is no timer: the first to come leaves with those that came in the same turn of the loop, at most
`depth` batches are under way, and all who come meanwhile share the next. Who leaves together is never parted
to fill a second batch: a call costs what dozens of those do that share it. A batch takes from each controller in
turn, so that a loud one waits behind its own work. A batch that fails as a whole is tried again one by
one, so that a bad item fails alone; a server that is away fails them all at once.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Generic, TypeVar
from uuid import UUID

from bailee.infra.database import Unavailable

I = TypeVar("I")  # noqa: E741 -- an item, and what comes out for it
O = TypeVar("O")  # noqa: E741

Groups = Sequence[tuple[UUID, Sequence[I]]]
DEPTH = 2
LIMIT = 64


class Overloaded(Unavailable):
    """More is waiting than this process will hold; nothing was begun."""


class Batcher(Generic[I, O]):
    """Gathers items by controller and runs them in batches.

    `run` is given the groups in id order and returns one outcome for each item, in the same order; an
    outcome that is an exception is raised to the one who submitted that item.
    """

    def __init__(
        self,
        run: Callable[[Groups[I]], Awaitable[Sequence[O | Exception]]],
        *,
        depth: int = DEPTH,
        limit: int = LIMIT,
        most: int = 10_000,
    ) -> None:
        self._run = run
        self._depth = depth
        self._limit = limit
        self._most = most
        self._waiting: dict[UUID, deque[tuple[I, asyncio.Future[O]]]] = {}
        self._alone: deque[tuple[UUID, I, asyncio.Future[O]]] = deque()
        self._count = 0
        self._called = False
        self._under_way: set[asyncio.Task[Sequence[O | Exception]]] = set()

    def submit(self, controller: UUID, item: I) -> asyncio.Future[O]:
        """Have an item run with the next batch; the future holds its outcome."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[O] = loop.create_future()
        if self._count >= self._most:
            raise Overloaded("too much is waiting")
        line = self._waiting.get(controller)
        if line is None:
            line = self._waiting[controller] = deque()
        line.append((item, future))
        self._count += 1
        if not self._called and len(self._under_way) < self._depth:
            self._called = True
            loop.call_soon(self._leave)
        return future

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)
            await asyncio.sleep(0)

    def _leave(self) -> None:
        self._called = False
        while (self._alone or self._count) and len(self._under_way) < self._depth:
            groups, futures = self._one_alone() if self._alone else self._next()
            if not futures:
                continue
            task = asyncio.ensure_future(self._run(groups))
            self._under_way.add(task)
            task.add_done_callback(partial(self._arrive, groups, futures))

    def _next(self) -> tuple[Groups[I], list[asyncio.Future[O]]]:
        """The next batch: from each controller its share, until the batch is full."""
        taken: dict[UUID, list[tuple[I, asyncio.Future[O]]]] = {}
        room = self._limit
        while room and self._waiting:
            share = max(1, room // len(self._waiting))
            for controller in list(self._waiting):
                line = self._waiting.pop(controller)
                group = taken.setdefault(controller, [])
                for _ in range(min(share, len(line), room)):
                    pair = line.popleft()
                    self._count -= 1
                    if not pair[1].done():
                        group.append(pair)
                        room -= 1
                if line:
                    self._waiting[controller] = line  # behind the others
                if not room:
                    break
        ordered = sorted((one for one in taken.items() if one[1]), key=lambda one: one[0].int)
        groups = [(controller, [item for item, _ in group]) for controller, group in ordered]
        return groups, [future for _, group in ordered for _, future in group]

    def _one_alone(self) -> tuple[Groups[I], list[asyncio.Future[O]]]:
        controller, item, future = self._alone.popleft()
        return ([(controller, [item])], [future]) if not future.done() else ([], [])

    def _arrive(
        self, groups: Groups[I], futures: list[asyncio.Future[O]], done: asyncio.Task[Sequence[O | Exception]]
    ) -> None:
        self._under_way.discard(done)
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        if error is None:
            for future, outcome in zip(futures, done.result(), strict=True):
                if future.done():
                    continue
                if isinstance(outcome, Exception):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)
        elif len(futures) == 1 or isinstance(error, Unavailable | asyncio.CancelledError):
            for future in futures:
                if not future.done():
                    future.set_exception(error)
        else:
            items = [(controller, item) for controller, group in groups for item in group]
            self._alone += [(*item, future) for item, future in zip(items, futures, strict=True)]
        if self._alone or self._count:
            self._leave()
