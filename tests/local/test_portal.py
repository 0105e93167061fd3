"""The portal as a whole, as it is right after its start."""

from pathlib import Path
from types import ModuleType

import pytest
from werkzeug.test import Client

from local import lambdas
from local.portal import LocalPortal, StartError


def test_a_portal_begins_with_the_sites_own_pages_drawn_and_nothing_left_to_do(portal: LocalPortal) -> None:
    reader = Client(portal.front)

    assert reader.get("/").status_code == 200
    assert reader.get("/robots.txt").status_code == 200
    missing = reader.get("/no-such-page.html")
    assert missing.status_code == 404
    assert "<html" in missing.text
    assert portal.pump.drain() == {}


def test_a_portal_begins_empty_whatever_was_before_it() -> None:
    with LocalPortal() as first:
        bucket = first.template.ref("SiteBucket")
        first.clients.s3.put_object(Bucket=bucket, Key="left-over.html", Body=b"")
    with LocalPortal() as second:
        assert Client(second.front).get("/left-over.html").status_code == 404


def test_pages_give_the_sites_address_and_uploads_go_to_the_fronts() -> None:
    with LocalPortal(address="http://127.0.0.1:8765", site_url="https://news.example") as portal:
        visitor = Client(portal.front)
        token = visitor.get("/local/token").text.strip()
        issued = visitor.post("/desk/api/articles", json={"size": 2}, headers={"Authorization": f"Bearer {token}"})

        assert "https://news.example/" in visitor.get("/").text
        assert issued.json is not None
        assert issued.json["upload"]["url"].startswith("http://127.0.0.1:8765/")


def test_a_function_that_fails_at_the_start_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    load = lambdas._load  # noqa: SLF001 - a function whose module can't be imported

    def broken(path: Path, name: str) -> ModuleType:
        if name.startswith("RenderFunction"):
            raise ImportError("no module named ink")
        return load(path, name)

    monkeypatch.setattr(lambdas, "_load", broken)

    with pytest.raises(StartError, match="no module named ink"), LocalPortal():
        pass


def test_what_the_functions_say_can_be_kept_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "portal.log"
    with LocalPortal(log_path=path):
        pass

    assert '"service":"render"' in path.read_text(encoding="utf-8").replace(" ", "")
