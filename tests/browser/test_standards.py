"""Pages as the standards have them: for two checkers of HTML, in one form of Unicode, with headings in their order."""

import json
import shutil
import socket
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from typing import Final

import html5lib
import pytest

from tests.browser.conftest import Site, Spoil, installed
from tests.newsroom import Newsroom

NAMES: Final = [
    *("report", "short", "table", "english", "notice", "gone", "home", "section", "month", "missing"),
    "moved",
]
LANGUAGES: Final = {"english": "en"}
RULES: Final = Path(__file__).parent / "tools" / "html-validate.mjs"
# Less memory and a start that is not held up by optimising; the service is gone before that would have paid.
JAVA: Final = ["-Xss2m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dnu.validator.servlet.bind-address=127.0.0.1"]
HEADERS: Final = {"Content-Type": "text/html; charset=utf-8", "User-Agent": "tests"}  # it answers nobody without a name
MOST_SECONDS: Final = 120
HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")

# A fault of this kind in a page: what stands there, and what is put in its place.
Defects = Mapping[str, tuple[str, str]]
FOR_THE_NU_CHECKER: Final[Defects] = {
    "an element that there is not": ("</main>", "<tool></tool></main>"),
    "a tag that is not closed": ("</main>", "<section><h2>x</h2></main>"),
    "an id twice": ('<main id="main">', '<main id="main"><p id="main">x</p>'),
    "a property that no style has": ("</style>", "p { colour: red }</style>"),
    "a warning: a section without a heading": ("</main>", "<section>x</section></main>"),
    "a warning: a language that it is not in": ('<html lang="vi"', '<html lang="en"'),
}
FOR_HTML_VALIDATE: Final[Defects] = {
    "a button that would send a form": ("</main>", "<button>x</button></main>"),
    "a paragraph in a button": ("</main>", '<button type="button"><p>x</p></button></main>'),
    "an id twice": ('<main id="main">', '<main id="main"><p id="main">x</p>'),
    "a style in an attribute": ("</main>", '<p style="color: red">x</p></main>'),
    "an attribute twice": ('<main id="main">', '<main id="main" class="a" class="b">'),
    "white space at a line's end": ("</main>", "</main>  "),
}
FOR_US: Final[Mapping[str, tuple[str, str, str]]] = {
    "half composed text": ("</main>", "<p>ê\u0301</p></main>", "not NFC"),
    "decomposed text": ("</main>", "<p>a\u0306</p></main>", "not NFC"),
    "no language": ('<html lang="vi"', "<html", "language None"),
    "another language": ('<html lang="vi"', '<html lang="en"', "language en"),
    "two first headings": ("</main>", "<h1>x</h1></main>", "2 h1"),
    "no first heading": ("h1", "h2", "0 h1"),
    "a skipped level of heading": ("</main>", "<h2>x</h2><h4>x</h4></main>", "h4 after h2"),
    "a second level before the first": ('<main id="main">', '<main id="main"><h2>x</h2>', "h2 before h1"),
}

Check = Callable[[str], list[str]]


@pytest.fixture(scope="session")
def paths(site: Site, moved: tuple[str, str]) -> Mapping[str, str]:
    """Give where the pages are, and one from which an article has moved away."""
    return {**site.paths(), "moved": moved[0]}


@pytest.fixture(scope="session")
def nu_checker() -> Iterator[Check]:
    """Run the Nu checker as a service: a process for each page would take six times as long."""
    java = shutil.which("java")
    assert java is not None, "there is no java: Debian has it as openjdk-17-jre-headless"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    jar = str(installed("vnu-jar/build/dist/vnu.jar"))
    arguments = [java, *JAVA, "-cp", jar, "nu.validator.servlet.Main", str(port)]

    def check(html: str) -> list[str]:
        with closing(HTTPConnection("127.0.0.1", port, timeout=MOST_SECONDS)) as connection:
            connection.request("POST", "/?out=json", html.encode(), HEADERS)
            answer = connection.getresponse()
            body = answer.read()
        assert answer.status == 200, body
        messages = json.loads(body)["messages"]
        return [f"{each.get('subType', each['type'])}: {each['message']}" for each in messages]

    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as service:  # noqa: S603 (our own)
        try:
            wait_for(service, port)
            yield check
        finally:
            service.terminate()


def wait_for(service: subprocess.Popen[bytes], port: int) -> None:
    """Wait until a service listens on a port."""
    until = time.monotonic() + MOST_SECONDS
    while time.monotonic() < until:
        assert service.poll() is None, "the Nu checker has ended"
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the Nu checker does not listen")


def html_validate(html: str) -> list[str]:
    """Let html-validate look at a page."""
    script = str(installed("html-validate/bin/html-validate.mjs"))
    done = subprocess.run(  # noqa: S603 (what npm installed)
        [f"{sys.prefix}/bin/node", script, "--config", str(RULES), "--formatter", "json", "--stdin"],
        input=html,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    files = json.loads(done.stdout)
    return [f"{each['ruleId']}: {each['message']} ({each['line']})" for file in files for each in file["messages"]]


def faults(html: str, language: str) -> list[str]:
    """Give what we ask of a page besides."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    levels = [HEADINGS.index(str(each.tag)) + 1 for each in tree.iter() if each.tag in HEADINGS]
    found = [] if unicodedata.is_normalized("NFC", html) else ["not NFC"]
    found += [] if tree.get("lang") == language else [f"language {tree.get('lang')}"]
    found += [] if levels.count(1) == 1 else [f"{levels.count(1)} h1"]
    found += [f"h{levels[0]} before h1"] if levels[0] != 1 else []
    return found + [f"h{level} after h{before}" for before, level in pairwise(levels) if level > before + 1]


@pytest.mark.parametrize("name", NAMES)
def test_the_nu_checker_has_neither_an_error_nor_a_warning(
    served: Newsroom, paths: Mapping[str, str], nu_checker: Check, name: str
) -> None:
    assert nu_checker(served.read(paths[name]).text) == []


@pytest.mark.parametrize("name", NAMES)
def test_html_validate_has_no_error(served: Newsroom, paths: Mapping[str, str], name: str) -> None:
    assert html_validate(served.read(paths[name]).text) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_in_nfc_and_in_its_language_and_its_headings_are_in_order(
    served: Newsroom, paths: Mapping[str, str], name: str
) -> None:
    assert faults(served.read(paths[name]).data.decode(), LANGUAGES.get(name, "vi")) == []


@pytest.mark.parametrize("defect", FOR_THE_NU_CHECKER)
def test_the_nu_checker_finds_fault_with_a_page_that_has(
    served: Newsroom, site: Site, spoil: Spoil, nu_checker: Check, defect: str
) -> None:
    found = nu_checker(served.read(spoil(site.report, *FOR_THE_NU_CHECKER[defect])).text)
    assert found[0].startswith("warning: " if defect.startswith("a warning") else "error: ")


@pytest.mark.parametrize("defect", FOR_HTML_VALIDATE)
def test_html_validate_finds_fault_with_a_page_that_has(
    served: Newsroom, site: Site, spoil: Spoil, defect: str
) -> None:
    assert html_validate(served.read(spoil(site.report, *FOR_HTML_VALIDATE[defect])).text) != []


@pytest.mark.parametrize("defect", FOR_US)
def test_we_find_fault_with_a_page_that_has(served: Newsroom, site: Site, spoil: Spoil, defect: str) -> None:
    old, new, fault = FOR_US[defect]
    assert fault in faults(served.read(spoil(site.report, old, new)).data.decode(), "vi")
