"""How much a page weighs: one request before it can be read, and as many bytes as the first round trips carry."""

from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection
from typing import Final

import brotli  # type: ignore[import-untyped]
import html5lib
import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import ADDRESS, PORT, Site, Spoil

NAMES: Final = ["report", "short", "table", "english", "notice", "gone", "home", "section", "month", "missing"]
ARTICLES: Final = ["report", "short", "table", "english"]
MOST_OF_AN_ARTICLE: Final = 12_000
MOST_OF: Final = {"report": 10_500}  # an article like those that the replaced portal had
MOST_ON_THE_WIRE: Final = 14_000  # what three round trips of a new connection carry
MOST_SCRIPT: Final = 3_072
MOST_SCRIPT_PRESSED: Final = 1_024
# Letters that do not come again, which brotli can hardly make shorter.
NOISE: Final = "".join(chr(0x4E00 + number * 7_919 % 20_000) for number in range(13_000))
ELSEWHERE: Final = "http://elsewhere.test"

# Each with the fault that is found; the page's policy, which would stop most of them, is taken off.
DEFECTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "a picture of the site's own": ("</main>", '<img src="/x.png"></main>', "asks for /x.png"),
    "a style of its own": ("</head>", '<link rel="stylesheet" href="/x.css"></head>', "asks for /x.css"),
    "a script from elsewhere": (
        "</body>",
        f'<script src="{ELSEWHERE}/x.js"></script></body>',
        f"asks a third party for {ELSEWHERE}/x.js",
    ),
    "a count of its readers": (
        "</body>",
        f"<script>navigator.sendBeacon('{ELSEWHERE}/count')</script></body>",
        f"asks a third party for {ELSEWHERE}/count",
    ),
    "a cookie": ("</body>", "<script>document.cookie = 'reader=1'</script></body>", "keeps the cookie reader"),
    "text that waits for a script": ("</head>", "<style>main { visibility: hidden }</style></head>", "no text"),
    "text that fades in": ("</head>", "<style>.view-data { opacity: 0 }</style></head>", "no text"),
    "text that a script brings": ('<div class="view-data"', '<div hidden class="view-data"', "no text"),
}
# Whether a page has text, and all of it can be seen.
SHOWN: Final = """(() => {
  const seen = { contentVisibilityAuto: true, opacityProperty: true, visibilityProperty: true };
  const texts = [...document.querySelectorAll("h1, .summary, .view-data > *")];
  return texts.length > 0 && texts.every((each) => each.checkVisibility(seen));
})()"""


def read(page: Page, path: str, *, policy: bool = True) -> list[str]:
    """Open a page to which nothing but its own document comes; give what it asked for, kept, and did not show."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        if route.request.url == ADDRESS + path and policy:
            route.continue_()
        elif route.request.url == ADDRESS + path:
            response = route.fetch()
            kept = {name: value for name, value in response.headers.items() if name != "content-security-policy"}
            route.fulfill(response=response, headers=kept)
        else:
            asked.append(route.request.url)
            route.abort()

    page.context.route("**/*", answer)
    page.goto(path, wait_until="load")
    shown = page.evaluate(SHOWN)
    found = [
        f"asks for {url.removeprefix(ADDRESS)}" if url.startswith(ADDRESS) else f"asks a third party for {url}"
        for url in asked
    ]
    found += [f"keeps the cookie {cookie.get('name')}" for cookie in page.context.cookies()]
    return found if shown else [*found, "no text"]


def sent(path: str) -> tuple[int, bytes]:
    """Ask the edge as a browser does; give how many bytes its headers have, and the document."""
    with closing(HTTPConnection("127.0.0.1", PORT, timeout=30)) as connection:
        connection.request("GET", path, headers={"Accept-Encoding": "br"})
        answer = connection.getresponse()
        body = answer.read()
    lines = [
        f"HTTP/1.1 {answer.status} {answer.reason}",
        *(f"{name}: {value}" for name, value in answer.getheaders()),
        "",
    ]
    assert answer.headers["Content-Encoding"] == "br"
    return sum(len(f"{line}\r\n".encode()) for line in lines), brotli.decompress(body)


def pressed(data: bytes) -> int:
    """Give how many bytes are left of some when brotli takes all the time that it wants."""
    return len(brotli.compress(data, quality=11))


def heaviness(path: str, most: int | None) -> list[str]:
    """Give how much too heavy a page is."""
    headers, document = sent(path)
    weight = pressed(document)
    found = [] if most is None or weight <= most else [f"{weight} bytes of {most}"]
    on_the_wire = headers + weight
    return found if on_the_wire <= MOST_ON_THE_WIRE else [*found, f"{on_the_wire} bytes on the wire"]


def inline(path: str) -> tuple[list[str], list[str]]:
    """Give a page's own styles and scripts; what is data and not a script is neither."""
    tree = html5lib.parse(sent(path)[1].decode(), namespaceHTMLElements=False)
    scripts = [each for each in tree.iter("script") if each.get("type") != "application/ld+json"]
    return [each.text or "" for each in tree.iter("style")], [each.text or "" for each in scripts]


def script_faults(path: str) -> list[str]:
    """Give how much too heavy a page's script is."""
    _, scripts = inline(path)
    script = "".join(scripts).encode()
    found = [] if len(scripts) == 1 else [f"{len(scripts)} scripts"]
    found += [] if len(script) <= MOST_SCRIPT else [f"{len(script)} bytes"]
    return found if pressed(script) <= MOST_SCRIPT_PRESSED else [*found, f"{pressed(script)} bytes, pressed"]


def differing(paths: list[str]) -> list[str]:
    """Give the pages whose style or script is not that of the first."""
    first = inline(paths[0])
    assert all(first)
    return [path for path in paths if inline(path) != first]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_can_be_read_after_one_request_and_asks_nobody_else(page: Page, site: Site, name: str) -> None:
    assert read(page, site.paths()[name]) == []


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_page_is_found_that_has(page: Page, site: Site, spoil: Spoil, defect: str) -> None:
    old, new, fault = DEFECTS[defect]
    assert read(page, spoil(site.report, old, new), policy=False) == [fault]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_arrives_within_three_round_trips(site: Site, name: str) -> None:
    most = MOST_OF.get(name, MOST_OF_AN_ARTICLE) if name in ARTICLES else None
    assert heaviness(site.paths()[name], most) == []


def test_a_page_that_is_too_heavy_is_found(site: Site, spoil: Spoil) -> None:
    path = spoil(site.report, "</main>", f"<p>{NOISE}</p></main>")
    [document, with_headers] = heaviness(path, MOST_OF["report"])
    assert document.endswith(" bytes of 10500")
    assert with_headers.endswith(" bytes on the wire")


@pytest.mark.parametrize("name", NAMES)
def test_a_pages_script_is_small(site: Site, name: str) -> None:
    assert script_faults(site.paths()[name]) == []


def test_a_script_that_is_not_small_is_found(site: Site, spoil: Spoil) -> None:
    long = spoil(site.report, "</script>", f"/* {'a ' * 2_000} */</script>")
    assert script_faults(long)[0].endswith(" bytes")
    dense = spoil(site.report, "</script>", f"/* {NOISE[:400]} */</script>")
    assert script_faults(dense)[-1].endswith(" bytes, pressed")
    second = spoil(site.report, "</head>", "<script>void 0</script></head>")
    assert script_faults(second) == ["2 scripts"]


def test_all_pages_have_one_style_and_one_script(site: Site) -> None:
    assert differing(list(site.paths().values())) == []


@pytest.mark.parametrize("tag", ["style", "script"])
def test_a_page_with_a_style_or_a_script_of_its_own_is_found(site: Site, spoil: Spoil, tag: str) -> None:
    other = spoil(site.report, f"</{tag}>", f"/* x */</{tag}>")
    assert differing([site.report, site.home, other]) == [other]


def test_data_beside_the_script_is_none(site: Site, spoil: Spoil) -> None:
    data = '<script type="application/ld+json">{}</script>'
    assert differing([site.report, spoil(site.report, "</head>", f"{data}</head>")]) == []
