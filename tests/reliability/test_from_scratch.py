"""More histories than `tests/lists` has time for: each page is right at every rest, and from scratch in the end."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.lists.chronicle import STEPS, Chronicle, Step, a_chronicle


@pytest.fixture(scope="module")
def chronicle() -> Iterator[Chronicle]:
    with a_chronicle() as made:
        yield made


def test_whatever_happened_before_the_site_is_the_one_from_scratch(
    chronicle: Chronicle, record_property: Callable[[str, object], None]
) -> None:
    histories = 0

    @settings(
        max_examples=20,
        phases=[Phase.generate, Phase.shrink],
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(STEPS, min_size=5, max_size=20), st.booleans(), st.booleans(), st.booleans())
    def happens(steps: list[Step], is_empty: bool, is_site_lost: bool, is_drawn_meanwhile: bool) -> None:  # noqa: FBT001
        nonlocal histories
        histories += 1
        chronicle.again(is_empty=is_empty)
        chronicle.play(steps, after_each=chronicle.check_every_page_is_what_its_partition_says)
        chronicle.check_from_scratch(is_site_lost=is_site_lost, is_drawn_meanwhile=is_drawn_meanwhile)

    happens()
    record_property("histories whose site was drawn from scratch", histories)
