"""What the edge says beside a page: how safe it is, how long it may be kept, whether it is still there."""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Final
from urllib.parse import urljoin, urlsplit

import html5lib
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import ADDRESS, ARGUMENTS, PORT, Site, Spoil

NAMES: Final = ["report", "short", "table", "english", "notice", "gone", "home", "section", "month", "missing"]
STATUS: Final = {"gone": 410, "missing": 404}
KEPT: Final = [name for name in NAMES if name not in STATUS]
WAYS_ON: Final = ["notice", "gone", "missing"]
A_YEAR: Final = 31_536_000
MOST_MILLISECONDS: Final = 5_000

# What each header must say, as a pattern for the whole of it.
SAFETY: Final[Mapping[str, str]] = {
    "Strict-Transport-Security": rf"max-age={A_YEAR}; includeSubDomains(; preload)?",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin|no-referrer|same-origin|strict-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": r"(?=.*\bcamera=\(\))(?=.*\bgeolocation=\(\))(?=.*\bmicrophone=\(\)).*",
    "Content-Security-Policy": "default-src 'none'; .*",
}
KEEPING: Final = ["max-age=0", r"s-maxage=\d+", r"stale-while-revalidate=\d+", r"stale-if-error=\d+"]
WEAKENED: Final[Mapping[str, tuple[str, str]]] = {
    "a week of HTTPS": ("Strict-Transport-Security", "max-age=604800; includeSubDomains"),
    "types that are guessed": ("X-Content-Type-Options", "sniff"),
    "addresses told to everyone": ("Referrer-Policy", "unsafe-url"),
    "windows that others may hold": ("Cross-Origin-Opener-Policy", "unsafe-none"),
    "a camera": ("Permissions-Policy", "geolocation=(), microphone=()"),
    "everything of its own": ("Content-Security-Policy", "default-src 'self'"),
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str


def ask(path: str, **headers: str) -> Answer:
    """Ask the edge, as a program without a cache does."""
    with closing(HTTPConnection("127.0.0.1", PORT, timeout=30)) as connection:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return Answer(
            answer.status, {name.title(): value for name, value in answer.headers.items()}, answer.read().decode()
        )


def weaknesses(headers: Mapping[str, str]) -> list[str]:
    """Give the headers for a page's safety that are missing or say too little."""
    said = {name: headers.get(name.title(), "") for name in SAFETY}
    return [f"{name}: {said[name]}" for name, pattern in SAFETY.items() if not re.fullmatch(pattern, said[name])]


def unkept(headers: Mapping[str, str]) -> list[str]:
    """Give what is not said of how long a page may be kept."""
    said = re.split(r",\s*", headers.get("Cache-Control", ""))
    missing = [each for each in KEEPING if not any(re.fullmatch(each, directive) for directive in said)]
    return missing if re.fullmatch(r'(W/)?"[^"]+"', headers.get("Etag", "")) else [*missing, "ETag"]


def differing(policies: Mapping[str, str]) -> list[str]:
    """Give the pages whose policy is not that of the first."""
    first = next(iter(policies.values()))
    return [name for name, policy in policies.items() if policy != first]


def dead_ends(answer: Answer, path: str) -> list[str]:
    """Give what keeps a reader of a page from going on: a text in another language, no link, or one into nothing."""
    tree = html5lib.parse(answer.body, namespaceHTMLElements=False)
    found = [] if tree.get("lang") == "vi" else [f"language {tree.get('lang')}"]
    links = [
        urljoin(path, str(each.get("href")))
        for main in tree.iter("main")
        for each in main.iter("a")
        if each.get("href")
    ]
    onward = {urlsplit(link).path for link in links} - {path}
    found += [] if onward else ["no way on"]
    return found + [f"{link} answers {status}" for link in sorted(onward) if (status := ask(link).status) != 200]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_how_safe_it_is(site: Site, name: str) -> None:
    assert weaknesses(ask(site.paths()[name]).headers) == []


@pytest.mark.parametrize("name", SAFETY)
def test_a_page_without_a_header_is_found(site: Site, name: str) -> None:
    headers = ask(site.report).headers
    assert weaknesses({each: value for each, value in headers.items() if each != name.title()}) == [f"{name}: "]


@pytest.mark.parametrize("weakness", WEAKENED)
def test_a_page_is_found_that_allows(site: Site, weakness: str) -> None:
    name, value = WEAKENED[weakness]
    assert weaknesses({**ask(site.report).headers, name.title(): value}) == [f"{name}: {value}"]


@pytest.mark.parametrize("name", KEPT)
def test_a_page_says_how_long_it_may_be_kept_and_shown_while_a_new_one_is_fetched(site: Site, name: str) -> None:
    assert unkept(ask(site.paths()[name]).headers) == []


def test_a_page_that_may_not_be_shown_while_a_new_one_is_fetched_is_found(site: Site, spoil: Spoil) -> None:
    headers = ask(spoil(site.report, "</main>", "</main>")).headers
    assert headers["Cache-Control"] == "public, max-age=0, s-maxage=0"
    assert unkept(headers) == KEEPING[2:]
    assert "ETag" in unkept({name: value for name, value in headers.items() if name != "Etag"})


@pytest.mark.parametrize("name", KEPT)
def test_who_has_a_page_already_is_told_so_and_nothing_else(site: Site, name: str) -> None:
    path = site.paths()[name]
    first = ask(path)
    again = ask(path, If_None_Match=first.headers["Etag"])
    assert (again.status, again.body, again.headers["Etag"]) == (304, "", first.headers["Etag"])
    assert weaknesses(again.headers) == []


def test_who_has_another_page_gets_this_one(site: Site) -> None:
    assert ask(site.report, If_None_Match=ask(site.short).headers["Etag"]).status == 200


def test_all_pages_have_one_policy(site: Site) -> None:
    policies = {name: ask(path).headers["Content-Security-Policy"] for name, path in site.paths().items()}
    assert differing(policies) == []
    assert differing({**policies, "month": "default-src 'none'"}) == ["month"]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_the_status_of_what_became_of_it(site: Site, name: str) -> None:
    assert ask(site.paths()[name]).status == STATUS.get(name, 200)


def test_a_withdrawn_article_is_a_page_that_says_why(site: Site) -> None:
    assert "Số liệu chưa được kiểm chứng." in ask(site.notice).body


def test_an_article_that_moved_says_where_it_is_and_it_is_there(moved: tuple[str, str]) -> None:
    former, now = moved
    answer = ask(former)
    assert (answer.status, urljoin(former, answer.headers["Location"])) == (301, now)
    assert ask(now).status == 200
    assert dead_ends(answer, former) == []
    assert weaknesses(answer.headers) == []


@pytest.mark.parametrize("name", WAYS_ON)
def test_where_no_article_is_the_page_leads_on_in_the_language_of_the_site(site: Site, name: str) -> None:
    path = site.paths()[name]
    assert dead_ends(ask(path), path) == []


def test_a_page_that_leads_nowhere_is_found(site: Site, spoil: Spoil) -> None:
    for old, new, fault in (
        ("<a href=", "<a data-href=", "no way on"),
        ('href="/tin-tuc/"', 'href="/khong-co/"', "/khong-co/ answers 404"),
        ('lang="vi"', 'lang="en"', "language en"),
    ):
        path = spoil(site.gone, old, new)
        assert dead_ends(ask(path), path) == [fault]


@pytest.fixture
def returning(browser: Browser) -> Iterator[Page]:
    """A browser that keeps the pages that were left, as readers' browsers do; Playwright's does not."""
    keeping = browser.browser_type.launch(
        executable_path="/usr/bin/chromium", args=ARGUMENTS, ignore_default_args=["--disable-back-forward-cache"]
    )
    page = keeping.new_page(base_url=ADDRESS)
    page.add_init_script("addEventListener('pageshow', (event) => window.shown = event.persisted ? 'again' : 'anew')")
    yield page
    keeping.close()


def come_back(page: Page, site: Site) -> list[str]:
    """Leave the page that is open and come back; give why it was not kept."""
    page.goto(site.missing)
    page.go_back(wait_until="commit")
    for _ in range(MOST_MILLISECONDS // 50):
        shown = page.evaluate("window.shown")
        if shown:
            reasons = page.evaluate("JSON.stringify(performance.getEntriesByType('navigation')[0].notRestoredReasons)")
            return ([] if shown == "again" else ["drawn anew"]) + ([] if reasons in {"null", None} else [reasons])
        page.wait_for_timeout(50)
    raise AssertionError("it is never shown")


@pytest.mark.parametrize("name", KEPT)
def test_a_reader_who_comes_back_has_the_page_at_once(returning: Page, site: Site, name: str) -> None:
    returning.goto(site.paths()[name])
    assert come_back(returning, site) == []


def test_a_page_that_can_not_be_kept_is_found(returning: Page, site: Site) -> None:
    returning.goto(site.gone)  # browsers keep no page with the status of an error
    [shown, reasons] = come_back(returning, site)
    assert shown == "drawn anew"
    assert "response-status-not-ok" in reasons
