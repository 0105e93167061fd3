"""The whole system against the model of what the site should show, driven by Hypothesis through whatever may happen."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.faults import Crash, nth, refusal
from tests.newsroom import article
from tests.reliability.flows import in_hours
from tests.reliability.model import check
from tests.reliability.world import World, path_of

FUNCTIONS = ("IntakeFunction", "RenderFunction", "PurgeFunction", "TickFunction")
CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"title": "Tên khác"},
    {"title": "Tên khác nữa", "section": "kinh-te"},
    {"published_at": "2026-11-21T08:05:00+07:00"},
    {"status": "withdrawn"},
    {"status": "gone"},
    {"status": "draft"},
    {"status": "review", "proposes": "withdrawn"},
    {"title": ""},
    {"section": "khong-co"},
)


class Newspaper(RuleBasedStateMachine):
    """Editors, readers, the clock and misfortune, in any order."""

    world: World
    uploads = Bundle("uploads")

    @initialize(target=uploads)
    def begin(self) -> tuple[str, int]:
        self.world.restore(self.world.start)
        return self.world.send(article()), 1

    @rule(target=uploads, change=st.sampled_from(CHANGES))
    def begin_an_article(self, change: dict[str, Any]) -> tuple[str, int]:
        return self.world.send(article(**change)), 1

    @rule(target=uploads, upload=uploads, change=st.sampled_from(CHANGES))
    def change_an_article(self, upload: tuple[str, int], change: dict[str, Any]) -> tuple[str, int]:
        return self._send(article(**change), upload[0])

    @rule(target=uploads, upload=uploads)
    def change_it_from_what_was_accepted(self, upload: tuple[str, int]) -> tuple[str, int]:
        accepted = self.world.status(upload[0])["upload"]
        return self._send(article(title=f"Từ bản {accepted}"), upload[0], accepted)

    @rule(target=uploads, upload=uploads, hours=st.integers(1, 3), name=st.sampled_from(["published_at", "expires_at"]))
    def set_a_time(self, upload: tuple[str, int], hours: int, name: str) -> tuple[str, int]:
        return self._send(article(**{name: in_hours(self.world, hours)}), upload[0])

    @rule(target=uploads, upload=uploads, content=st.binary(min_size=1, max_size=20))
    def send_what_is_no_article(self, upload: tuple[str, int], content: bytes) -> tuple[str, int]:
        return self._send(content, upload[0])

    @rule(function=st.sampled_from(FUNCTIONS))
    def deliver(self, function: str) -> None:
        self.world.portal.pump.step(function, retry_at_once=True)

    @rule(function=st.sampled_from(FUNCTIONS), number=st.integers(0, 12), before=st.booleans())
    def crash(self, function: str, number: int, before: bool) -> None:  # noqa: FBT001 (Hypothesis names it)
        hook = nth(number, Crash())
        with self.world.calls.before(hook) if before else self.world.calls.after(hook), suppress(Crash):
            self.world.portal.pump.step(function, retry_at_once=True)

    @rule(function=st.sampled_from(FUNCTIONS), number=st.integers(0, 12))
    def throttle(self, function: str, number: int) -> None:
        with self.world.calls.before(nth(number, refusal("AnyOperation", "ThrottlingException", 400))):
            self.world.portal.pump.step(function, retry_at_once=True)

    @rule(upload=uploads)
    def announce_again(self, upload: tuple[str, int]) -> None:
        self.world.announce(*upload)

    @rule()
    def lose_what_is_announced(self) -> None:
        self.world.portal.pump.take("IntakeFunction")

    @rule(function=st.sampled_from(["IntakeFunction", "RenderFunction"]))
    def deliver_twice(self, function: str) -> None:
        if batch := self.world.portal.pump.take(function):
            for _ in range(2):
                answer = self.world.portal.lambdas.invoke(function, batch)
                assert not answer["batchItemFailures"]

    @rule()
    def read(self) -> None:
        for key in list(self.world.objects("SiteBucket")):
            self.world.read(path_of(key))

    @rule(minutes=st.sampled_from([1, 2, 61]))
    def wait(self, minutes: int) -> None:
        self.world.wait(minutes=minutes)
        self.world.beat()

    def teardown(self) -> None:
        """Nothing more happens: within the time that an upload is waited for, all is as the model says."""
        for minutes in (0, 1, 2, 4, 8, 16, 32):
            self.world.minute(minutes=minutes)
        check(self.world)

    def _send(self, content: object, article_id: str, base: int | None = None) -> tuple[str, int]:
        self.world.send(content, article_id, base)
        return article_id, len(self.world.sent[article_id])


def test_whatever_happens_the_site_shows_what_was_accepted(
    one_world: World, record_property: Callable[[str, object], None]
) -> None:
    steps = 0

    class Counted(Newspaper):
        world = one_world

        def check_invariants(self, settings: Any, output: Any, runtimes: Any) -> None:  # noqa: ANN401
            nonlocal steps
            steps += 1
            super().check_invariants(settings, output, runtimes)

    run_state_machine_as_test(
        Counted,
        settings=settings(
            max_examples=20,
            phases=[Phase.generate],
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    record_property("steps of the whole system against the model", steps)
