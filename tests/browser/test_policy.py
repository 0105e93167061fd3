"""The Content-Security-Policy, by itself: markup that no sanitiser saw stands on a page, and nothing comes of it.

The same markup does its harm where the policy is taken off the page: so each attack is one that works.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Route

from tests.browser.conftest import ADDRESS, Site
from tests.newsroom import Newsroom

ELSEWHERE: Final = "http://elsewhere.test"
PATH: Final = "/tin-tuc/trang-bi-chen-ma.html"
MOST_MILLISECONDS: Final = 5_000

# Each with the directive that stops it; none where the browser tells only a document within the page.
ATTACKS: Final[Mapping[str, tuple[str, str | None]]] = {
    "an inline script": ("<script>pwned = 1</script>", "script-src-elem"),
    "an inline module": ("<script type=module>window.pwned = 1</script>", "script-src-elem"),
    "a script from elsewhere": (f"<script src={ELSEWHERE}/x.js></script>", "script-src-elem"),
    "a script of the site's own": ("<script src=/x.js></script>", "script-src-elem"),
    "a script in a data: URL": ("<script src=data:text/javascript,pwned=1></script>", "script-src-elem"),
    "a handler that runs at once": ("<img src=data:, onerror=pwned=1>", "script-src-attr"),
    "a handler that is clicked": ("<button id=attack onclick=pwned=1>x</button>", "script-src-attr"),
    "a handler of an opened box": ("<details open ontoggle=pwned=1>x</details>", "script-src-attr"),
    "a javascript: link": ("<a id=attack href=javascript:void(pwned=1)>x</a>", "script-src-elem"),
    "a javascript: frame": ("<iframe src=javascript:void(parent.pwned=1)></iframe>", "script-src-elem"),
    "a javascript: form": ("<form action=javascript:void(pwned=1)><button id=attack>x</button></form>", "form-action"),
    "a frame with a text of its own": ('<iframe srcdoc="<script>parent.pwned = 1</script>"></iframe>', None),
    "a data: frame": (
        "<iframe src=\"data:text/html,<script>parent.postMessage(1, '*')</script>\"></iframe>",
        "frame-src",
    ),
    "a script in a drawing": ("<svg><script>pwned = 1</script></svg>", "script-src-elem"),
    "a handler of a drawing": ("<svg onload=pwned=1></svg>", "script-src-attr"),
    "a link in a drawing": (
        "<svg id=attack><a href=javascript:void(pwned=1)><rect width=999 height=999 /></a></svg>",
        "script-src-elem",
    ),
    "a style": ("<style>#attack { color: rgb(1, 2, 3) }</style><p id=attack>x", "style-src-elem"),
    "a style in an attribute": ("<p id=attack style='color: rgb(1, 2, 3)'>x", "style-src-attr"),
    "a style from elsewhere": (f"<link rel=stylesheet href={ELSEWHERE}/x.css>", "style-src-elem"),
    "a font from elsewhere": (
        f"<style>@font-face {{ font-family: x; src: url({ELSEWHERE}/x.woff2) }} p {{ font-family: x }}</style>",
        "style-src-elem",
    ),
    "a picture from elsewhere": (f"<img src={ELSEWHERE}/x.png>", "img-src"),
    "a picture in a drawing": (f"<svg><image href={ELSEWHERE}/x.png /></svg>", "img-src"),
    "a frame from elsewhere": (f"<iframe src={ELSEWHERE}/></iframe>", "frame-src"),
    "an object": (f"<object data={ELSEWHERE}/></object>", "object-src"),
    "an embedded object": (f"<embed src={ELSEWHERE}/>", "object-src"),
    "a film": (f"<video src={ELSEWHERE}/x.mp4></video>", "media-src"),
    "a script to come": (f"<link rel=preload as=script href={ELSEWHERE}/x.js>", "script-src-elem"),
    "a base": (f"<base href={ELSEWHERE}/>", "base-uri"),
    "a form": (f"<form action={ELSEWHERE}/><button id=attack>x</button></form>", "form-action"),
    "a button's own form": (f"<form><button id=attack formaction={ELSEWHERE}/>x</button></form>", "form-action"),
    "a link that tells of its click": (f"<a id=attack href=#x ping={ELSEWHERE}/>x</a>", "connect-src"),
}
HANDLED: Final = "<img src=data:, onerror=window.pwned=1>"
# What a script of the page's own could be brought to do.
SCRIPTS: Final[Mapping[str, tuple[str, str]]] = {
    "eval": ("eval('window.pwned = 1')", "require-trusted-types-for"),
    "a function out of a text": ("Function('window.pwned = 1')()", "require-trusted-types-for"),
    "a timer with a text": ("setTimeout('window.pwned = 1')", "require-trusted-types-for"),
    "markup out of a text": (f"main.innerHTML = '{HANDLED}'", "require-trusted-types-for"),
    "markup that is written": ("document.write('<script>window.pwned = 1</script>')", "require-trusted-types-for"),
    "a policy of trusted types": (
        f"main.innerHTML = trustedTypes.createPolicy('x', {{createHTML: String}}).createHTML('{HANDLED}')",
        "trusted-types",
    ),
    "a request": (f"fetch('{ELSEWHERE}/')", "connect-src"),
    "a farewell": (f"navigator.sendBeacon('{ELSEWHERE}/', 'x')", "connect-src"),
    "a stream of events": (f"new EventSource('{ELSEWHERE}/')", "connect-src"),
    "an import": (f"import('{ELSEWHERE}/x.js')", "script-src-elem"),
    "a service worker": (
        "navigator.serviceWorker.register('/x.js').then(() => window.pwned = 1)",
        "require-trusted-types-for",
    ),
}
# Whether the page shows any harm; what leaves it is seen by `elsewhere`.
HARM: Final = f"""() => Boolean(window.pwned) || document.baseURI.startsWith("{ELSEWHERE}") ||
  [...document.querySelectorAll("#attack")].some((each) => getComputedStyle(each).color === "rgb(1, 2, 3)")"""
GUARDS: Final = {"content-security-policy", "x-frame-options"}
ANSWERS: Final = {".js": ("text/javascript", "window.pwned = 1"), ".css": ("text/css", "h1 { color: red }")}


@pytest.fixture
def elsewhere(phone: BrowserContext) -> list[str]:
    """Another site, which answers whatever it is asked; what was asked of it so far."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        content_type, body = ANSWERS.get(route.request.url[route.request.url.rfind(".") :], ("text/html", "x"))
        route.fulfill(content_type=content_type, body=body, headers={"Access-Control-Allow-Origin": "*"})

    phone.route(f"{ELSEWHERE}/**", answer)
    return asked


@pytest.fixture
def watched(page: Page) -> Page:
    """A page that keeps what its policy forbade."""
    page.add_init_script(
        """window.violations = [];
        addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective));
        addEventListener("message", () => window.pwned = 1);"""
    )
    return page


@pytest.fixture
def without_policy(phone: BrowserContext) -> None:
    """Take the policy off every page."""

    def strip(route: Route) -> None:
        response = route.fetch()
        kept = {name: value for name, value in response.headers.items() if name not in GUARDS}
        route.fulfill(response=response, headers=kept)

    phone.route(f"{ADDRESS}/**", strip)


@pytest.fixture(scope="session", autouse=True)
def own_script(served: Newsroom) -> None:
    """A script in the site's own bucket, where no script belongs."""
    put(served, "x.js", b"self.pwned = 1", "text/javascript")


def put(newsroom: Newsroom, key: str, body: bytes, content_type: str) -> None:
    newsroom.portal.clients.s3.put_object(
        Bucket=newsroom.name("SiteBucket"), Key=key, Body=body, ContentType=content_type, CacheControl="s-maxage=0"
    )


def attacked(page: Page, newsroom: Newsroom, site: Site, markup: str) -> None:
    """Put markup into an article's page in the bucket, past everything, open it, and click what is to be clicked."""
    html = newsroom.content("SiteBucket", site.short.removeprefix("/")).decode()
    place = '<div class="view-data">'
    assert html.count(place) == 1
    put(newsroom, PATH.removeprefix("/"), html.replace(place, place + markup).encode(), "text/html; charset=utf-8")
    page.goto(PATH, wait_until="load")
    if "id=attack" in markup and page.locator("#attack").first.evaluate("it => it.localName !== 'p'"):
        page.locator("#attack").click(no_wait_after=True)


def tried(page: Page, script: str) -> None:
    """Run a script as the page's own would run: what the browser's protocol runs itself is under no policy."""
    page.evaluate(f"() => {{ setTimeout(async () => {{ try {{ await ({script}); }} catch {{ }} }}); }}")


def wait_for_violation(page: Page, directive: str | None) -> None:
    for _ in range(10 if directive is None else MOST_MILLISECONDS // 50):
        if directive in page.evaluate("violations"):
            return
        page.wait_for_timeout(50)
    assert directive is None, page.evaluate("violations")


def harmed(page: Page, asked: list[str]) -> bool:
    return bool(asked) or bool(page.evaluate(HARM))


def wait_for_harm(page: Page, asked: list[str]) -> None:
    for _ in range(MOST_MILLISECONDS // 50):
        with suppress(Error):  # it is on its way elsewhere, and has no document
            if harmed(page, asked):
                return
        page.wait_for_timeout(50)
    raise AssertionError("no harm came of it")


@pytest.mark.parametrize("name", ATTACKS)
def test_markup_that_no_sanitiser_saw_does_nothing(
    watched: Page, served: Newsroom, site: Site, elsewhere: list[str], name: str
) -> None:
    markup, directive = ATTACKS[name]
    attacked(watched, served, site, markup)
    wait_for_violation(watched, directive)
    assert not harmed(watched, elsewhere)
    assert watched.url.startswith(ADDRESS + PATH)


@pytest.mark.usefixtures("without_policy")
@pytest.mark.parametrize("name", ATTACKS)
def test_without_the_policy_the_same_markup_does_its_harm(
    watched: Page, served: Newsroom, site: Site, elsewhere: list[str], name: str
) -> None:
    attacked(watched, served, site, ATTACKS[name][0])
    wait_for_harm(watched, elsewhere)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_of_the_pages_own_can_not_be_brought_to_more(
    watched: Page, site: Site, elsewhere: list[str], name: str
) -> None:
    script, directive = SCRIPTS[name]
    watched.goto(site.short)
    tried(watched, script)
    wait_for_violation(watched, directive)
    assert not harmed(watched, elsewhere)


@pytest.mark.usefixtures("without_policy")
@pytest.mark.parametrize("name", SCRIPTS)
def test_without_the_policy_a_script_of_the_pages_own_can_be_brought_to_more(
    watched: Page, site: Site, elsewhere: list[str], name: str
) -> None:
    watched.goto(site.short)
    tried(watched, SCRIPTS[name][0])
    wait_for_harm(watched, elsewhere)


def framed(page: Page, site: Site) -> bool:
    """Tell whether another site can show a page within its own."""
    page.context.route(
        f"{ELSEWHERE}/around",
        lambda route: route.fulfill(content_type="text/html", body=f"<iframe src={ADDRESS}{site.short}>"),
    )
    page.goto(f"{ELSEWHERE}/around", wait_until="load")
    return str(page.frames[1].url) == ADDRESS + site.short


def test_no_other_site_can_show_a_page_within_its_own(page: Page, site: Site) -> None:
    assert not framed(page, site)


@pytest.mark.usefixtures("without_policy")
def test_without_the_policy_another_site_can_show_a_page_within_its_own(page: Page, site: Site) -> None:
    assert framed(page, site)


@pytest.mark.parametrize("name", ["report", "notice", "gone", "home", "section", "missing"])
def test_a_page_as_it_is_drawn_breaks_no_rule_of_its_own_policy_and_its_script_runs(
    watched: Page, site: Site, elsewhere: list[str], name: str
) -> None:
    watched.goto(site.paths()[name], wait_until="load")
    assert watched.evaluate("violations") == []
    assert watched.evaluate("document.documentElement.className") == "js"
    assert not harmed(watched, elsewhere)
