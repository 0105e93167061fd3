"""The architecture's page says what the code does."""

import re
from collections import Counter
from datetime import UTC, datetime

from portal.numbering import PAGE_ENTRIES
from tests.docs import markdown
from tests.faults import Calls
from tests.mutants.guard import files_of_tests
from tests.newsroom import Newsroom, article

TEXT = markdown.read("docs/architecture.md")


def made(newsroom: Newsroom, calls: Calls) -> list[str]:
    """Give the AWS calls seen so far, but for the signing of an upload, which looks like one."""
    uploads = newsroom.name("UploadsBucket")
    return [name for name, given in calls.seen if (name, given.get("Bucket")) != ("PutObject", uploads)]


def test_a_publish_makes_the_calls_that_the_walk_names_in_their_order(newsroom: Newsroom, calls: Calls) -> None:
    newsroom.submit(
        article(title="Bài trước", published_at="2026-11-01T08:00:00+07:00")
    )  # the first of a month enters it into the archive, too
    calls.seen.clear()
    article_id = newsroom.submit(article())
    newsroom.status(article_id)
    walk = markdown.section(TEXT, "One publish, call by call")
    told = [call for row in markdown.rows(walk) for call in re.findall(r"`(\w+)`", row[2])]
    assert told == made(newsroom, calls)


def test_an_update_makes_the_same_calls_and_one_more_and_purges_its_page(newsroom: Newsroom, calls: Calls) -> None:
    newsroom.submit(article(title="Bài trước", published_at="2026-11-01T08:00:00+07:00"))
    calls.seen.clear()
    article_id = newsroom.submit(article())
    first = Counter(made(newsroom, calls))
    assert calls.seen[-1][1]["InvalidationBatch"]["Paths"]["Items"] == ["#lists"]
    calls.seen.clear()
    newsroom.submit(article(summary="Tóm tắt mới."), article_id)
    assert Counter(made(newsroom, calls)) == first + Counter({"Query": 1})
    assert calls.seen[-1][1]["InvalidationBatch"]["Paths"]["Items"] == [f"#article-{article_id}", "#lists"]


def test_every_test_that_the_page_names_is_there() -> None:
    named = {word for word in markdown.quoted(TEXT) if word.startswith("test_")}
    assert named
    assert named - files_of_tests().keys() == set()


def test_every_rule_has_a_test() -> None:
    rules = list(markdown.rows(markdown.section(TEXT, "The rules, and the tests behind them")))[1:]
    assert [row[0] for row in rules] == [str(number) for number in range(1, 11)]
    assert [row[0] for row in rules if "`test_" not in row[2]] == []


def test_every_kind_of_test_is_told() -> None:
    folders = {f"tests/{path.name}" for path in (markdown.ROOT / "tests").iterdir() if any(path.glob("test_*.py"))}
    assert folders == set(re.findall(r"^\| `(tests/\w+)` \|", TEXT, re.MULTILINE))


def test_every_item_of_the_table_is_told(newsroom: Newsroom) -> None:
    """A site with every state in it holds the items of the page's table, and no others."""
    newsroom.tick()
    moved = newsroom.submit(article(old_paths=["/cu/bai.htm"]))
    newsroom.submit(article(title="Tên khác", expires_at="2999-01-01T00:00:00Z"), moved)
    newsroom.submit(article(status="withdrawn"))
    newsroom.submit(article(published_at="2998-01-01T00:00:00Z"))
    just_now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for number in range(PAGE_ENTRIES):
        newsroom.submit(article(title=f"Bài {number}", published_at=just_now, related=[moved]))
    withdrawn = newsroom.submit(article(title="Bài gỡ"))
    newsroom.submit(article(status="withdrawn"), withdrawn)
    told = {
        (row[1].strip("`"), row[2].strip("`"))
        for row in list(markdown.rows(markdown.section(TEXT, "Items of the table")))[1:]
    }
    assert {_shape(*keys) for keys in newsroom.items()} == told


def _shape(partition: str, sort: str) -> tuple[str, str]:
    """Write keys as the page does."""
    moment = "when" if partition in ("due", "awaited") else "published"
    if sort.endswith("#left"):
        moment = "left"
    sort = re.sub(r"\d{4}-\d\d-\d\dT.*Z#\w+", f"<{moment}, UTC>#<id>", sort)
    sort = re.sub(r"^month#.*", "month#<yyyy-mm>", sort)
    partition = re.sub(r"^claim#/.*$", "claim#<path>", partition)
    if partition.startswith("mention#"):
        return "mention#<id>", "<id>"
    partition = re.sub(r"^article#\w+$", "article#<id>", re.sub(r"^page#/.*$", "page#<path>", partition))
    return partition, re.sub(r"#\d{6}$", "#<6 digits>", sort)


def test_every_function_is_told() -> None:
    functions = {path.parent.name for path in (markdown.ROOT / "functions").glob("*/handler.py")}
    rows = list(markdown.rows(markdown.section(TEXT, "The idea")))[1:]
    assert {row[0].strip("`") for row in rows} == functions


def test_every_key_of_the_site_bucket_is_a_path_that_is_told(newsroom: Newsroom) -> None:
    newsroom.submit(article(tags=["giao thông"]))
    shapes = {_place("/" + key.removesuffix("index.html")) for key in newsroom.objects("SiteBucket")}
    told = " ".join(row[0] for row in markdown.rows(markdown.section(TEXT, "Paths, keys and what lies under them")))
    paths = {
        path for path in re.findall(r"`([/<][^`]*)`", told) if not path.startswith(("/desk/api/", "/desk/preview/"))
    }
    assert shapes == paths - {"<list>page/<number>/", "<list>?day=<yyyy-mm-dd>"}


def _place(path: str) -> str:
    """Write an address as the page does."""
    if path.endswith("/feed.json"):
        return "<list>feed.json"
    if path.startswith("/desk/"):
        return re.sub(r"[^/]+$", "<file>", path)
    path = re.sub(r"^/(tag|author)/[a-z-]+/", r"/\1/<slug>/", path)
    path = re.sub(r"^/(?!tag/|author/|schema/|archive/)[a-z-]+/", "/<section>/", path)
    path = re.sub(r"[0-9]{4}/[0-9]{2}/", "<yyyy>/<mm>/", path)
    return re.sub(r"/[a-z-]+-[a-z0-9]{10}\.(html|json)$", r"/<slug>-<id>.\1", path)
