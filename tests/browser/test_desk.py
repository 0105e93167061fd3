"""An editor's day at the desk: every step in a browser, against the whole running system."""

import json
import re
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import ADDRESS, signed_in
from tests.browser.desk import (
    RICH,
    article_id,
    article_of,
    field_time,
    kept,
    new_article,
    open_article,
    press,
    published,
    submitted,
    tab_to,
    told,
    tomorrow,
    wait_until_kept,
    write,
    write_new,
)
from tests.newsroom import Newsroom, article

CONFLICT: Final = "#conflict-title"
UPLOADS: Final = re.compile(r"/articles/\w+/\d{6}\.json\?")


def test_an_article_is_written_and_published_and_watched_going_live(desk: Page, room: Newsroom) -> None:
    write_new(desk, "Bài viết ở bàn biên tập", "Dòng đầu tiên.")
    press(desk, "Đăng bài")
    found = published(desk)
    link = desk.locator(".notice.done a").get_attribute("href")
    assert link == room.path(found)
    assert "Dòng đầu tiên." in room.text(link)
    assert kept(desk) == 0


def test_the_keyboard_alone_is_enough_to_write_and_publish(desk: Page, room: Newsroom) -> None:
    tab_to(desk, "a[href='#/new']")
    desk.keyboard.press("Enter")
    desk.locator(".bar .primary").wait_for()
    for selector, text in (("#field-title", "Bằng bàn phím"), ("#field-summary", "Không cần chuột.")):
        tab_to(desk, selector)
        desk.keyboard.type(text)
    tab_to(desk, RICH)
    desk.keyboard.type("Có ")
    desk.keyboard.press("Control+b")
    desk.keyboard.type("chữ đậm")
    desk.keyboard.press("Control+b")
    desk.keyboard.press("Enter")
    desk.keyboard.press("Alt+F10")
    while desk.evaluate("document.activeElement.getAttribute('aria-label')") != "Danh sách":
        desk.keyboard.press("ArrowRight")
    desk.keyboard.press("Enter")
    desk.keyboard.type("một")
    desk.keyboard.press("Enter")
    desk.keyboard.type("hai")
    tab_to(desk, "#field-section")
    desk.keyboard.type("Tin")
    tab_to(desk, "#field-author")
    desk.keyboard.type("Hà Thu")
    tab_to(desk, "#field-tags")
    desk.keyboard.type("bàn phím,thử")
    desk.keyboard.press("Enter")
    tab_to(desk, "[data-publish]")
    desk.keyboard.press("Enter")
    page = room.read(room.path(published(desk))).text
    assert "<p>Có <strong>chữ đậm</strong></p><ul><li>một</li><li>hai</li></ul>" in page
    assert "bàn phím" in page
    assert desk.evaluate("document.activeElement.textContent") == "Đã nhận."


def test_what_is_wrong_stands_at_its_field_and_in_a_summary_that_leads_there(desk: Page) -> None:
    write_new(desk, "x" * 301)
    write(desk, summary="")
    press(desk, "Đăng bài")
    heading = desk.locator("#faults-title")
    expect(heading).to_be_focused()
    expect(desk.locator("#error-title")).to_contain_text("300")
    title = desk.locator("#field-title")
    expect(title).to_have_attribute("aria-invalid", "true")
    assert "error-title" in str(title.get_attribute("aria-describedby")).split()
    expect(desk.locator("#error-summary")).not_to_be_empty()
    desk.get_by_role("link", name="Sapo").click()
    expect(desk.locator("#field-summary")).to_be_focused()
    assert kept(desk) == 1
    write(desk, title="Ngắn lại", summary="Có tóm tắt.")
    press(desk, "Đăng bài")
    published(desk)


def test_a_verdict_that_refuses_an_upload_is_shown_just_so_and_what_was_typed_stays(desk: Page) -> None:
    passes = json.dumps({"html": "<p>x", "errors": []})
    desk.context.route("**/desk/api/preview", lambda route: route.fulfill(content_type="application/json", body=passes))
    write_new(desk, "x" * 301)
    press(desk, "Lưu nháp")
    expect(desk.locator("#error-title")).to_contain_text("300")
    assert kept(desk) == 1
    expect(desk.locator("#field-title")).to_have_value("x" * 301)


def test_the_preview_is_the_page_that_readers_get_and_can_reach_nothing_of_the_desk(desk: Page, room: Newsroom) -> None:
    write_new(desk, "Bài xem trước", "Nội dung xem trước.")
    press(desk, "Xem trước")
    frame = desk.frame_locator("dialog iframe")
    expect(frame.locator("h1")).to_have_text("Bài xem trước")
    expect(frame.locator(".view-data")).to_contain_text("Nội dung xem trước.")
    # The pages' own style and script are allowed by the desk's policy, too.
    assert frame.locator("body").evaluate("it => getComputedStyle(it).fontSize") == "18px"
    assert frame.locator("html").get_attribute("class") == "js"
    assert frame.locator("html").evaluate("it => { try { return parent.document.title } catch { return '' } }") == ""
    desk.get_by_role("button", name="Điện thoại").click()
    assert desk.locator("dialog iframe").evaluate("it => it.clientWidth") == 390
    desk.keyboard.press("Escape")
    expect(desk.locator("dialog")).to_have_count(0)
    assert "Bài xem trước" not in room.text("/")


def test_an_article_is_scheduled_by_a_moment_ahead_in_the_newsrooms_zone(desk: Page, room: Newsroom) -> None:
    write_new(desk, "Bài hẹn giờ")
    moment = tomorrow()
    desk.get_by_label("Ngay khi gửi").uncheck()
    desk.fill("#field-published_at", field_time(moment))
    press(desk, "Hẹn giờ đăng")
    told(desk, "Đã hẹn giờ")
    status = room.status(article_id(desk))
    assert status["state"] == "scheduled"
    assert status["scheduled_for"] == moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_draft_is_saved_and_shown_by_a_secret_link_alone(desk: Page, room: Newsroom) -> None:
    write_new(desk, "Bản nháp của tôi", "Chưa ai được thấy.")
    press(desk, "Lưu nháp")
    told(desk, "Đã lưu bản nháp")
    press(desk, "Liên kết xem thử")
    link = desk.locator("#secret").input_value()
    assert "Chưa ai được thấy." in room.text(link.removeprefix(ADDRESS))
    assert "Bản nháp của tôi" not in room.text("/")


def test_a_correction_is_one_dialog_and_stands_above_the_text(desk: Page, room: Newsroom) -> None:
    found = submitted(room, title="Bài có chỗ sai")
    open_article(desk, found)
    press(desk, "Cải chính…")
    desk.get_by_role("button", name="Gửi cải chính").click()
    expect(desk.locator("dialog")).to_be_visible()  # without its words it is not sent
    desk.fill("#ask-correction", "Giá vé là 15.000 đồng.")
    desk.fill("#ask-decision", "12/QĐ-STTTT")
    desk.get_by_role("button", name="Gửi cải chính").click()
    published(desk)
    assert "Giá vé là 15.000 đồng." in room.text(room.path(found))


def test_an_article_is_withdrawn_with_a_reason_and_published_again(desk: Page, room: Newsroom) -> None:
    found = submitted(room, title="Bài sẽ bị gỡ")
    path = room.path(found)
    open_article(desk, found)
    press(desk, "Gỡ bài…")
    desk.fill("#ask-change_note", "Số liệu chưa kiểm chứng.")
    desk.locator("dialog").get_by_role("button", name="Gỡ bài").click()
    told(desk, "Bạn đọc không còn thấy bài.")
    assert "Số liệu chưa kiểm chứng." in room.text(path)
    press(desk, "Đăng lại")
    published(desk)
    assert "Giá vé là 12.000 đồng" in room.text(path)


def test_any_revision_is_gone_back_to_by_one_click(desk: Page, room: Newsroom) -> None:
    found = submitted(room, title="Bài có lịch sử", body="<p>Bản một.</p>")
    open_article(desk, found)
    write(desk, body="Bản hai.", change_note="Viết lại.")
    press(desk, "Đăng bản sửa")
    published(desk)
    open_article(desk, found, "/history")
    first = desk.locator(".revisions > li").first
    expect(first).to_contain_text("Viết lại.")
    first.get_by_role("button", name="Thay đổi so với bản trước").click()
    expect(first.locator("del").first).to_contain_text("một")
    expect(first.locator("ins").first).to_contain_text("hai")
    desk.get_by_role("button", name="Trở về bản 1", exact=True).click()
    published(desk)
    assert "Bản một." in room.text(room.path(found))
    assert room.status(found)["revision"] == 3


def test_a_conflict_shows_both_versions_and_takes_over_field_by_field(desk: Page, room: Newsroom) -> None:
    found = submitted(room, title="Bài hai người sửa")
    open_article(desk, found)
    write(desk, title="Tên của tôi", summary="Tóm tắt của tôi.")
    room.upload(article(title="Tên của họ", summary="Tóm tắt của họ."), found)
    while room.status(found)["title"] != "Tên của họ":
        pass
    press(desk, "Đăng bản sửa")
    expect(desk.locator(CONFLICT)).to_be_focused()
    summary = desk.get_by_role("group", name="Sapo")
    expect(summary.locator("ins")).to_contain_text("tôi")
    expect(summary.locator("del")).to_contain_text("họ")
    summary.get_by_label("Bản đã nhận").check()
    desk.get_by_role("button", name="Tiếp tục với lựa chọn này").click()
    press(desk, "Đăng bản sửa")
    published(desk)
    page = room.text(room.path(found))
    assert "Tên của tôi" in page
    assert "Tóm tắt của họ." in page


def test_where_the_network_is_cut_in_the_middle_of_an_upload_nothing_is_lost_and_the_next_attempt_goes_on(
    desk: Page, room: Newsroom
) -> None:
    desk.context.route(UPLOADS, lambda route: route.abort("connectionreset"))
    write_new(desk, "Bài gửi khi mất mạng", "Không được mất.")
    press(desk, "Đăng bài")
    told(desk, "Mất kết nối")
    assert kept(desk) == 1
    expect(desk.locator(RICH)).to_have_text("Không được mất.")
    desk.context.unroute_all()
    desk.get_by_role("button", name="Thử lại").click()
    assert "Không được mất." in room.text(room.path(published(desk)))


def test_an_upload_that_got_through_though_its_answer_was_lost_is_no_error_at_the_next_attempt(
    desk: Page, room: Newsroom
) -> None:
    answers: list[int] = []

    def lose(route: Route) -> None:
        answer = route.fetch()
        answers.append(answer.status)
        if len(answers) == 1:
            route.abort("connectionreset")
        else:
            route.fulfill(response=answer)

    desk.context.route(UPLOADS, lose)
    write_new(desk, "Bài đã tới nơi")
    press(desk, "Đăng bài")
    told(desk, "Mất kết nối")
    desk.get_by_role("button", name="Thử lại").click()
    found = published(desk)
    assert answers == [200, 412]
    assert room.status(found)["revision"] == 1


def test_a_reload_after_an_upload_whose_answer_was_lost_finds_its_verdict(desk: Page) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    desk.context.route(UPLOADS, lose)
    write_new(desk, "Bài gửi rồi tải lại")
    press(desk, "Đăng bài")
    told(desk, "Mất kết nối")
    desk.context.unroute_all()
    desk.reload()
    published(desk)
    assert kept(desk) == 0


def test_a_reload_keeps_what_was_typed_and_the_list_leads_back_to_it(desk: Page) -> None:
    write_new(desk, "Bài đang viết dở", "Một câu dở dang.")
    desk.fill("#field-source", "Sở Tài chính")
    desk.reload()  # at once: what waits to be kept is kept as the tab goes
    expect(desk.locator("#field-title")).to_have_value("Bài đang viết dở")
    expect(desk.locator(RICH)).to_have_text("Một câu dở dang.")
    expect(desk.locator("#field-source")).to_have_value("Sở Tài chính")
    desk.goto("/desk/#/")
    desk.locator(".kept").get_by_role("link", name="Bài đang viết dở").click()
    expect(desk.locator(RICH)).to_have_text("Một câu dở dang.")


def test_an_expired_sign_in_asks_for_another_and_loses_nothing(desk: Page) -> None:
    write_new(desk, "Bài khi hết phiên")
    desk.context.route("**/desk/api/**", lambda route: route.fulfill(status=401, body="{}"))
    press(desk, "Lưu nháp")
    expect(desk.locator("dialog")).to_contain_text("Phiên đăng nhập đã hết hạn")
    assert article_of(desk)["title"] == "Bài khi hết phiên"
    desk.context.unroute_all()
    desk.reload()  # signed in again
    expect(desk.locator("#field-title")).to_have_value("Bài khi hết phiên")


def test_two_tabs_do_not_write_over_each_other(desk: Page) -> None:
    write_new(desk, "Bài ở hai thẻ")
    wait_until_kept(desk)
    other = desk.context.new_page()
    other.goto(desk.url)
    expect(other.locator(".notices")).to_contain_text("đang mở để sửa ở một thẻ khác")
    assert other.locator(".article").evaluate("it => it.inert")
    other.get_by_role("button", name="Sửa ở thẻ này").click()
    expect(desk.locator(".notices")).to_contain_text("đang mở để sửa ở một thẻ khác")
    write(other, title="Tên ở thẻ thứ hai")
    wait_until_kept(other)
    other.close()
    assert article_of(desk)["title"] == "Tên ở thẻ thứ hai"


def test_the_list_is_searched_without_diacritics_and_filtered_by_state(desk: Page, room: Newsroom) -> None:
    submitted(room, title="Hội chợ đặc sản Nậm Thanh", status="draft")
    desk.goto("/desk/#/")
    desk.get_by_label("Tìm theo tiêu đề").fill("hoi cho dac san")
    found = desk.locator("main > .articles > li")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("Hội chợ đặc sản Nậm Thanh")
    expect(found).to_contain_text("Bản nháp")
    desk.get_by_role("button", name="Đã đăng", exact=True).click()
    expect(found).to_have_count(0)


def test_an_article_comes_out_of_a_json_file_and_what_it_can_not_have_is_told(desk: Page, tmp_path: Path) -> None:
    file = tmp_path / "bai.json"
    file.write_text(
        json.dumps(article(title="Từ tệp", tags=["xe buýt"], status="draft", anh="x.png")), encoding="utf-8"
    )
    new_article(desk)
    desk.set_input_files("#file", file)
    expect(desk.locator(".brought")).to_contain_text("“anh”")
    expect(desk.locator("#field-title")).to_have_value("Từ tệp")
    expect(desk.locator(".chosen").first).to_contain_text("xe buýt")
    expect(desk.locator(RICH)).to_contain_text("Chuyến đầu tiên")


def test_the_desk_speaks_english_too(browser: Browser, room: Newsroom) -> None:
    with signed_in(browser, room.token, language="en") as page:
        page.goto("/desk/")
        expect(page.get_by_role("heading", name="Articles")).to_be_visible()
        assert page.locator("html").get_attribute("lang") == "en"
        page.goto("/desk/#/new")
        page.get_by_role("button", name="Publish").click()
        expect(page.locator("#error-title")).to_contain_text("Fill it in")
