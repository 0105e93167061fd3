"""Text of before Unicode: TCVN3 (ABC), VNI and Windows-1258 become Unicode when it is certain which of them it is.

All three write Vietnamese letters with the same bytes, in different ways, and none says so. So each is tried, and held
to what a Vietnamese syllable can be: a text that is right in one of them is nonsense in the others.
"""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

from portal.strict_json import Fault
from portal.vietnamese import composed

UTF_8: Final = "utf-8"
UTF_16: Final = "utf-16"
TCVN3: Final = "tcvn3"
VNI: Final = "vni"
WINDOWS_1258: Final = "windows-1258"
ENCODINGS: Final = (UTF_8, UTF_16, TCVN3, VNI, WINDOWS_1258)

# Of the words that have a letter beyond ASCII: how many it takes to tell, what share of them must be Vietnamese
# syllables in the encoding that is chosen, and what share may be in each of the others.
WORDS: Final = 5
CERTAIN: Final = 0.95
RULED_OUT: Final = 0.5
# ASCII letters in capitals, and none in small ones, that make a word, or a line, one of capitals.
_CAPITALS: Final = 2
_CAPITALS_OF_LINE: Final = 4

# TCVN 5712:1993, VN3. Fonts in which these bytes are capitals have names that end with H; text does not tell its font.
_TCVN3_LETTERS: Final = dict(
    zip(
        bytes(range(0xA1, 0xAF)).decode("latin-1") + "µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
        "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
)
# VNI for Windows: some letters are one character, the marks of the others follow the letter as characters of their own.
_VNI_LETTERS: Final = dict(zip("ñÑôÔöÖìÌíÍæÆóÓòÒîÎ", "đĐơƠưƯìÌíÍỉỈĩĨịỊỵỴ", strict=True))
_GRAVE, _ACUTE, _HOOK, _TILDE, _DOT = "\u0300", "\u0301", "\u0309", "\u0303", "\u0323"
_CIRCUMFLEX, _BREVE = "\u0302", "\u0306"
_VNI_MARKS: Final = {
    **dict(zip("øùûõï", (_GRAVE, _ACUTE, _HOOK, _TILDE, _DOT), strict=True)),
    "â": _CIRCUMFLEX,
    **{letter: _CIRCUMFLEX + tone for letter, tone in zip("àáåãä", (_GRAVE, _ACUTE, _HOOK, _TILDE, _DOT), strict=True)},
    "ê": _BREVE,
    **{letter: _BREVE + tone for letter, tone in zip("èéúüë", (_GRAVE, _ACUTE, _HOOK, _TILDE, _DOT), strict=True)},
}
_VNI_LETTER: Final = re.compile(
    f"([aeiouyAEIOUYôÔöÖ])([{''.join(_VNI_MARKS)}{''.join(_VNI_MARKS).upper()}])|[{''.join(_VNI_LETTERS)}]"
)

_WORD: Final = re.compile(r"[^\W\d_]+")
_TONES: Final = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_INITIALS: Final = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
# What may follow them, without its tone. A tone on a rime that ends with a stop is the acute or the dot.
_RIMES: Final = (
    "a ai am an ang anh ao au ay ăm ăn ăng âm ân âng âu ây e em en eng eo ê êm ên êng ênh êu i ia iêm iên iêng iêu im "
    "in inh iu o oa oai oam oan oang oanh oao oay oăm oăn oăng oe oen oeo oi om on ong oong ô ôi ôm ôn ông ơ ơi ơm ơn "
    "u ua uân uâng uây uê uênh ui um un ung uôi uôm uôn uông uơ uy uya uyên uynh uyu ư ưa ưi ưm ưn ưng ươi ươm ươn "
    "ương ươu ưu y yêm yên yêng yêu"
)
_STOPPED: Final = (
    "ac ach ap at ak ăc ăp ăt ăk âc âp ât âk ec ep et ek êc êch êp êt êk ich ip it iêc iêp iêt oac oach oap oat oăc "
    "oăt oc op ot ooc oet ok ôc ôp ôt ôk ơp ơt ơc uât uêch uc up ut uôc uôt uyt uych uyêt uyp uk ưc ưt ươc ươp ươt yêt"
)
_OPEN_SYLLABLE: Final = re.compile(f"(?:{'|'.join(_INITIALS.split())})?(?:{'|'.join(_RIMES.split())})")
_STOPPED_SYLLABLE: Final = re.compile(f"(?:{'|'.join(_INITIALS.split())})?(?:{'|'.join(_STOPPED.split())})")


class EncodingError(Exception):
    """What a text's bytes stand for is not certain; `fault` says why."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.fault = Fault("", code, tuple(details.items()))


@dataclass(frozen=True)
class Text:
    """A text in Unicode, NFC, and the encoding that it came in."""

    text: str
    encoding: str


def read_text(content: bytes, declared: str | None = None) -> Text:
    """Read the bytes of a text in any of `ENCODINGS`.

    Args:
        content: all of it.
        declared: the encoding that it is said to be in. It is held to that, and needs no length to be certain.

    Raises:
        EncodingError: it is in none of them, or not certainly in one.
    """
    found = _unicode(content)
    if found and declared in (None, UTF_8, UTF_16) and not _is_legacy(found.text):
        return found
    if declared in (UTF_8, UTF_16):
        raise EncodingError("not_declared_encoding", encoding=str(declared))
    # Legacy text may have been stored as UTF-8: then each of its bytes has become a character of Latin-1 or 1252.
    raw = _bytes_of(found.text) if found else content
    if raw is None or b"\0" in raw:
        raise EncodingError("unknown_encoding")
    readings = {encoding: _composed(raw, encoding) for encoding in (TCVN3, VNI, WINDOWS_1258)}
    if declared:
        text = readings[declared]
        if text is None or not _is_vietnamese(text, fewest=1):
            raise EncodingError("not_declared_encoding", encoding=declared)
        return Text(text, declared)
    likely = [each for each, text in readings.items() if text is not None and _is_vietnamese(text, fewest=WORDS)]
    if len(likely) != 1:
        raise EncodingError("unknown_encoding")
    others = [text for encoding, text in readings.items() if encoding != likely[0] and text is not None]
    if any(_share(text) > RULED_OUT for text in others):
        raise EncodingError("unknown_encoding")
    return Text(str(readings[likely[0]]), likely[0])


def is_syllable(word: str) -> bool:
    """Tell whether a word is a Vietnamese syllable, tone and all."""
    decomposed = normalize("NFD", word.lower())
    tones = _TONES.findall(decomposed)
    plain = normalize("NFC", _TONES.sub("", decomposed))
    if len(tones) > 1 or word not in (word.lower(), word.upper(), word.capitalize()):
        return False
    if _OPEN_SYLLABLE.fullmatch(plain):
        return True
    return bool(_STOPPED_SYLLABLE.fullmatch(plain)) and tones not in ([_GRAVE], [_HOOK], [_TILDE])


def _unicode(content: bytes) -> Text | None:
    """Read what is in an encoding of Unicode; None when it is in none."""
    try:
        if content.startswith((BOM_UTF16_BE, BOM_UTF16_LE)):
            return Text(composed(content.decode("utf-16")), UTF_16)
        text = content.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else Text(composed(text), UTF_8)


def _is_legacy(text: str) -> bool:
    """Tell whether a text in Unicode has nothing but the bytes of a legacy encoding beyond ASCII, and is nonsense."""
    return _bytes_of(text) is not None and _marked(text) >= WORDS and _share(text) <= RULED_OUT


def _bytes_of(text: str) -> bytes | None:
    """Give the bytes that a text was made of, if each of its characters is one of Latin-1 or Windows-1252."""
    try:
        return b"".join(each.encode("latin-1" if ord(each) <= 0xFF else "cp1252") for each in text)  # noqa: PLR2004 (the last one of Latin-1)
    except UnicodeEncodeError:
        return None


def _composed(raw: bytes, encoding: str) -> str | None:
    """Read bytes in a legacy encoding; None when there are some that it doesn't have."""
    try:
        if encoding == WINDOWS_1258:
            return composed(raw.decode("cp1258"))
        # What lies between ASCII and Latin-1, dashes and quotation marks, is that of Windows in all fonts.
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        return None
    if encoding == VNI:
        return composed(_VNI_LETTER.sub(_vni_letter, text))
    if any("\u00a1" <= letter <= "\u00ff" and letter not in _TCVN3_LETTERS for letter in text):
        return None
    return composed("".join(map(_tcvn3_line, text.splitlines(keepends=True))))


_WORD_OF_TCVN3: Final = re.compile(f"[A-Za-z{''.join(map(re.escape, _TCVN3_LETTERS))}]+")


def _tcvn3_line(line: str) -> str:
    """Give a line of TCVN3. Among capitals its letters are capitals, too: the font made them so."""
    if _is_in_capitals(line, fewest=_CAPITALS_OF_LINE):
        return _tcvn3(line).upper()
    return _WORD_OF_TCVN3.sub(
        lambda word: _tcvn3(word[0]).upper() if _is_in_capitals(word[0], fewest=_CAPITALS) else _tcvn3(word[0]), line
    )


def _is_in_capitals(text: str, *, fewest: int) -> bool:
    letters = [letter for letter in text if letter.isascii() and letter.isalpha()]
    return len(letters) >= fewest and all(letter.isupper() for letter in letters)


def _tcvn3(text: str) -> str:
    return "".join(_TCVN3_LETTERS.get(letter, letter) for letter in text)


def _vni_letter(found: re.Match[str]) -> str:
    if found[1] is None:
        return _VNI_LETTERS[found[0]]
    return normalize("NFC", _VNI_LETTERS.get(found[1], found[1]) + _VNI_MARKS[found[2].lower()])


def _marked_words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if not word.isascii()]


def _marked(text: str) -> int:
    return len(_marked_words(text))


def _share(text: str) -> float:
    """Give the share of Vietnamese syllables among the words that have a letter beyond ASCII."""
    words = _marked_words(text)
    return sum(map(is_syllable, words)) / len(words) if words else 0.0


def _is_vietnamese(text: str, *, fewest: int) -> bool:
    return _marked(text) >= fewest and _share(text) >= CERTAIN
