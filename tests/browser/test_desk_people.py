"""Who sits at the desk: signing in and out, and two people of whom neither can do the other's part."""

import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ADDRESS, PATIENCE, signed_in
from tests.browser.desk import (
    article_id,
    open_article,
    press,
    published,
    seen_faults,
    told,
    write,
    write_new,
)
from tests.newsroom import Newsroom

WRITER: Final = {"editor": "ha.thu", "groups": "editors"}
APPROVER: Final = {"editor": "minh.chau", "groups": "editors,approvers"}


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """Somebody who has not signed in."""
    context = browser.new_context(base_url=ADDRESS, locale="vi")
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def enter(page: Page, name: str) -> None:
    """Sign in as one of the two people of this machine."""
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url("**/local/authorize?**")
    page.get_by_text(name).first.click()
    page.wait_for_url(re.compile("/desk/#"))


@pytest.mark.usefixtures("served")
def test_one_signs_in_comes_back_to_where_one_was_and_signs_out(stranger: Page) -> None:
    stranger.goto("/desk/#/article/new-cho1")
    enter(stranger, "Hà Thu")
    expect(stranger.locator(".person .name")).to_contain_text("Hà Thu")
    expect(stranger.get_by_role("heading", name="Bài mới")).to_be_visible()
    assert stranger.evaluate("location.search") == ""
    assert stranger.evaluate("Object.keys(localStorage).some((key) => key.includes('token'))") is False
    stranger.get_by_role("button", name="Đăng xuất").click()
    stranger.get_by_role("button", name="Đăng nhập").wait_for()
    assert stranger.evaluate("sessionStorage.getItem('desk:token')") is None


@pytest.mark.usefixtures("served")
def test_a_sign_in_that_did_not_begin_in_this_tab_is_not_taken(stranger: Page) -> None:
    stranger.goto("/desk/?code=x&state=y")
    expect(stranger.get_by_role("alert")).to_contain_text("không bắt đầu từ thẻ này")
    assert stranger.evaluate("sessionStorage.getItem('desk:token')") is None
    assert stranger.evaluate("location.search") == ""


def test_who_is_in_no_group_is_told_so(browser: Browser, served: Newsroom) -> None:
    token = served.http.get("/local/token?editor=khach&groups=").text.strip()
    with signed_in(browser, token) as page:
        page.goto("/desk/")
        expect(page.get_by_role("alert")).to_contain_text("chưa thuộc nhóm nào")


@pytest.fixture(scope="module")
def strict() -> Iterator[str]:
    """A portal of its own, that asks for two pairs of eyes; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "local", "--port", str(port), "--no-samples", "--two-pairs-of-eyes"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603 (our own interpreter)
        assert running.stdout is not None
        for line in running.stdout:
            if "ready" in line:
                break
        yield f"http://127.0.0.1:{port}"
        running.terminate()


def token_of(address: str, person: dict[str, str]) -> str:
    with urllib.request.urlopen(f"{address}/local/token?{urlencode(person)}") as answer:  # noqa: S310 (this machine's)
        return str(answer.read().decode()).strip()


def read(address: str, path: str) -> str:
    with urllib.request.urlopen(address + path) as answer:  # noqa: S310 (this machine's)
        return str(answer.read().decode())


@pytest.fixture(scope="module")
def writer(browser: Browser, strict: str) -> Iterator[Page]:
    """Who writes."""
    with signed_in(browser, token_of(strict, WRITER), address=strict) as page:
        yield page


@pytest.fixture(scope="module")
def approver(browser: Browser, strict: str) -> Iterator[Page]:
    """Who approves."""
    with signed_in(browser, token_of(strict, APPROVER), address=strict) as page:
        yield page


def sent_for_approval(page: Page) -> str:
    told(page, "Đã gửi duyệt")
    return article_id(page)


def approve(page: Page, found: str, name: str) -> None:
    open_article(page, found)
    page.locator(".approval").get_by_role("button", name=name, exact=True).click()


def test_two_people_publish_change_and_take_down_and_neither_can_alone(
    writer: Page, approver: Page, strict: str
) -> None:
    write_new(writer, "Bài cần hai người", "Bản đầu.")
    press(writer, "Gửi duyệt")
    found = sent_for_approval(writer)
    # Who submitted can't approve, and is told so.
    expect(writer.locator(".approval")).to_contain_text("quyền duyệt")
    expect(writer.locator(".approval").get_by_role("button")).to_have_count(0)
    # Who approves finds it first of all, and it is live with one click.
    approver.goto("/desk/#/")
    approver.locator(".awaiting").get_by_role("link", name="Bài cần hai người").click()
    expect(approver.locator(".approval")).to_contain_text("Bài chưa từng lên trang")
    assert seen_faults(approver) == []
    approve(approver, found, "Duyệt và đăng")
    published(approver)
    path = str(approver.locator(".notice.done a").get_attribute("href"))
    assert "Bản đầu." in read(strict, path)
    # A change needs another approval, which shows what changed; until then readers have what they had.
    open_article(writer, found)
    write(writer, body="Bản sửa.", change_note="Sửa một chữ.")
    press(writer, "Gửi duyệt")
    sent_for_approval(writer)
    assert "Bản đầu." in read(strict, path)
    open_article(approver, found)
    expect(approver.locator(".approval del").first).to_contain_text("đầu")
    expect(approver.locator(".approval ins").first).to_contain_text("sửa")
    assert seen_faults(approver) == []
    approve(approver, found, "Duyệt và đăng")
    published(approver)
    assert "Bản sửa." in read(strict, path)
    # So does a takedown.
    open_article(writer, found)
    press(writer, "Gỡ bài…")
    writer.fill("#ask-change_note", "Nhầm số liệu.")
    writer.get_by_role("button", name="Gửi duyệt việc gỡ bài").click()
    sent_for_approval(writer)
    assert "Bản sửa." in read(strict, path)
    approve(approver, found, "Duyệt việc gỡ bài")
    told(approver, "Bạn đọc không còn thấy bài.")
    assert "Nhầm số liệu." in read(strict, path)


def test_who_approves_can_not_approve_what_they_submitted_themselves(approver: Page) -> None:
    write_new(approver, "Bài của người duyệt")
    press(approver, "Gửi duyệt")
    sent_for_approval(approver)
    expect(approver.locator(".approval")).to_contain_text("cần một người khác duyệt")
    expect(approver.locator(".approval").get_by_role("button")).to_have_count(0)
