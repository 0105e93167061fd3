"""A portal with articles on a port of this machine, and a browser that reads it."""

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from local.portal import LocalPortal
from tests.conftest import pumped
from tests.newsroom import Newsroom, sample

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    PORT: int = free.getsockname()[1]
ADDRESS = f"http://127.0.0.1:{PORT}"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE: Final = 15_000  # milliseconds for what a verdict or a page takes on a busy machine
WIDE: Final = 1280
ARTICLES = ("thi-dua-sau-thang-dau-nam", "thong-xe-cau-ban-la", "kinh-te-chin-thang", "investment-desk-opens")


@dataclass(frozen=True)
class Site:
    """Where the pages are that the tests look at."""

    report: str
    short: str
    table: str
    english: str
    notice: str
    gone: str
    home: str = "/"
    section: str = "/thi-dua-khen-thuong/"
    month: str = "/2026/10/"
    missing: str = "/khong-co/trang-nay.html"

    def paths(self) -> dict[str, str]:
        """Give each page's path by its name here."""
        return dict(vars(self))


@pytest.fixture(scope="session")
def served() -> Iterator[Newsroom]:
    """Serve a portal."""
    with LocalPortal(address=ADDRESS) as portal:
        server = make_server("127.0.0.1", PORT, portal.front, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Newsroom(portal, ADDRESS)
        server.shutdown()


@pytest.fixture(scope="session")
def site(served: Newsroom) -> Site:
    """Publish sample articles, and withdraw one and take one away."""
    ids = [served.submit(sample(name)) for name in ARTICLES]
    taken = sample("tra-suoi-ngan-bon-sao")
    withdrawn = served.submit(taken | {"status": "withdrawn", "change_note": "Số liệu chưa được kiểm chứng."})
    gone = served.submit(taken | {"status": "gone"})
    return Site(*(served.path(each) for each in (*ids, withdrawn, gone)))


Spoil = Callable[[str, str, str], str]


@pytest.fixture(scope="session")
def spoil(served: Newsroom) -> Spoil:
    """Make a page with one defect: of the page at a path, with one text in the place of another; give its path.

    It goes past everything that draws pages, so that each line can be seen to fail.
    """

    def spoil(path: str, old: str, new: str) -> str:
        key = path.removeprefix("/") + ("index.html" if path.endswith("/") else "")
        html = served.content("SiteBucket", key).decode()
        assert old in html
        name = f"spoilt/{sha256((path + old + new).encode()).hexdigest()[:12]}.html"
        spoilt: Any = {"Bucket": served.name("SiteBucket"), "Key": name, "Body": html.replace(old, new).encode()}
        served.portal.clients.s3.put_object(
            **spoilt, ContentType="text/html; charset=utf-8", CacheControl="public, max-age=0, s-maxage=0"
        )
        return f"/{name}"

    return spoil


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A phone's browser, with nothing remembered."""
    context = browser.new_context(base_url=ADDRESS, viewport={"width": 390, "height": 844})
    yield context
    context.close()


@pytest.fixture
def page(phone: BrowserContext) -> Page:
    """A page on the phone."""
    return phone.new_page()


def installed(path: str) -> Path:
    """Give a file of the checkers that npm brings, which stand beside this Python."""
    file = Path(sys.prefix) / "browser-tools" / "node_modules" / path
    assert file.is_file(), f"{file} is not there: `make browser` installs it"
    return file


@pytest.fixture(scope="session")
def moved(served: Newsroom) -> tuple[str, str]:
    """Publish an article and give it another title; give its former path and the one of now."""
    taken = sample("tra-suoi-ngan-bon-sao") | {"published_at": "2026-01-05T08:00:00+07:00"}
    article_id = served.submit(taken)
    former = served.path(article_id)
    served.submit(taken | {"title": "Trà Suối Ngàn có thêm ba sản phẩm bốn sao"}, article_id)
    return former, served.path(article_id)


# A browser that can read aloud in the languages of the pages: Debian's chromium has no voice.
VOICES = """SpeechSynthesis.prototype.getVoices = () => ["vi-VN", "en-GB"].map((lang) => (
  {lang, name: lang, voiceURI: lang, localService: true, default: lang === "vi-VN"}));"""


@pytest.fixture(scope="session")
def only_page(browser: Browser) -> Iterator[Page]:
    """A page of a browser with voices."""
    context = browser.new_context(base_url=ADDRESS)
    context.add_init_script(VOICES)
    yield context.new_page()
    context.close()


@pytest.fixture
def reader(only_page: Page) -> Page:
    """A page on the phone for tests that only look: they share it, since to make one takes longer than to look."""
    only_page.set_viewport_size({"width": 390, "height": 844})
    return only_page


def go_to_all_of(page: Page, path: str) -> None:
    """Open a page and each box on it."""
    page.goto(path)
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")


def restyle(page: Page, css: str) -> None:
    """Lay rules over those of a page: a sheet that is made by the browser's protocol is under no policy."""
    page.evaluate(
        """(css) => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(css);
          document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
        }""",
        css,
    )


@contextmanager
def signed_in(
    browser: Browser, token: str, *, address: str = ADDRESS, width: int = WIDE, language: str = "vi"
) -> Iterator[Page]:
    """Sit down at the desk, signed in. The tab's console must stay silent."""
    context = browser.new_context(base_url=address, viewport={"width": width, "height": 900}, locale=language)
    context.set_default_timeout(PATIENCE)
    context.add_init_script(
        f"""if (window === top && location.protocol !== "about:") {{
          sessionStorage.setItem("desk:token", {json.dumps(token)});
          localStorage.setItem("desk:language", "{language}");
        }}"""
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    # That a request failed is the browser's own word for what the tests bring about.
    assert [each for each in said if "Failed to load resource" not in each] == []


@pytest.fixture(scope="module")
def room(served: Newsroom) -> Iterator[Newsroom]:
    """A newsroom in which things happen by themselves."""
    with pumped(served):
        yield served


@pytest.fixture(scope="module")
def only_desk(browser: Browser, room: Newsroom) -> Iterator[Page]:
    """A desk at which somebody sits, signed in, for the tests of one file."""
    with signed_in(browser, room.token) as page:
        yield page


@pytest.fixture
def desk(only_desk: Page) -> Iterator[Page]:
    """The desk with nothing kept from before."""
    only_desk.bring_to_front()
    only_desk.goto("about:blank")
    only_desk.goto("/desk/#/")
    expect(only_desk.get_by_role("heading", name="Bài viết", exact=True)).to_be_focused()
    only_desk.evaluate(
        "Object.keys(localStorage).filter((key) => key.includes('kept')).forEach((key) => delete localStorage[key])"
    )
    yield only_desk
    only_desk.context.unroute_all(behavior="ignoreErrors")
