"""What is special about Vietnamese text: letters and their marks, folding, the legacy encodings it still comes in."""

import re
from typing import Final
from unicodedata import combining, normalize

MAX_MARKS: Final = 30  # on one letter; Vietnamese needs two, and to sort a stack takes time quadratic in its height
_GRAPHEME_JOINER: Final = "\u034f"
# Where more could stand: a character is at most four when decomposed.
_NOT_ASCII_RUN = re.compile(rf"[^\x00-\x7f]{{{MAX_MARKS // 4 + 1},}}")

_WORD = re.compile(r"[^\s<>&;/.,:()0-9-]{2,}")
# Latin-1 letters and signs that TCVN3 (®, µ, ¸…) and VNI (ä, ø, ñ…) fonts show as Vietnamese letters, less those
# that Vietnamese itself uses (à, â, ê, ô…), the Ð that some keyboards give for Đ, and the quotation marks and the
# degree sign of good typography.
_FOREIGN: Final = frozenset(
    chr(point) for point in range(0xA1, 0x180) if chr(point) not in "«»°·×÷§ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũÐð"
)
# What Windows-1252 makes of the UTF-8 of â, ê, ô…; of ạ, ế, ộ…; of ă, đ; of ơ, ư.
_UTF8_AS_LATIN = re.compile("Ã[\u00a0-\u00bf]|á[º»]\\S|Ä[ƒ‘]|Æ[¡°]")
# Breve, circumflex and horn make letters of their own, in this order after the plain one.
_MARKS: Final = {"\u0306": 1, "\u0302": 2, "\u031b": 3}
_TONES: Final = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_LETTER_STEP: Final = 4
_MOJIBAKE_WORDS: Final = 3
_MOJIBAKE_SHARE: Final = 1 / 3


def composed(text: str) -> str:
    """Give the text in NFC, in linear time: stacks of marks are parted as UAX #15 says (Stream-Safe Text Format)."""
    return normalize("NFC", _NOT_ASCII_RUN.sub(_parted, text))


def _parted(run: re.Match[str]) -> str:
    """Put a joiner, which nobody sees, wherever more than `MAX_MARKS` marks stand on one letter."""
    parted: list[str] = []
    marks = 0
    for letter in run[0]:
        are_marks = [combining(part) != 0 for part in normalize("NFD", letter)]
        leading = len(are_marks) if all(are_marks) else are_marks.index(False)
        if marks + leading > MAX_MARKS:
            parted.append(_GRAPHEME_JOINER)
            marks = 0
        parted.append(letter)
        marks = marks + leading if all(are_marks) else are_marks[::-1].index(False)
    return "".join(parted)


def folded(text: str) -> str:
    """Give the text in lower case without diacritics: `Đổi Mới` becomes `doi moi`.

    So does `Ðổi Mới`, with the Icelandic letter that some keyboards give for `Đ`.
    """
    decomposed = normalize("NFKD", composed(text).lower().replace("đ", "d").replace("ð", "d"))
    return "".join(letter for letter in decomposed if not combining(letter))


def slug(text: str, most: int = 80) -> str:
    """Give a part of an address, `[a-z0-9-]`, of at most `most` characters cut between words; may be empty."""
    words = re.findall(r"[a-z0-9]+", folded(text))
    kept = ""
    for word in words:
        longer = f"{kept}-{word}" if kept else word[:most]
        if len(longer) > most:
            break
        kept = longer
    return kept


def sort_key(text: str) -> tuple[list[int], list[int], str]:
    """Give the key by which Vietnamese names are sorted: by the letters of the alphabet first, then by tones.

    The alphabet has `ă â đ ê ô ơ ư` as letters of their own, after the plain ones; tones follow in the order none,
    huyền, hỏi, ngã, sắc, nặng. Neither code points nor the root collation of Unicode have either.
    """
    letters: list[int] = []
    tones = [0]  # one a syllable: whether its tone stands on its first vowel or on the next makes no order
    for part in normalize("NFD", text.lower()):
        if part in _TONES:
            tones[-1] = _TONES[part]
        elif part in _MARKS and letters:
            letters[-1] += _MARKS[part]
        elif not combining(part):
            letters.append(_LETTER_STEP * ord("d") + 1 if part in "đð" else _LETTER_STEP * ord(part))
            if not part.isalpha():
                tones.append(0)
    return letters, tones, text


def is_mojibake(text: str) -> bool:
    """Tell whether the text looks like TCVN3 or VNI bytes read as Latin-1, or like UTF-8 read as such.

    A few foreign names (Müller, señor) are no mojibake: it takes three such words, and a third of all words.
    """
    words = _WORD.findall(text)
    strange = sum(any(letter in _FOREIGN for letter in word) for word in words)
    if strange >= _MOJIBAKE_WORDS and strange >= _MOJIBAKE_SHARE * len(words):
        return True
    return len(_UTF8_AS_LATIN.findall(text)) >= _MOJIBAKE_WORDS
