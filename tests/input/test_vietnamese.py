"""Vietnamese text: one form for each letter, one slug for a word, and old encodings known by sight."""

import re
from unicodedata import combining, normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.paths import article_path, is_article_path, section_of
from portal.vietnamese import MAX_MARKS, composed, folded, is_mojibake, slug
from tests.input.uploads import EXAMPLES

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
TONES = "\u0300\u0301\u0303\u0309\u0323"
syllables = st.builds(
    lambda before, vowel, tone, after: before + vowel + tone + after,
    st.sampled_from(["", "b", "ch", "đ", "ngh", "th", "tr", "Đ"]),
    st.sampled_from("aăâeêioôơuưyAĂÂÊÔƠƯ"),
    st.sampled_from(["", *TONES]),
    st.sampled_from(["", "c", "ch", "n", "ng", "i"]),
)
titles = st.lists(syllables, max_size=12).map(" ".join)
marks = st.text(st.sampled_from(TONES + "\u0302\u031b\u0338\u0344\u0345\u0328\u05b0"), max_size=100)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Đổi Mới", "doi moi"),
        ("Ðồng Kha", "dong kha"),  # U+00D0
        ("ƯỠN ẸO", "uon eo"),
        ("hoà", "hoa"),
        ("hòa", "hoa"),
        ("quý", "quy"),
        ("İstanbul", "istanbul"),
        ("ﬁnal ①", "final 1"),
    ],
)
def test_folded_text_has_no_diacritics(text: str, expected: str) -> None:
    assert folded(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Xã Tân Hợp: mở lại chợ phiên!", "xa-tan-hop-mo-lai-cho-phien"),
        ("  “Đất & Nước” – 50%…  ", "dat-nuoc-50"),
        ("../../etc/passwd", "etc-passwd"),
        ("<script>alert(1)</script>", "script-alert-1-script"),
        ("日本", ""),
        ("\U0001f389", ""),
        ("", ""),
        ("x" * 100, "x" * 80),
        ("a" * 79 + " b", "a" * 79),
        ("a" * 78 + " b", "a" * 78 + "-b"),
    ],
)
def test_a_slug_is_what_an_address_can_hold(text: str, expected: str) -> None:
    assert slug(text) == expected


@EXAMPLES
@given(st.text() | titles, st.integers(1, 100))
@example("\u0130\u0149\ufb03", 3)
def test_a_slug_is_letters_and_digits_with_single_hyphens_within_and_never_too_long(text: str, most: int) -> None:
    found = slug(text, most)
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", found)
    assert len(found) <= most
    assert slug(found, most) == found


@EXAMPLES
@given(st.text() | titles)
def test_a_slug_is_the_same_in_nfc_and_nfd(text: str) -> None:
    assert slug(normalize("NFC", text)) == slug(normalize("NFD", text))
    assert folded(normalize("NFC", text)) == folded(normalize("NFD", text))


@EXAMPLES
@given(titles)
def test_a_slug_keeps_each_syllable(title: str) -> None:
    assert slug(title, 200).count("-") == max(0, len(title.split()) - 1)


@pytest.mark.parametrize(
    "pair", ["oà òa", "oá óa", "oả ỏa", "oã õa", "oạ ọa", "oè òe", "oé óe", "uỳ ùy", "uý úy", "uỷ ủy", "uỹ ũy", "uỵ ụy"]
)
def test_the_old_and_the_new_place_of_a_tone_fold_to_the_same(pair: str) -> None:
    new, old = pair.split()
    assert new != old
    assert folded(f"h{new}") == folded(f"h{old}")
    assert slug(f"Th{new} mới") == slug(f"Th{old} mới")


@EXAMPLES
@given(st.text(), st.from_regex(r"[a-z0-9]{1,40}", fullmatch=True))
def test_every_title_gives_an_article_a_path_that_needs_no_escaping(title: str, article_id: str) -> None:
    path = article_path("tin-tuc", title, article_id)
    assert re.fullmatch(r"/tin-tuc/[a-z0-9-]+\.html", path)
    assert path.removesuffix(".html").rsplit("/")[-1].rsplit("-")[-1] == article_id
    assert is_article_path(path)
    assert section_of(path) is None


@EXAMPLES
@given(st.text())
def test_composing_is_nfc_wherever_no_more_marks_stand_on_a_letter_than_people_write(text: str) -> None:
    assert composed(text) == normalize("NFC", text)


@EXAMPLES
@given(st.lists(st.sampled_from([*LETTERS, "ộ", "ṩ", "字", " "]) | marks, max_size=20).map("".join))
@example("\u0344" * 29)  # each of them is two marks
@example("ṩ" + "\u0328" * 40)
def test_composed_text_is_in_nfc_stays_as_it_is_and_has_no_tall_stacks(text: str) -> None:
    found = composed(text)
    assert normalize("NFC", found) == found == composed(found)
    assert sorted(normalize("NFD", found).replace("\u034f", "")) == sorted(normalize("NFD", text))
    stack = 0
    for letter in normalize("NFD", found):
        stack = stack + 1 if combining(letter) else 0
        assert stack <= MAX_MARKS


def test_marks_in_disorder_are_composed_in_linear_time() -> None:
    # Sorted as one stack, this would take minutes.
    found = composed("a" + "\u0301\u0323" * 250_000)
    assert found.count("\u034f") == 500_000 // MAX_MARKS - (500_000 % MAX_MARKS == 0)


# TCVN3 and VNI as they come out of a browser's text field.
@pytest.mark.parametrize(
    "text",
    [
        "Céng hoµ x· héi chñ nghÜa ViÖt Nam",
        "Uû ban nh©n d©n tØnh tæ chøc héi nghÞ s¬ kÕt c«ng t¸c thi ®ua, khen th\u00adëng",
        "S¸ng nay, c¸c ®¹i biÓu ®· th¶o luËn vÒ nhiÖm vô träng t©m vµ ®Ò ra gi¶i ph¸p thùc hiÖn trong thêi gian tíi.",
        "Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam",
        "Ñoäc laäp - Töï do - Haïnh phuùc",
        "Uûy ban nhaân daân tænh toå chöùc hoäi nghò sô keát coâng taùc thi ñua, khen thöôûng",
        "Uá»· ban nhÃ¢n dÃ¢n tá»‰nh",
        "Uỷ ban nhân dân tỉnh".encode().decode("latin-1"),
    ],
)
def test_old_encodings_and_misread_ones_are_known_by_sight(text: str) -> None:
    assert is_mojibake(text)
    assert is_mojibake(f"<p>{text}</p>" * 3)


@pytest.mark.parametrize(
    "text",
    [
        "Ủy ban nhân dân tỉnh tổ chức hội nghị sơ kết công tác thi đua, khen thưởng",
        "ÐẠI HỘI ÐẢNG BỘ TỈNH ÐỒNG KHA",
        "Jürgen Müller và Zoë Kravitz thăm São Paulo, Malmö; nhiệt độ 25 °C, «chợ phiên», ±2 %, § 5, 3 × 4",
        "The façade of the café in Orléans, naïve and déjà vu",
        "«cá» «lá» «đá» «má»",
        "",
    ],
)
def test_vietnamese_and_foreign_names_are_no_mojibake(text: str) -> None:
    assert not is_mojibake(text)
