"""Workers that take turns, one AWS call at a time, in every order that there is or in a seeded sample of them."""

import random
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any

from local.lambdas import Context
from tests.reliability.world import Saved, World

Part = Callable[[], None]
Choose = Callable[[int, Callable[[], str]], int]  # given how many wait for their turn, and how to name the state
Play = Callable[[Choose], None]
_NEVER = float("inf")
_STUCK = 60  # seconds
_BY_CHANCE = {"ResponseMetadata", "Body", "MessageId", "MD5OfMessageBody", "Invalidation", "Location"}


class Worker:
    """A process of a function that is warm: it has clients and a state of its own, as in Lambda."""

    def __init__(self, world: World, function: str) -> None:
        self.function = function
        self._handler = world.portal.lambdas.cold_start(function).handler
        world.portal.lambdas.forget(function)  # what the portal itself calls is another process

    def answer(self, event: Any) -> Any:  # noqa: ANN401
        """Call the handler without what the portal does around it, which is for one call at a time."""
        context = Context(self.function, "128", f"arn:{self.function}", "1", "group", "stream", _NEVER)
        return self._handler(event, context)


def until_done(worker: Worker, event: dict[str, Any]) -> Part:
    """Let a worker do an event as its source does: again, until it says that all of it is done."""

    def part() -> None:
        for _ in range(5):
            if not (worker.answer(event) or {}).get("batchItemFailures"):
                return
        raise AssertionError(f"{worker.function} never came to an end")

    return part


class _Abandoned(BaseException):
    """The end of an actor whose play is broken off."""


class _Known(BaseException):
    """The play has come to a state from which everything was played already."""


class _Actor(threading.Thread):
    """A part that stops before each AWS call. `memory` is all that it has learned, which decides what it does next."""

    def __init__(self, part: Part) -> None:
        super().__init__(daemon=True)
        self._part = part
        self._go = threading.Semaphore(0)
        self._waits = threading.Semaphore(0)
        self.is_done = False
        self.is_alone = False
        self.is_abandoned = False
        self.memory: list[str] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        self._go.acquire()
        try:
            self._part()
        except BaseException as error:  # noqa: BLE001 (raised again by the stage)
            self.error = error
        self.is_done = True
        self._waits.release()

    def step(self) -> None:
        """Let it go on to its next AWS call."""
        self._go.release()
        assert self._waits.acquire(timeout=_STUCK), "it waits for a lock that another actor holds"

    def pause(self) -> None:
        if self.is_alone:
            return
        self._waits.release()
        self._go.acquire()
        if self.is_abandoned:
            raise _Abandoned

    def abandon(self) -> None:
        """End it where it stands."""
        if not self.is_done:
            self.is_abandoned = True
            self.step()


class Stage:
    """Where parts take turns, one AWS call at a time. Make it before the workers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._actors: list[_Actor] = []

    @contextmanager
    def open(self) -> Iterator[None]:
        """Stop every AWS call of an actor until it is its turn."""
        events = self.world.portal.lambdas.session.events
        events.register("after-call", self._learn)
        with self.world.calls.before(lambda *_: self.pause()), warnings.catch_warnings():
            # The metrics of workers that share this process are each other's.
            warnings.simplefilter("ignore")
            yield
        events.unregister("after-call", self._learn)

    def pause(self, learned: str = "") -> None:
        """End the turn of the actor that calls this, and keep what it has learned; anybody else goes on."""
        current = threading.current_thread()
        if isinstance(current, _Actor):
            current.memory.append(learned)
            current.pause()

    @contextmanager
    def one_turn(self) -> Iterator[None]:
        """Let the actor that calls this do all that follows in one turn."""
        self.pause()
        current = threading.current_thread()
        assert isinstance(current, _Actor)
        current.is_alone = True
        try:
            yield
        finally:
            current.is_alone = False

    def play(self, parts: Sequence[Part], choose: Choose) -> None:
        """Play all parts to their end; `choose` says who is next."""
        self._actors = [_Actor(part) for part in parts]
        for actor in self._actors:
            actor.start()
            actor.step()  # up to its first AWS call, which others can't notice
        try:
            while waiting := [actor for actor in self._actors if not actor.is_done]:
                waiting[choose(len(waiting), self.state)].step()
        finally:
            for actor in self._actors:
                actor.abandon()
        for actor in self._actors:
            if actor.error:
                raise actor.error

    def state(self) -> str:
        """Name the state of the world and of all actors: from equal states, the same choices lead to equal ones."""
        memories = [(actor.is_done, *actor.memory) for actor in self._actors]
        return sha256(repr((memories, self.world.fingerprint())).encode()).hexdigest()

    @staticmethod
    def _learn(parsed: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401
        current = threading.current_thread()
        if isinstance(current, _Actor):
            known = {name: value for name, value in parsed.items() if name not in _BY_CHANCE}
            current.memory.append(f"{model.name} {known}")


def every_order(world: World, before: Saved, play: Play, most: int) -> int:
    """Play from the same state in every order that there is, none of them twice from equal states; count those.

    Raises:
        AssertionError: there are more than `most`, so that some would never be tried.
    """
    states: set[str] = set()
    choices: list[tuple[int, int]] = []  # at each turn: who was chosen, of how many
    while True:
        world.restore(before)
        turn = 0

        def choose(width: int, state: Callable[[], str]) -> int:
            nonlocal turn
            if turn == len(choices):
                if (name := state()) in states:
                    raise _Known
                states.add(name)
                choices.append((0, width))
            chosen, known = choices[turn]
            assert width == known, "the same choices must lead to the same state"
            turn += 1
            return chosen

        with suppress(_Known), _told(choices):
            play(choose)
        while choices and choices[-1][0] + 1 == choices[-1][1]:
            choices.pop()
        if not choices:
            return len(states)
        chosen, width = choices[-1]
        choices[-1] = (chosen + 1, width)
        assert len(states) < most, "more states than expected: sample them instead"


def some_orders(world: World, before: Saved, play: Play, number: int) -> int:
    """Play in so many orders drawn by lot, the same ones each time."""
    for seed in range(number):
        world.restore(before)
        with _told(f"of seed {seed}"):
            play(_by_lot(random.Random(seed)))  # noqa: S311 (repeatable is the point)
    return number


def _by_lot(lot: random.Random) -> Choose:
    return lambda width, _state: lot.randrange(width)


@contextmanager
def _told(order: object) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        error.add_note(f"in the order {order}")
        raise
