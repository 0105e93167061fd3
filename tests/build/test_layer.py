"""The layer as it is built: compiled templates, and the same pages as from their source."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import jinja2
import pytest

from portal import build, source

ROOT = Path(__file__).parents[2]
DRAW = """
import sys
from portal import source
from portal.article import Article, State
from portal.drawing import Artist
from portal.environment import environment
from portal.site import read_site
from portal.table import Newest, Range, Revision, Teaser

article = Article("Tên", "Tóm tắt", "<p>Chữ</p>", "Hà Thu", "tin-tuc", "2026-11-20T01:05:00Z", "vi")
revision = Revision("b1", 1, 1, State.PUBLISHED, "editor", "e1", "2026-11-20T01:05:00Z", article)
artist = Artist(read_site(source.site_settings()), "https://portal.example", environment())
teaser = Teaser.of("b1", article, "/tin-tuc/ten-b1.html", "2026-11-20T01:05:00Z")
newest = Newest([teaser], [], None)
fronts = {section.slug: [teaser] for section in artist.site.sections}
drawings = [artist.article("/tin-tuc/ten-b1.html", 7, revision, [teaser], []),
            artist.notice("/tin-tuc/x.html", 1, revision), artist.gone("/tin-tuc/x.html", 1, revision),
            artist.redirect("/tin-tuc/x.html", 1, "b1", "/tin-tuc/y.html"), artist.home(1, newest, None, fronts),
            artist.section("tin-tuc", 1, newest, None), artist.named("/tag/x/", 1, newest, None),
            artist.numbered("/page/1/", 1, Range("/", 1, "0", ":"), [teaser], 1),
            artist.month("/2026/11/", 1, [teaser], ["2026-11"]), artist.archive("/archive/", 1, ["2026-11"]),
            artist.news_sitemap(1, [teaser]), artist.sections_sitemap(1), artist.schema("/schema/list-1.json", 1),
            artist.not_found(1), artist.robots(1), artist.desk(1)]
pages = [page for drawing in drawings for page in drawing]
sys.stderr.write(f"built: {source.is_built()} {source.fingerprint()}")
sys.stdout.buffer.write(b"".join(page.body for page in pages))
"""


def drawn_by(folder: Path) -> tuple[bytes, str]:
    """Draw every kind of page with the package in a folder, in an interpreter of its own."""
    run = subprocess.run(  # noqa: S603 (our own interpreter and program)
        [sys.executable, "-c", DRAW],
        env={"PYTHONPATH": str(folder), "PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return run.stdout, run.stderr.decode()


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A layer as `sam build` makes it."""
    shutil.copytree(ROOT / "layers/portal/portal", tmp_path / "portal", ignore=shutil.ignore_patterns("__pycache__"))
    build.build(tmp_path / "portal")
    return tmp_path


def test_the_built_layer_draws_the_same_bytes_as_the_source(layer: Path) -> None:
    built, said = drawn_by(layer)
    from_source, said_of_source = drawn_by(ROOT / "layers/portal")
    assert said == f"built: True {source.fingerprint()}"
    assert said_of_source == f"built: False {source.fingerprint()}"
    assert len(built) > 10_000
    assert built == from_source


def test_a_broken_template_breaks_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(source.templates(), templates)
    (templates / "views/home.html").write_text("{% if %}", encoding="utf-8")
    monkeypatch.setattr(source, "templates", lambda: templates)
    (tmp_path / "package").mkdir()
    with pytest.raises(jinja2.TemplateSyntaxError):
        build.build(tmp_path / "package")
