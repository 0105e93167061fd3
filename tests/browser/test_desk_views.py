"""Every view of the desk: axe finds no fault with it, it fits the narrowest screen, and without Node it still works."""

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from portal import source
from tests.browser.conftest import ADDRESS, signed_in
from tests.browser.desk import (
    RICH,
    article_of,
    new_article,
    open_article,
    press,
    published,
    seen_faults,
    submitted,
    told,
    wait_until_kept,
    write,
    write_new,
)
from tests.browser.test_accessibility import prefer
from tests.newsroom import Newsroom, article, sample

# Each width with what somebody there may prefer.
SCREENS: Final = ((320, "light"), (1280, "dark"))
BUNDLES: Final = {"rich-text.js", "word.js"}
OF_WORD: Final = {
    "[Content_Types].xml": """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/word/document.xml"
 ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>""",
    "_rels/.rels": """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Target="word/document.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>""",
    "word/styles.xml": """<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style></w:styles>""",
    "word/_rels/document.xml.rels": """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="s" Target="styles.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"/></Relationships>""",
    "word/document.xml": """<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>
<w:p><w:pPr><w:pStyle w:val="H1"/></w:pPr><w:r><w:t>Thông xe cầu Bản Lả</w:t></w:r></w:p>
<w:p><w:r><w:t xml:space="preserve">Cầu dài </w:t></w:r>
<w:r><w:rPr><w:b/><w:color w:val="FF0000"/></w:rPr><w:t>186 m</w:t></w:r></w:p>
<w:p><w:pPr><w:pStyle w:val="VanBan"/></w:pPr><w:r><w:t>Rộng 9 m.</w:t></w:r></w:p></w:body></w:document>""",
}
FROM_WORD: Final = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>
<style>p.MsoNormal {margin: 0}</style></head><body><!--StartFragment--><p class=MsoNormal
style='text-align:justify'><b><span style='font-size:14pt'>Kết quả<o:p></o:p></span></b></p>
<p class=MsoListParagraph style='text-indent:-18pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>1.<span>&nbsp;&nbsp;</span></span><![endif]>Việc thứ nhất</p><p class=MsoListParagraph
style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>2.</span>Việc thứ hai</p>
<!--EndFragment--></body></html>"""


def show_door(page: Page, _: Newsroom) -> None:
    page.context.route("**/desk/api/session", lambda route: route.fulfill(status=401, body="{}"))
    page.goto("about:blank")
    page.goto("/desk/")
    page.get_by_role("button", name="Đăng nhập").wait_for()


def show_list(page: Page, room: Newsroom) -> None:
    for changes in ({}, {"status": "draft"}, {"status": "withdrawn"}, {"title": ""}):
        submitted(room, **changes)
    write_new(page, "Bài đang viết dở")
    wait_until_kept(page)
    page.goto("/desk/#/")
    page.locator("main > .articles > li").first.wait_for()


def show_form(page: Page, room: Newsroom) -> None:
    open_article(page, submitted(room, **sample("kinh-te-chin-thang")))
    page.locator(".side details summary").click()


def show_faults(page: Page, _: Newsroom) -> None:
    new_article(page)
    press(page, "Đăng bài")
    expect(page.locator("#faults-title")).to_be_focused()


def show_result(page: Page, _: Newsroom) -> None:
    write_new(page, "Bài được nhận")
    press(page, "Lưu nháp")
    told(page, "Đã lưu bản nháp")


def show_conflict(page: Page, room: Newsroom) -> None:
    found = submitted(room)
    open_article(page, found)
    write(page, title="Tên của tôi")
    room.upload(article(title="Tên của họ"), found)
    while room.status(found)["title"] != "Tên của họ":
        pass
    press(page, "Đăng bản sửa")
    expect(page.locator("#conflict-title")).to_be_focused()


def show_history(page: Page, room: Newsroom) -> None:
    found = submitted(room)
    room.upload(article(title="Tên khác", change_note="Đổi tên."), found)
    while room.status(found)["revision"] != 2:
        pass
    open_article(page, found, "/history")
    page.get_by_role("button", name="Thay đổi so với bản trước").click()
    page.locator(".revisions ins").first.wait_for()


def show_preview(page: Page, _: Newsroom) -> None:
    write_new(page, "Bài xem trước")
    press(page, "Xem trước")
    page.frame_locator("dialog iframe").locator("h1").wait_for()


def show_takedown(page: Page, room: Newsroom) -> None:
    open_article(page, submitted(room))
    press(page, "Gỡ bài…")
    page.locator("dialog").wait_for()


def show_link(page: Page, _: Newsroom) -> None:
    new_article(page)
    page.locator(RICH).click()
    page.keyboard.press("Control+k")
    page.locator("dialog").wait_for()


VIEWS: Final[Mapping[str, Callable[[Page, Newsroom], None]]] = {
    "door": show_door,
    "list": show_list,
    "form": show_form,
    "faults": show_faults,
    "result": show_result,
    "conflict": show_conflict,
    "history": show_history,
    "preview": show_preview,
    "takedown": show_takedown,
    "link": show_link,
}


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_fault_with_a_view_and_it_fits_the_narrowest_screen(desk: Page, room: Newsroom, view: str) -> None:
    VIEWS[view](desk, room)
    found = {}
    for width, scheme in SCREENS:
        desk.set_viewport_size({"width": width, "height": 900})
        prefer(desk, scheme)
        found[f"{width} {scheme}"] = seen_faults(desk)
        assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert {name: each for name, each in found.items() if each} == {}


def test_a_word_document_becomes_an_article_and_what_was_lost_is_told(desk: Page) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for name, text in OF_WORD.items():
            packed.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    new_article(desk)
    desk.set_input_files("#file", {"name": "bai.docx", "mimeType": "", "buffer": content.getvalue()})
    expect(desk.locator(".brought")).to_contain_text("VanBan")
    expect(desk.locator(".brought")).to_contain_text("màu chữ")
    wait_until_kept(desk)
    found = article_of(desk)
    assert found["title"] == "Thông xe cầu Bản Lả"
    assert found["body"] == "<p>Cầu dài <strong>186 m</strong></p><p>Rộng 9 m.</p>"


def test_what_is_no_article_is_refused_before_it_is_read(desk: Page) -> None:
    new_article(desk)
    for name, size, words in (("x.json", 1_048_577, "KB"), ("x.docx", 10, "Không đọc được"), ("x.doc", 10, ".docx")):
        desk.set_input_files("#file", {"name": name, "mimeType": "", "buffer": b"x" * size})
        expect(desk.locator(".brought")).to_contain_text(words)


def test_what_is_pasted_from_word_comes_in_as_what_it_means(desk: Page) -> None:
    new_article(desk)
    desk.locator(RICH).click()
    desk.evaluate(
        """(html) => {
          const data = new DataTransfer();
          data.setData("text/html", html);
          const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
          document.activeElement.dispatchEvent(paste);
        }""",
        FROM_WORD,
    )
    wait_until_kept(desk)
    assert article_of(desk)["body"] == "<p><b>Kết quả</b></p><ol><li>Việc thứ nhất</li><li>Việc thứ hai</li></ol>"


def test_a_table_is_made_and_changed_by_the_toolbar(desk: Page) -> None:
    new_article(desk)
    desk.locator(RICH).click()
    for name in ("Chèn bảng", "Xóa cột", "Thêm hàng bên dưới", "Tên bảng"):
        desk.get_by_role("button", name=name, exact=True).click()
    desk.keyboard.type("Số liệu")
    wait_until_kept(desk)
    row = "<tr><td></td><td></td></tr>"
    head = '<thead><tr><th scope="col"></th><th scope="col"></th></tr></thead>'
    assert article_of(desk)["body"] == f"<table><caption>Số liệu</caption>{head}<tbody>{row * 3}</tbody></table>"


@pytest.fixture
def without_node(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The desk as it is where its bundles were not built."""
    files = {name: path for name, path in source.desk().items() if name not in BUNDLES}
    monkeypatch.setattr(source, "desk", lambda: files)
    redraw(room)
    yield
    monkeypatch.undo()
    redraw(room)


def redraw(room: Newsroom) -> None:
    """Have the desk drawn anew, and wait until the edge has it for browsers."""
    before = room.read("/desk/", **{"Accept-Encoding": "br"}).data
    with room.portal.lock:
        room.draw("/desk/")
    while room.read("/desk/", **{"Accept-Encoding": "br"}).data == before:
        pass


@pytest.mark.usefixtures("without_node")
def test_where_there_is_no_node_the_desk_works_with_a_plain_editor(browser: Browser, room: Newsroom) -> None:
    with signed_in(browser, room.token) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        new_article(page)
        assert not page.locator(RICH).count()
        page.fill("#field-title", "Bài không cần Node")
        page.fill("#field-summary", "Tóm tắt.")
        page.fill("#field-author", "Hà Thu")
        page.get_by_role("textbox", name="Nội dung").fill("Đoạn một,\nhai dòng & một dấu.\n\nĐoạn hai.")
        page.select_option("#field-section", "tin-tuc")
        assert seen_faults(page) == []
        press(page, "Đăng bài")
        found = published(page)
        assert "<p>Đoạn một,<br>hai dòng &amp; một dấu.</p>" in room.read(room.path(found)).text
        body = page.get_by_role("textbox", name="Nội dung")
        expect(body).to_have_value("Đoạn một,\nhai dòng & một dấu.\n\nĐoạn hai.")
        body.fill("<h2>HTML</h2><p>vẫn là HTML</p>")
        press(page, "Đăng bản sửa")
        published(page)
        assert "<h2>HTML</h2>" in room.read(room.path(found)).text
        assert [url for url in asked if any(url == f"{ADDRESS}/desk/{name}" for name in BUNDLES)] == []
