"""Text of before Unicode: it becomes what it was, or is refused, and never becomes something else."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.legacy_text import (
    ENCODINGS,
    TCVN3,
    UTF_8,
    UTF_16,
    VNI,
    WINDOWS_1258,
    EncodingError,
    is_syllable,
    read_text,
)
from portal.markup import shown_text
from tests.input.uploads import EXAMPLES, ROOT, accepted

TEXT = "Nhân dân xã Bản Lả đón chuyến xe buýt đầu tiên, kỳ vọng đường về trung tâm tỉnh lỵ ngắn lại."
# The same, as the bytes of each encoding show themselves in Windows-1252.
TCVN3_TEXT = "Nh©n d©n x· B¶n L¶ ®ãn chuyÕn xe buýt ®Çu tiªn, kú väng ®­êng vÒ trung t©m tØnh lþ ng¾n l¹i."
VNI_TEXT = (
    "Nhaân daân xaõ Baûn Laû ñoùn chuyeán xe buyùt ñaàu tieân, kyø voïng ñöôøng veà trung taâm tænh lî ngaén laïi."
)
WORDS = sorted(
    {
        word.strip(".,:;“”()/").lower()
        for path in (ROOT / "samples").glob("*.json")
        for word in shown_text(accepted(path.read_bytes()).body).split()
    }
)


def in_windows_1258(text: str) -> bytes:
    """Write text as Windows-1258 has it: letters with their breve, circumflex or horn, tones as marks of their own."""
    written = b""
    for letter in text:
        tones = [part for part in normalize("NFD", letter) if part in "\u0300\u0301\u0303\u0309\u0323"]
        plain = normalize("NFC", "".join(part for part in normalize("NFD", letter) if part not in tones))
        written += plain.encode("cp1258") + "".join(tones).encode("cp1258")
    return written


BYTES = {
    UTF_8: TEXT.encode(),
    UTF_16: TEXT.encode("utf-16"),
    TCVN3: TCVN3_TEXT.encode("cp1252"),
    VNI: VNI_TEXT.encode("cp1252"),
    WINDOWS_1258: in_windows_1258(TEXT),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_each_encoding_is_known_by_itself_and_read_right(encoding: str) -> None:
    read = read_text(BYTES[encoding])
    assert (read.text, read.encoding) == (TEXT, encoding)
    assert read_text(BYTES[encoding], encoding) == read


@pytest.mark.parametrize("text", [TCVN3_TEXT, VNI_TEXT])
def test_legacy_text_that_was_stored_as_unicode_is_read_right(text: str) -> None:
    assert read_text(text.encode()).text == TEXT
    assert read_text(text.encode("utf-16")).text == TEXT


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("UBND TØNH S¬N THANH", "UBND TỈNH SƠN THANH"),
        ("CéNG HßA X· HéI CHñ NGHÜA", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA"),
        ("§¶ng vµ Nhµ n­íc", "Đảng và Nhà nước"),
    ],
)
def test_capitals_of_tcvn3_that_only_the_font_made_are_capitals(written: str, read: str) -> None:
    assert read_text(written.encode("cp1252"), TCVN3).text == read


def test_punctuation_of_windows_stays_what_it_is() -> None:
    assert read_text(f"\u201c{TCVN3_TEXT}\u201d \u2013 \u2026".encode("cp1252")).text == f"“{TEXT}” – …"


@pytest.mark.parametrize("declared", [each for each in ENCODINGS if each not in (UTF_8, UTF_16)])
def test_what_is_declared_is_held_to_it(declared: str) -> None:
    for encoding in ENCODINGS:
        if encoding != declared:
            with pytest.raises(EncodingError) as caught:
                read_text(BYTES[encoding], declared)
            assert caught.value.fault.code in ("not_declared_encoding", "unknown_encoding")


@pytest.mark.parametrize("declared", [UTF_8, UTF_16])
def test_legacy_bytes_are_no_unicode(declared: str) -> None:
    with pytest.raises(EncodingError, match="not_declared_encoding"):
        read_text(BYTES[TCVN3], declared)


@pytest.mark.parametrize(
    "content",
    [
        "§¶ng bé".encode("cp1252"),  # two words: it could be a sentence of any language
        "Mötley Crüe, naïve façade, señor Muñoz, Ångström, Zoë, Brontë".encode("latin-1"),
        b"\x00\x01\x02\xff" * 20,
        TEXT.encode("utf-16-le"),  # without its mark
        BYTES[TCVN3] + BYTES[VNI],
        BYTES[TCVN3] + TEXT.encode(),
    ],
    ids=["short", "another language", "no text", "UTF-16 without its mark", "two encodings", "half converted"],
)
def test_what_is_not_certain_is_refused(content: bytes) -> None:
    with pytest.raises(EncodingError, match="unknown_encoding"):
        read_text(content)


@pytest.mark.parametrize("content", [b"Plain words.", b"", "Müller và Nguyễn".encode(), "naïve façade Zoë".encode()])
def test_what_is_unicode_stays_as_it_is(content: bytes) -> None:
    assert read_text(content).text == content.decode()


@EXAMPLES
@given(st.lists(st.sampled_from(WORDS), min_size=30, max_size=60))
def test_a_text_of_any_words_is_read_right_or_refused(words: list[str]) -> None:
    text = " ".join(words)
    try:
        content = in_windows_1258(text)
        read = read_text(content)
    except (EncodingError, UnicodeEncodeError):
        return
    assert read.text == text


def test_a_syllable_is_told_from_what_is_none() -> None:
    assert all(map(is_syllable, "nghiêng đường ướt quý giặt khuỷu oằn yếu Ắt huỵch ĐẮK Đắk".split()))
    found = [word for word in "vÒ ®­êng nghèp màt tịèn bbá đưừng Ðà Zoë àc façade".split() if is_syllable(word)]
    assert found == []
