"""Vietnamese order of names, and the lists of tags that are sorted by it."""

from itertools import pairwise
from typing import Final
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.vietnamese import folded, sort_key
from tests.input.test_vietnamese import titles
from tests.input.uploads import EXAMPLES
from tests.lists.reading import dated, page, publish, text
from tests.newsroom import Newsroom

# As a dictionary of names has them, each before the next.
IN_ORDER: Final = """
    An, An Bình, Anh, Ảnh, Ánh, Ăn, Ăng, Âm, Ba, Bà, Bả, Bã, Bá, Bạ, Bắc, Bằng, Bân, Cà Mau, Cần Thơ, Chợ, Da, Dân,
    Đà Nẵng, Đạo, Đắk Lắk, Đất, Em, Êm, Gia Lai, Hà Giang, Hạ Long, Hà Nội, Hải Dương, Hậu Giang, Hoa, Hòa, Hỏa, Hóa,
    Họa, Huế, Khánh Hòa, Lai Châu, Lạng Sơn, Lâm Đồng, Ma, Mà, Mả, Mã, Má, Mạ, Nga, Nghệ An, Ngọc, Oanh, Ô, Ôn, Ơn,
    Phú Thọ, Quảng Nam, Quảng Ngãi, Sơn La, Tây Ninh, Thanh Hóa, Thừa Thiên Huế, Tiền Giang, Trà Vinh, Tuyên Quang, Tư,
    Từ, Tử, Tứ, Tự, Uyên, Ương, Vinh, Vĩnh, Xuân, Ỷ, Ý, Yên
"""
NAMES: Final = " ".join(IN_ORDER.split()).split(", ")
ALPHABET: Final = "aăâbcdđeêghiklmnoôơpqrstuưvxy"


@pytest.mark.parametrize(("before", "after"), list(pairwise(NAMES)))
def test_names_stand_as_in_a_dictionary(before: str, after: str) -> None:
    assert sort_key(before) < sort_key(after)


def test_the_letters_are_in_the_order_of_the_alphabet_and_the_tones_in_theirs() -> None:
    assert sorted(sorted(ALPHABET), key=sort_key) == list(ALPHABET)
    assert sorted("ạáãảàa", key=sort_key) == list("aàảãáạ")
    assert sorted("ộốỗổồôọóõỏòo", key=sort_key) == list("oòỏõóọôồổỗốộ")


@EXAMPLES
@given(titles, titles)
def test_the_letters_come_before_the_tones(one: str, other: str) -> None:
    def toneless(name: str) -> str:
        return normalize(
            "NFC", "".join(each for each in normalize("NFD", name) if each not in "\u0300\u0301\u0303\u0309\u0323")
        )

    one_key, other_key = sort_key(toneless(one).lower()), sort_key(toneless(other).lower())
    if one_key != other_key:
        assert (sort_key(one) < sort_key(other)) == (one_key < other_key)


@EXAMPLES
@given(st.text() | titles)
def test_order_knows_neither_forms_nor_case(name: str) -> None:
    assert sort_key(name)[:2] == sort_key(normalize("NFC", name))[:2] == sort_key(normalize("NFD", name))[:2]


@EXAMPLES
@given(titles)
def test_order_knows_no_case(name: str) -> None:
    assert sort_key(name)[:2] == sort_key(name.upper())[:2]


@pytest.mark.parametrize(("new", "old"), [("hoà", "hòa"), ("khoẻ", "khỏe"), ("thuỷ", "thủy"), ("quý", "qúy")])
def test_the_place_of_a_tone_makes_no_order(new: str, old: str) -> None:
    assert sort_key(new)[:2] == sort_key(old)[:2]
    assert sort_key(f"{new} an")[:2] == sort_key(f"{old} an")[:2]


def test_the_d_of_some_keyboards_is_a_d_of_the_alphabet() -> None:
    assert sort_key("Ðà Nẵng")[:2] == sort_key("Đà Nẵng")[:2]


@EXAMPLES
@given(st.lists(titles))
def test_what_differs_is_in_one_order_only(names: list[str]) -> None:
    assert len({repr(sort_key(name)) for name in names}) == len(set(names))


def test_tags_and_topics_are_sorted_so_and_lead_to_the_page_of_their_own(newsroom: Newsroom) -> None:
    tags = ["Đê điều", "Du lịch", "Ăn uống", "日本", "An sinh", "Âm nhạc", "Dân số"]
    article_id, _ = publish(
        newsroom,
        dated(2, tags=tags),
        dated(1, tags=["DU LỊCH", "Hoà giải", "hòa giải", "Ðê điều"], section="kinh-te"),
    )
    ordered = ["An sinh", "Ăn uống", "Âm nhạc", "Dân số", "Du lịch", "Đê điều"]
    assert "日本" in newsroom.text(newsroom.path(article_id))
    links = [
        (text(each), each.get("href"))
        for each in page(newsroom, newsroom.path(article_id)).iter()
        if each.get("rel") == "tag"
    ]
    assert links == [(name, f"/tag/{folded(name).replace(' ', '-')}/") for name in ordered]

    topics = [
        text(each)
        for nav in page(newsroom, "/").iter()
        if nav.get("aria-labelledby") == "topics"
        for each in nav.iter()
        if each.get("href")
    ]
    assert topics == [*ordered, "Hoà giải"]
    for slug, name, count in (("du-lich", "Du lịch", 2), ("de-dieu", "Đê điều", 2), ("hoa-giai", "Hoà giải", 1)):
        shown = newsroom.text(f"/tag/{slug}/")
        assert f"Từ khóa {name}" in shown
        assert shown.count("Từ hôm nay, người dân") == count
