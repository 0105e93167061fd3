"""What must be true when all events have been delivered, whatever happened on the way."""

import json
import re
from collections.abc import Mapping
from typing import Any

from portal import judge, paths, source
from portal.article import Article, State, utc
from portal.composing import Composer
from portal.drawing import Artist
from portal.environment import environment
from portal.numbering import PAGE_ENTRIES
from portal.site import read_site
from portal.table import Head, Table
from portal.verdicts import Outcome
from tests.newsroom import visible_text
from tests.reliability.world import Sent, World, path_of, unmarked

SITE = read_site(source.site_settings())
LINK = re.compile(rb'<h2><a href="([^"]+)">')
STATUS = {State.PUBLISHED: 200, State.WITHDRAWN: 200, State.GONE: 410}


def check(world: World) -> None:
    """Compare table, site, edge and archive with what editors have sent.

    This is the whole model: each good upload is accepted unless a later one was accepted first, or another one than it
    started from; what the last one says that readers may see is what they get.
    """
    # What one tick gave up the next one has done; it is told all the same.
    assert set(world.dead_letters()) <= {"TickDeadLetters"}
    table = Table(world.portal.clients.dynamodb, world.name("Table"))
    live: list[tuple[str, str, str]] = []
    for article_id, uploads in world.sent.items():
        last = _check_verdicts(table, article_id, uploads)
        head = table.head(article_id)
        assert (head.upload if head else None) == (last.number if last else None)
        if head is None or last is None:
            continue
        _check_steps(world, table, head, {sent.number: sent.content for sent in uploads})
        shown = table.revision(article_id, head.shown.revision).article if head.shown else None
        if shown and head.is_published:
            assert head.path == paths.article_path(shown.section, shown.title, article_id)
            live.append((shown.published_at, article_id, shown.section))
        assert (head.path is None) is (shown is None)
        if head.path and head.shown and shown:
            _check_page(world, head.path, shown, head.shown.state)
            # Every one at which it was ever drawn, also if its head knew nothing of that.
            drawn = {path_of(key) for key in world.objects("SiteBucket") if f"{article_id}.html" in key}
            assert {head.path, *head.former_paths} == drawn
            for former in drawn - {head.path}:
                status, location, _ = world.look(former)
                assert (status, location) == (301, head.path), "no redirect leads to another"
        _check_archive(world, table, article_id, head.revision)
    _check_lists(world, live)
    _check_edge_and_drawings(world)


def _check_verdicts(table: Table, article_id: str, uploads: list[Sent]) -> Sent | None:
    """Check that each upload has its one, right verdict; give the last accepted one."""
    outcomes: dict[int, Outcome] = {}
    for sent in uploads:
        verdict = table.verdict(article_id, sent.number)
        assert verdict, f"upload {sent.number} of {article_id} has no verdict"
        outcomes[sent.number] = verdict.outcome
    accepted = [sent for sent in uploads if outcomes[sent.number] is Outcome.ACCEPTED]
    for sent in uploads:
        match outcomes[sent.number]:
            case Outcome.REJECTED:
                assert not isinstance(_judged(sent.content), Article)
            case Outcome.SUPERSEDED:
                assert any(other.number > sent.number for other in accepted)
            case Outcome.CONFLICT:
                assert sent.base is not None
                assert any(sent.base < other.number < sent.number for other in accepted)
            case Outcome.ACCEPTED:
                assert isinstance(_judged(sent.content), Article)
                since = [
                    other for other in accepted if sent.base is not None and sent.base < other.number < sent.number
                ]
                assert not since, "what was accepted since it was begun is not lost"
    good = [sent.number for sent in uploads if isinstance(_judged(sent.content), Article) and sent.base is None]
    assert max(good, default=0) <= max((sent.number for sent in accepted), default=0), "the last good one is accepted"
    return accepted[-1] if accepted else None


def _check_steps(world: World, table: Table, head: Head, contents: Mapping[int, Any]) -> None:
    """Check that each revision is what its upload said at its time, and that the clock has nothing left to ask for."""
    revisions = [table.revision(head.article_id, number) for number in range(1, head.revision + 1)]
    for each in revisions:
        assert each.article == _judged(contents[each.upload])
        assert each.state is each.article.state_at(each.committed_at)
    assert head.current == max(revisions, key=lambda each: (each.upload, each.number)).step()
    public = [each.step() for each in revisions if each.state.is_public]
    assert head.shown == (public[-1] if public else None)
    now = utc(world.now())
    for step in (head.current, head.shown):
        if step and step.state in (State.SCHEDULED, State.PUBLISHED):
            assert revisions[step.revision - 1].article.state_at(now) is step.state, "what the clock asks for"


def _check_page(world: World, path: str, article: Article, state: State) -> None:
    status, _, body = world.look(path)
    assert status == STATUS[state]
    text = visible_text(body.decode())
    assert (visible_text(article.body) in text) is (state is State.PUBLISHED)
    assert (article.title in text) is (STATUS[state] == 200)


def _check_archive(world: World, table: Table, article_id: str, newest: int) -> None:
    """Check that the archive holds exactly what was committed."""
    mine = [key for key in world.objects("ArchiveBucket") if key.startswith(f"articles/{article_id}/")]
    assert mine == [paths.archive_key(article_id, number) for number in range(1, newest + 1)]
    for number, key in enumerate(mine, start=1):
        kept = json.loads(world.content("ArchiveBucket", key))
        revision = table.revision(article_id, number)
        assert kept["article"] == json.loads(json.dumps(revision.article.as_json()))
        assert (kept["upload"], kept["editor"], kept["state"]) == (revision.upload, revision.editor, revision.state)


def _check_lists(world: World, live: list[tuple[str, str, str]]) -> None:
    """Check that every list shows exactly the articles that it should, the newest first."""
    for path in (paths.HOME, *(section.path for section in SITE.sections)):
        wanted = [
            article_id for _, article_id, section in sorted(live, reverse=True) if path in (paths.HOME, f"/{section}/")
        ]
        shown = [link.decode().rpartition("-")[2].removesuffix(".html") for link in LINK.findall(world.look(path)[2])]
        assert shown == wanted[:PAGE_ENTRIES], path


def _check_edge_and_drawings(world: World) -> None:
    """Check that each page is what its partition says, drawn from scratch, and that the edge has no other."""
    seen = world.outcome().seen
    table = Table(world.portal.clients.dynamodb, world.name("Table"))
    composer = Composer(table, Artist(SITE, "http://127.0.0.1:8000", environment()))
    pages = {paths.page_of(paths.object_key(path)) for path in seen}
    for page in pages:
        for drawing in composer.compose(page, world.version(paths.object_key(page))):
            key = paths.object_key(drawing.path)
            drawn = unmarked(drawing.body)
            assert unmarked(world.content("SiteBucket", key)) == drawn, f"{key} is not what its partition says"
            assert seen[drawing.path][2] == drawn, f"the edge shows another {key}"


def _judged(content: Any) -> Article | list[Any]:  # noqa: ANN401
    body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    return judge.judge(body, SITE)
