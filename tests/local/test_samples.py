"""The samples, as the command uploads them."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from local.portal import LocalPortal
from local.samples import FOLDER, Outcome, upload_samples
from tests.conftest import pumped
from tests.newsroom import Newsroom

NAMES = ["thong-xe-cau-ban-la", "tra-suoi-ngan-bon-sao"]


@pytest.fixture(params=[False, True], ids=["one pair of eyes", "two pairs of eyes"])
def at_work(request: pytest.FixtureRequest) -> Iterator[Newsroom]:
    """A portal on a port of this machine, whose events happen by themselves."""
    with make_server("127.0.0.1", 0, lambda *_: [], threaded=True) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        with LocalPortal(address=address, two_pairs_of_eyes=request.param) as portal:
            server.app = portal.front
            serving = threading.Thread(target=server.serve_forever)
            serving.start()
            newsroom = Newsroom(portal, address)
            with pumped(newsroom):
                yield newsroom
            server.shutdown()
            serving.join()


def test_samples_are_published_as_the_newsroom_works(at_work: Newsroom, tmp_path: Path) -> None:
    for name in NAMES:
        shutil.copy(FOLDER / f"{name}.json", tmp_path)
    outcomes = list(upload_samples(at_work.address, tmp_path))
    assert sorted(outcome.name for outcome in outcomes) == NAMES
    assert [outcome for outcome in outcomes if not published(outcome)] == []


def published(outcome: Outcome) -> bool:
    return (outcome.accepted, outcome.state, outcome.errors) == (True, "published", [])
