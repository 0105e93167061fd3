# ruff: noqa: INP001 (a script of its own, in no package)
"""Takes the pictures of README and docs/editors.md from the running portal: `make pictures`.

Needs Debian's chromium with Noto fonts (`apt-get install chromium fonts-noto-core`), or another one that the variable
CHROMIUM names.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urljoin

from playwright.sync_api import Browser, ViewportSize, sync_playwright
from pypdfium2 import PdfDocument

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
_SHOWN = "Thi đua, khen thưởng sáu tháng"
ARTICLE = "thi-dua-khen-thuong-sau-thang-dau-nam-2026"  # in the address of the sample that is shown

WIDE: Final[ViewportSize] = {"width": 1280, "height": 900}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
_INCH: Final = 72  # points of a PDF
_PAPER_DPI: Final = 80


def main() -> None:
    """Start the portal with its samples, and take each picture from its edge."""
    PICTURES.mkdir(exist_ok=True)
    with _portal() as article, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        home = urljoin(article, "/")
        for name, address in (("article", article), ("home", home)):
            for scheme, shade in (("light", ""), ("dark", "-dark")):
                _take(browser, address, f"{name}{shade}.png", WIDE, scheme)
                _take(browser, address, f"{name}-phone{shade}.png", PHONE, scheme)
        _print(browser, article, "article-print.png")
        _desk(browser, home)
        browser.close()


@contextmanager
def _portal() -> Iterator[str]:
    """Run the portal on any free port; give the address of the article that is shown."""
    command = [sys.executable, "-m", "local", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own)
        try:
            yield _article_address(process.stdout or ())
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate()


def _article_address(lines: Iterable[str]) -> str:
    """Read what the portal says until it is ready.

    Raises:
        RuntimeError: it ended, or did not publish the article.
    """
    article = None
    for line in lines:
        if ARTICLE in line:
            article = line.split()[-1]
        if "is ready" in line and article:
            return article
    raise RuntimeError("the portal did not come up with its samples: see what `make run` says")


def _take(browser: Browser, address: str, name: str, size: ViewportSize, scheme: Literal["light", "dark"]) -> None:
    """Take what is seen of a page at first."""
    page = browser.new_page(viewport=size, color_scheme=scheme)
    page.goto(address)
    page.screenshot(path=PICTURES / name)
    page.close()


def _desk(browser: Browser, home: str) -> None:
    """Take the editors' desk: the list, an article as it is written, faults at their fields, a history."""
    page = browser.new_page(viewport=WIDE)
    page.goto(urljoin(home, "/desk/"))
    page.get_by_role("button", name="Đăng nhập").click()
    page.get_by_role("button", name="Minh Châu").click()
    page.locator("main .articles li").first.wait_for()
    page.screenshot(path=PICTURES / "desk-list.png")
    page.locator("main .articles a", has_text=_SHOWN).first.click()
    page.locator(".ProseMirror").wait_for()
    page.screenshot(path=PICTURES / "desk-write.png")
    page.fill("#field-title", "")
    page.fill("#field-summary", "Nhng s liu Ç® b® s¸ch cña tØnh")
    page.get_by_role("button", name="Xem trước").click()
    page.locator("[aria-invalid=true]").first.wait_for()
    page.screenshot(path=PICTURES / "desk-faults.png")
    page.close()


def _print(browser: Browser, address: str, name: str) -> None:
    """Take the first sheet of A4 on which a page is printed."""
    page = browser.new_page()
    page.goto(address)
    sheets = PdfDocument(page.pdf(format="A4", prefer_css_page_size=True))
    sheets[0].render(scale=_PAPER_DPI / _INCH).to_pil().save(PICTURES / name)
    page.close()


if __name__ == "__main__":
    main()
