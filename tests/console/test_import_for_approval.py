"""Where a newsroom asks for two pairs of eyes, an import publishes nothing by itself, no more than editors do."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.deployment import Deployment
from console.folder import Folder
from console.importing import Imported, foresee
from local.portal import LocalPortal
from tests.console.conftest import Portal
from tests.input.uploads import SITE
from tests.newsroom import Newsroom, article


@pytest.fixture
def portal() -> Iterator[LocalPortal]:
    """A portal whose newsroom asks for two pairs of eyes."""
    with LocalPortal(site_url="http://127.0.0.1:8000", two_pairs_of_eyes=True) as running:
        yield running


@pytest.mark.usefixtures("pumping")
def test_what_is_published_is_refused_and_what_waits_for_approval_comes_in(
    newsroom: Newsroom, served: str, command: Portal, tmp_path: Path
) -> None:
    (tmp_path / "bai.json").write_text(json.dumps(article()), encoding="utf-8")
    status, said, _ = command("import", str(tmp_path), "--language", "vi")
    assert (status, said) == (2, "1 refused\n")
    told: list[Imported] = []
    folder = Folder.open(tmp_path, SITE)
    deployment = Deployment.of_this_machine(served)
    (tmp_path / "khac.json").write_text(json.dumps(article(title="Bài khác")), encoding="utf-8")
    foresee(deployment, [folder.read("khac.json")], two_pairs_of_eyes=True, tell=told.append)
    assert [fault.code for fault in told[0].faults] == ["needs_review"]
    (tmp_path / "import.toml").write_text('[defaults]\nstatus = "review"', encoding="utf-8")
    assert command("import", str(tmp_path)) == (0, "2 accepted\n", "")
    states = {each["state"] for each in newsroom.desk("GET", "articles").json["articles"]}  # type: ignore[index]
    assert states == {"review"}
