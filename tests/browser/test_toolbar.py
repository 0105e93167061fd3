"""The tools of an article: print, share, listen; and what the toolbar says of its age."""

from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import ADDRESS, Site
from tests.newsroom import Newsroom, sample

# A browser that speaks: chromium on this machine has no voice of any language. It ends what it is told to end.
SPEECH: Final = """(languages) => {
  window.spoken = [];
  window.cancelled = 0;
  const voices = languages.map((lang) => ({ lang, name: lang }));
  const speech = { getVoices: () => voices, speak: (it) => spoken.push(it), cancel: () => cancelled++ };
  window.SpeechSynthesisUtterance = function (text) { this.text = text; };
  Object.defineProperty(window, "speechSynthesis", { value: speech });
}"""


def speaking(page: Page, *languages: str) -> None:
    page.add_init_script(f"({SPEECH})({list(languages)})")


def test_print_opens_the_browsers_own_dialogue(page: Page, site: Site) -> None:
    page.add_init_script("window.print = () => { window.printed = (window.printed || 0) + 1; }")
    page.goto(site.report)
    page.get_by_role("button", name="Bản in").click()
    assert page.evaluate("printed") == 1


def test_share_opens_the_systems_own_sheet_where_there_is_one(page: Page, site: Site) -> None:
    page.add_init_script("navigator.share = (what) => { window.shared = what; return Promise.reject(Error('no')); }")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(site.report)
    page.locator("summary", has_text="Chia sẻ").click()
    assert page.evaluate("shared") == {"title": page.title(), "url": ADDRESS + site.report}
    expect(page.locator(".share")).not_to_have_attribute("open", "")
    assert complaints == []  # a reader who thinks better of it is no error


def test_share_shows_links_where_there_is_no_sheet_and_copies_the_address(phone: BrowserContext, site: Site) -> None:
    phone.grant_permissions(["clipboard-read", "clipboard-write"])
    page = phone.new_page()
    page.add_init_script("delete Navigator.prototype.share")
    page.goto(site.report)
    page.locator("summary", has_text="Chia sẻ").click()
    address = ADDRESS + site.report
    links = [str(link.get_attribute("href")) for link in page.locator(".share a").all()]
    quoted = address.replace(":", "%3A")
    assert links[0] == f"https://www.facebook.com/sharer/sharer.php?u={quoted}"
    assert links[1].startswith("mailto:?subject=Thi%20%C4%91ua")
    assert links[1].endswith(f"&body={quoted}")
    page.get_by_role("button", name="Chép địa chỉ").click()
    expect(page.get_by_role("status")).to_have_text("Đã chép địa chỉ")
    assert page.evaluate("navigator.clipboard.readText()") == address


def test_what_is_shared_by_mail_opens_as_it_was_written(page: Page, served: Newsroom) -> None:
    """RFC 6068: what would end a field of the address is quoted."""
    title = 'Thu & chi: 100% "minh bạch" #1?'
    path = served.path(served.submit(sample("thong-xe-cau-ban-la") | {"title": title}))
    page.goto(path)
    href = page.locator(".share a[href^=mailto]").get_attribute("href")
    assert page.evaluate("(href) => new URLSearchParams(new URL(href).search).get('subject')", href) == title


@pytest.mark.parametrize("voices", [[], ["en-GB", "fr-FR"]])
def test_listen_is_not_offered_without_a_voice_of_the_pages_language(page: Page, site: Site, voices: list[str]) -> None:
    speaking(page, *voices)
    page.goto(site.report)
    expect(page.get_by_role("button", name="Bản in")).to_be_visible()
    expect(page.locator("[data-do=listen]")).to_be_hidden()


def test_listen_is_offered_once_the_browser_has_found_its_voices(page: Page, site: Site) -> None:
    speaking(page)
    page.goto(site.report)
    listen = page.locator("[data-do=listen]")
    expect(listen).to_be_hidden()
    page.evaluate(
        """() => {
          speechSynthesis.getVoices = () => [{ lang: "vi-VN" }];
          speechSynthesis.onvoiceschanged();
        }"""
    )
    expect(listen).to_be_visible()
    expect(listen).to_have_accessible_name("Đọc bài (giọng máy)")


@pytest.mark.parametrize(("name", "language"), [("report", "vi-VN"), ("english", "en_GB")])
def test_listen_speaks_the_whole_article_sentence_by_sentence_and_in_its_language(
    page: Page, site: Site, name: str, language: str
) -> None:
    """Some voices stop after some 14 seconds: nothing that is longer to say is given to them at once."""
    speaking(page, "fr-FR", language)
    page.goto(site.paths()[name])
    page.locator("[data-do=listen]").click()
    said: list[list[str]] = page.evaluate("spoken.map((it) => [it.text, it.lang, it.voice.lang])")
    assert {(lang, voice) for _, lang, voice in said} == {(language[:2], language)}
    together = "".join("".join(text for text, _, _ in said).split())
    for part in (page.locator("h1"), page.locator(".toolbar .summary"), page.locator(".view-data")):
        assert "".join(part.inner_text().split()) in together
    longest = max((text for text, _, _ in said), key=len)
    assert len(longest) < 350, longest
    assert page.evaluate("spoken.length") > page.locator(".view-data p").count()


def test_listen_stops_where_it_is_asked_to_and_tells_whether_it_speaks(page: Page, site: Site) -> None:
    speaking(page, "vi-VN")
    page.goto(site.short)
    listen = page.locator("[data-do=listen]")
    expect(listen).to_have_attribute("aria-pressed", "false")
    listen.click()
    expect(listen).to_have_attribute("aria-pressed", "true")
    first = page.evaluate("spoken.length")
    listen.click()
    expect(listen).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("spoken.length") == first

    listen.click()  # begins anew; that the first one has ended now is nothing to it
    page.evaluate("(last) => spoken[last - 1].onend()", first)
    expect(listen).to_have_attribute("aria-pressed", "true")
    page.evaluate("spoken.at(-1).onend()")
    expect(listen).to_have_attribute("aria-pressed", "false")


def test_a_page_that_is_left_falls_silent(page: Page, site: Site) -> None:
    speaking(page, "vi-VN")
    page.goto(site.short)
    before = page.evaluate("cancelled")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert page.evaluate("cancelled") == before + 1


@pytest.mark.parametrize(
    ("published", "vietnamese", "english"),
    [
        ("2025-12-01T08:00:00+07:00", None, None),
        ("2025-11-01T08:00:00+07:00", "Bài cũ, đăng 1 năm trước", "Old article, published 1 year ago"),
        ("2020-07-13T08:05:00+07:00", "Bài cũ, đăng 6 năm trước", "Old article, published 6 years ago"),
    ],
)
def test_an_old_article_says_that_it_is_old_by_the_readers_clock(
    page: Page, served: Newsroom, published: str, vietnamese: str | None, english: str | None
) -> None:
    page.clock.set_fixed_time("2026-11-26T08:00:00+07:00")
    for name, said in (("thong-xe-cau-ban-la", vietnamese), ("investment-desk-opens", english)):
        page.goto(served.path(served.submit(sample(name) | {"published_at": published})))
        note = page.locator(".old")
        if said is None:
            expect(note).to_be_hidden()
        else:
            expect(note).to_have_text(said)
            expect(note).to_be_visible()


def test_the_toolbar_tells_when_the_article_has_changed_and_by_whom_it_is(page: Page, served: Newsroom) -> None:
    article_id = served.submit(sample("thong-xe-cau-ban-la"))
    path = served.path(article_id)
    page.goto(path)
    toolbar = page.locator(".toolbar")
    expect(toolbar.locator("time")).to_have_count(1)
    expect(toolbar.locator("time")).to_have_text("Thứ Tư, 19/08/2026, 11:05")
    expect(toolbar.get_by_role("link", name="Nhật Lam")).to_have_attribute("href", "/author/nhat-lam/")
    expect(toolbar.get_by_role("link", name="Tin tức")).to_have_attribute("href", "/tin-tuc/")
    served.submit(sample("thong-xe-cau-ban-la") | {"change_note": "Sửa số liệu."}, article_id)
    page.goto(path)
    expect(toolbar.locator("time")).to_have_count(2)
    expect(toolbar).to_contain_text("Cập nhật: ")
    expect(page.locator(".about")).to_contain_text("Sửa số liệu.")


def test_a_scheduled_article_was_not_changed_by_the_clock_that_published_it(page: Page, served: Newsroom) -> None:
    """Nor was one that was a draft before: readers never had another revision."""
    article_id = served.submit(sample("thong-xe-cau-ban-la") | {"status": "draft"})
    served.submit(sample("thong-xe-cau-ban-la"), article_id)
    page.goto(served.path(article_id))
    expect(page.locator(".toolbar time")).to_have_count(1)


@pytest.mark.parametrize("path", ["english", "/english/"])
def test_the_english_edition_has_everything_in_english(page: Page, site: Site, path: str) -> None:
    page.goto(site.paths().get(path, path))
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("[lang]").count() == 1  # nothing on it is in another language
    text = page.locator("body").inner_text()
    assert "Son Thanh Province Portal" in text
    for word in ("Trang chủ", "Tin tức", "Chuyên mục", "Cổng thông tin", "Ủy ban"):
        assert word not in text
