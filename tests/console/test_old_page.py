"""The plain text of old pages: two blocks, read as the old portal wrote them, or refused."""

from datetime import time
from zoneinfo import ZoneInfo

import pytest

from console.old_page import MAX_SIGNATURE_CHARACTERS, PageError, read_page

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
PAGE = """PublishingPortal - Block_BanTin_Toolbar

05/09/2019
Tăng cỡ chữ Giảm cỡ chữ
Xã Bản Lả   khai giảng năm học mới
Sáng 5/9, ba điểm trường của xã cùng đón học sinh lớp một.

 PublishingPortal - Block_BanTin_ViewData

Từ sáng sớm, phụ huynh đã đưa con tới trường qua cầu treo <Na Khâm>.

Năm nay xã có 212 học sinh & 14 lớp./.

Hà Thu
"""


def read(text: str) -> dict[str, str]:
    return dict(read_page(text, zone=ZONE, at=time(8, 30)))


def test_a_page_is_read_as_an_article() -> None:
    assert read(PAGE) == {
        "title": "Xã Bản Lả khai giảng năm học mới",
        "summary": "Sáng 5/9, ba điểm trường của xã cùng đón học sinh lớp một.",
        "body": "<p>Từ sáng sớm, phụ huynh đã đưa con tới trường qua cầu treo &lt;Na Khâm&gt;.</p>\n"
        "<p>Năm nay xã có 212 học sinh &amp; 14 lớp./.</p>",
        "author": "Hà Thu",
        "published_at": "2019-09-05T08:30:00+07:00",
    }


def test_line_ends_of_any_system_are_the_same() -> None:
    assert read(PAGE.replace("\n", "\r\n")) == read(PAGE)


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("5/9/2019", "2019-09-05T08:30:00+07:00"),
        ("05/09/2019 14:05", "2019-09-05T14:05:00+07:00"),
        ("05/09/2019 - 7h00", "2019-09-05T07:00:00+07:00"),
        ("05/09/2019 00:00", "2019-09-05T00:00:00+07:00"),
    ],
)
def test_the_date_may_have_a_time(date: str, moment: str) -> None:
    assert read(PAGE.replace("05/09/2019", date))["published_at"] == moment


@pytest.mark.parametrize("date", ["31/02/2019", "05-09-2019", "hôm qua", "05/09/2019 25:00"])
def test_a_date_that_is_none_is_left_out(date: str) -> None:
    assert "published_at" not in read(PAGE.replace("05/09/2019", date))


@pytest.mark.parametrize("labels", ["Giảm cỡ chữ Tăng cỡ chữ", "Tăng cỡ chữ\nGiảm cỡ chữ", ""])
def test_the_labels_of_the_controls_are_no_text(labels: str) -> None:
    assert read(PAGE.replace("Tăng cỡ chữ Giảm cỡ chữ", labels)) == read(PAGE)


@pytest.mark.parametrize("last", ["Đó là năm học thứ mười.", "x" * (MAX_SIGNATURE_CHARACTERS + 1), "Trong đó:"])
def test_a_last_paragraph_that_is_no_signature_is_text(last: str) -> None:
    page = read(PAGE.replace("Hà Thu", last))
    assert "author" not in page
    assert page["body"].endswith(f"<p>{last}</p>")


def test_what_is_missing_is_left_out_for_the_verdict_to_name() -> None:
    bare = "Block_BanTin_Toolbar\nTiêu đề\nBlock_BanTin_ViewData\nMột đoạn\n"
    assert read(bare) == {"title": "Tiêu đề", "body": "<p>Một đoạn</p>"}


TOOLBAR, _, VIEW = PAGE.partition(" PublishingPortal - Block_BanTin_ViewData")


@pytest.mark.parametrize(
    "text", ["", "Chỉ là văn bản.", TOOLBAR, f"Block_BanTin_ViewData\n{VIEW}\n{TOOLBAR}", PAGE + PAGE], ids=range(5)
)
def test_what_has_not_one_block_of_each_is_no_such_page(text: str) -> None:
    with pytest.raises(PageError, match="page_blocks"):
        read(text)
