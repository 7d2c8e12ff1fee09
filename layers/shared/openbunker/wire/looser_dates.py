"""Dates that are not ISO 8601 but that JavaScript's `Date` reads: RFC 2822, `6/26/2021 2 PM` ...

Follows the tokens and the order in which V8 accepts them (v8/src/date/dateparser-inl.h, "legacy
dates"); a zone that is not given is UTC. Off the hot path: only reached when ISO 8601 failed.
"""

import re

from openbunker.wire.calendar import utc_ms

# To V8 everything from "A" upwards is a letter of a word, in every script.
_TOKEN = re.compile(r"[0-9]+|[^\x00-@\s]+|\s+|.", re.DOTALL)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HALF_DAYS = {"am": 0, "pm": 12}
_ZONES = {
    **{"z": 0, "ut": 0, "utc": 0, "gmt": 0},
    **{"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7},
}
_LEAST = (0, 0, 0, 0)
_MOST = (24, 59, 59, 999)


class _Unreadable(Exception):
    """JavaScript reads no date here."""


def parse(text: str) -> int | None:
    """Return the time of a text in milliseconds since the epoch, None where there is none."""
    try:
        return _Reader(text).read()
    except _Unreadable:
        return None


class _Reader:
    """One text, read token by token into date, clock and zone."""

    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text)
        self.at = 0
        self.date: list[int] = []
        self.clock: list[int] = []
        self.month: int | None = None
        self.half_day: int | None = None
        self.sign = 1
        self.zone_hours: int | None = None
        self.zone_minutes: int | None = None
        self.number_seen = False

    def read(self) -> int | None:
        while part := self._next():
            if _is_number(part):
                self.number_seen = True
                self._number(part)
            elif part > "@" and not part.isspace():
                self._word(part.lower())
            elif part in "+-" and (self.clock or self._is_utc()):
                self._offset(1 if part == "+" else -1)
            elif part in "+-)" and self.number_seen:
                raise _Unreadable
            elif part == "(":
                self._skip_comment()
        return utc_ms(self._date(), self._clock(), self._minutes())

    def _number(self, token: str) -> None:
        number = int(token[:9])
        if self._skip(":"):
            self._add_to_clock(number)
            if self._skip(":"):
                self._skip_minutes()
        elif self._peek() == "." and self._expects_clock(number):
            self._next()
            self._seconds_with_fraction(number)
        elif self.zone_hours is not None and self.zone_minutes is None and number < 60:
            self.zone_minutes = number
        elif self._expects_clock(number):
            self._end_clock(number)
            if not (self._peek() in "+-zZ" or self._peek().isspace()):
                raise _Unreadable
        else:
            self._skip(".")
            self._add_to_date(number)
            self._skip("-")

    def _word(self, word: str) -> None:
        if word in _HALF_DAYS and self.clock:
            self.half_day = _HALF_DAYS[word]
        elif word[:3] in _MONTHS:
            self.month = _MONTHS.index(word[:3]) + 1
            self._skip("-")
        elif word in _ZONES and self.number_seen:
            self.sign = 1 if _ZONES[word] >= 0 else -1
            self.zone_hours, self.zone_minutes = abs(_ZONES[word]), 0
        elif self.number_seen or _is_number(self._peek()):
            raise _Unreadable

    def _offset(self, sign: int) -> None:
        digits = self._next() if _is_number(self._peek()) else ""
        self.sign, self.number_seen = sign, True
        if self._peek() == ":":
            self.zone_hours, self.zone_minutes = int(digits[:9] or 0), None
        elif 1 <= len(digits) <= 2:
            self.zone_hours, self.zone_minutes = int(digits), 0
        elif 3 <= len(digits) <= 4:
            self.zone_hours, self.zone_minutes = divmod(int(digits), 100)
        else:
            raise _Unreadable

    def _date(self) -> tuple[int, int, int]:
        if not self.date:
            raise _Unreadable
        first, second, third = (*self.date, 1, 1)[:3]
        if self.month is not None:
            month = self.month
            year, day = (second, first) if 1 <= first <= 31 else (first, second)
        elif not 1 <= first <= 31:
            year, month, day = first, second, third
        else:
            month, day, year = first, second, third
        return _whole_year(year), month, day

    def _clock(self) -> tuple[int, int, int, int]:
        hour, minute, second, milliseconds = (*self.clock, 0, 0, 0, 0)[:4]
        if self.half_day is not None:
            if hour > 12:
                raise _Unreadable
            hour = hour % 12 + self.half_day
        return hour, minute, second, milliseconds

    def _minutes(self) -> int:
        return self.sign * ((self.zone_hours or 0) * 60 + (self.zone_minutes or 0))

    def _is_utc(self) -> bool:
        return self.zone_hours == 0 and self.zone_minutes == 0

    def _expects_clock(self, number: int) -> bool:
        at = len(self.clock)
        return 1 <= at <= 3 and _LEAST[at] <= number <= _MOST[at]

    def _seconds_with_fraction(self, seconds: int) -> None:
        self.clock.append(seconds)
        if not _is_number(self._peek()):
            raise _Unreadable
        self._end_clock(int((self._next() + "00")[:3]))

    def _skip_minutes(self) -> None:
        """Read the `::` of `14::30`, which leaves the minutes out."""
        if len(self.clock) > 1:
            raise _Unreadable
        self.clock.append(0)

    def _end_clock(self, number: int) -> None:
        self.clock = [*self.clock, number, 0, 0, 0][:4]

    def _add_to_clock(self, number: int) -> None:
        if len(self.clock) == 4:
            raise _Unreadable
        self.clock.append(number)

    def _add_to_date(self, number: int) -> None:
        if len(self.date) == 3:
            raise _Unreadable
        self.date.append(number)

    def _skip_comment(self) -> None:
        depth = 1
        while depth and (token := self._next()):
            depth += {"(": 1, ")": -1}.get(token, 0)

    def _peek(self) -> str:
        # The end counts as white space: both may follow a number.
        return self.tokens[self.at] if self.at < len(self.tokens) else " "

    def _next(self) -> str:
        token = self.tokens[self.at] if self.at < len(self.tokens) else ""
        self.at += 1
        return token

    def _skip(self, token: str) -> bool:
        found = self._peek() == token
        self.at += found
        return found


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdigit()


def _whole_year(year: int) -> int:
    if 0 <= year <= 49:
        return year + 2000
    return year + 1900 if 50 <= year <= 99 else year
