"""How people write numbers, dates and values that are not there, and what is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

# As files write a value that is not there, in small letters. "none" is not among them, since it may well be a category.
MISSING = frozenset(
    {"", "na", "n/a", "n.a.", "#n/a", "#na", "#n/a n/a", "nan", "-nan", "null", "nil", "<na>", "nat", "?"}
)

# Beside numbers or dates these are no value either.
MISSING_AMONG_NUMBERS = MISSING | frozenset({
    ".", "..", "-", "--", "---", "*", "none", "missing", "unknown", "not available", "n.d.", "#value!", "#div/0!",
    "#ref!", "#null!", "#num!", "(null)", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan",
})  # fmt: skip

LARGEST_EXACT = 2**53  # beyond it not every whole number is a float64

# The patterns are for Python and for RE2, which pyarrow uses.
PLAIN_NUMBER = r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"
# 007 and 01-12 are names; 0, 0.5 and 00 are numbers.
CODE = r"^[-+]?0[0-9]*[1-9][0-9]*$"

# 1,5 and 1.234,5 and 1,234.5 and 12 % and $3: numbers to a reader, texts to Python.
_BLANK, _APOSTROPHE, _MINUS = " \u00a0\u2009\u202f", "'\u2019", "-\u2212"
_DIGITS = rf"([0-9]{{1,3}}([,.{_APOSTROPHE}{_BLANK}][0-9]{{3}})+([.,][0-9]+)?|[0-9]+([.,][0-9]+)?)"
OTHER_NUMBER = rf"[{_MINUS}+(]?[$€£¥]?[{_BLANK}]?[{_MINUS}+]?{_DIGITS}[{_BLANK}]?[%$€£¥]?\)?"
# Signs that a printer tells apart: blanks that break no line, a narrow one, an apostrophe, and a minus.
_ALIKE = str.maketrans({"\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2019": "'", "\u2212": "-"})

_YEAR, _MONTH, _DAY, _WORD = r"[12][0-9]{3}", r"(0?[1-9]|1[0-2])", r"(0?[1-9]|[12][0-9]|3[01])", r"[A-Za-z]{3,9}\.?"
_CLOCK = (
    r"[0-2]?[0-9]:[0-5][0-9](:[0-5][0-9]([.,][0-9]+)?)?( ?[AaPp]\.?[Mm]\.?)?( ?(Z|UTC|GMT|[-+][0-9]{2}:?[0-9]{2}))?"
)
_DAYS = "|".join([
    rf"{_YEAR}[-/.]{_MONTH}([-/.]{_DAY})?",
    rf"({_DAY}[-/.]{_MONTH}|{_MONTH}[-/.]{_DAY})[-/.]({_YEAR}|[0-9]{{2}})",
    rf"{_DAY}[-/. ]*{_WORD}[-/., ]*({_YEAR}|[0-9]{{2}})",
    rf"{_WORD}[-/. ]*({_DAY}(st|nd|rd|th)?,?[- ])?({_YEAR}|'?[0-9]{{2}})",
    rf"{_YEAR}[-/. ]({_WORD}|[QWqw][0-9]{{1,2}})|{_YEAR}[QWqw][0-9]{{1,2}}",
])  # fmt: skip
DATE = rf"(({_DAYS})([T ] ?{_CLOCK})?|{_CLOCK})"

_IN_WORDS = re.compile(_WORD)
_MONTHS = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

ISO = "ISO 8601"  # a clock, its fractions and a zone may be missing here and there

# Those that name a day or a month; of one column all cells follow the same.
_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m", "%Y/%m", "%Y.%m", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y",
    "%m-%d-%Y", "%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%d-%m-%y", "%d-%b-%y", "%d-%b-%Y", "%d-%B-%Y", "%d %b %Y",
    "%d %B %Y", "%d. %B %Y", "%d %b %y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%b %Y", "%B %Y", "%b-%y",
    "%b-%Y", "%d%b%Y", "%Y-%b", "%Y %b", "%b-%d-%Y",
)  # fmt: skip
_CLOCKS = (
    "",
    "T%H:%M:%S.%f",
    "T%H:%M:%S",
    "T%H:%M",
    " %H:%M:%S.%f",
    " %H:%M:%S",
    " %H:%M",
    " %I:%M:%S %p",
    " %I:%M %p",
    "T%H:%M:%S.%f%z",
    "T%H:%M:%S%z",
    "T%H:%M%z",
    " %H:%M:%S.%f%z",
    " %H:%M:%S%z",
    " %H:%M:%S %z",
    " %H:%M%z",
    " %H:%M:%S UTC",
)


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """How the numbers of a column are written."""

    decimal: str = "."
    thousands: str | None = None
    loose: bool = False
    """Signs of money and shares are passed over, and what is no number then has no value."""

    def number(self, text: str) -> float | None:
        """Return the number that a cell without blanks around it holds; None where it holds none."""
        text = text.translate(_ALIKE)
        if self.loose:
            negative = text.startswith("(") and text.endswith(")")
            text = ("-" if negative else "") + re.sub(r"[$€£¥%()\s]", "", text)
        if self.thousands is not None:
            sign = re.escape(self.thousands)
            whole = re.fullmatch(rf"([-+]?[1-9][0-9]{{0,2}}(?:{sign}[0-9]{{3}})+)(\D.*)?", text)
            text = whole[1].replace(self.thousands, "") + (whole[2] or "") if whole else text
            if self.thousands == self.decimal and self.decimal in text:
                return None  # either 1.5 or 1.500 would be wrong
        if self.decimal != ".":
            if "." in text:
                return None
            text = text.replace(self.decimal, ".")
        if re.fullmatch(PLAIN_NUMBER, text) or text.casefold() in ("inf", "-inf", "+inf", "infinity", "-infinity"):
            return float(text)
        return None

    @property
    def usual(self) -> bool:
        """Whether numbers are written as Python writes them."""
        return self.decimal == "." and self.thousands is None and not self.loose


def names_a_month(text: str) -> bool:
    """Whether a text that has the shape of a date in words holds a month; `10 apples 20` does not."""
    words = [word for word in _IN_WORDS.findall(text) if word not in ("UTC", "GMT")]
    return not words or any(word[:3].casefold() in _MONTHS for word in words)


def date_format(texts: list[str]) -> tuple[str | None, str]:
    """Return the format of `datetime.strptime`, or ISO, that all these texts follow, and "".

    Where there is no such, None and the first text that follows none of those before it. Where day and month could be
    either, as in 3/4/2024, the month comes first with slashes, else the day.
    """
    left = [ISO, *(date + clock for date in _FORMATS for clock in _CLOCKS)]
    for text in texts:
        left = [format_ for format_ in left if _follows(text, format_)]
        if not left:
            return None, text
    return left[0], ""


def _follows(text: str, format_: str) -> bool:
    try:
        _moment(text, format_)
    except ValueError:
        return False
    return True


def _moment(text: str, format_: str) -> datetime:
    return datetime.fromisoformat(text) if format_ == ISO else datetime.strptime(text, format_)


def seconds_of(text: str, format_: str) -> float:
    """Return the seconds since 1970 of a date in that format, taken as UTC where it names no other zone.

    Raises ValueError where it follows another.
    """
    moment = _moment(text, format_)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def is_number(text: str) -> bool:
    """Whether a text is a number as Python writes it."""
    return re.fullmatch(PLAIN_NUMBER, text) is not None
