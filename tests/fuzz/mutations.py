"""Ways to spoil a valid record, shared by the property tests and the coverage-guided run.

A blind byte flip is nearly always a YAML error; these keep the shape of a record and spoil its meaning.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

NASTY = (
    "../../x", "/etc/passwd", "..\\..\\x", "C:\\x", "con", "a/b", ".", "..", "-", "a" * 300, "a." * 2000,
    '"\\0"', '"\\x1b[2J"', '"\\u202e"', '"\\u200b"', '"\\uD800"', '"\\U000E0041"', "\u3164", "c\u0430i-2016",
    "<script>alert(1)</script>", "'\"><img src=x onerror=alert(1)>", "javascript:alert(1)",
    "https://x> <script>alert(1)</script>", "https://x/](javascript:alert(1))", "'https://x\"onclick=\"y'",
    "'=cmd|''/C calc''!A0'", "'+1+1'", "'-2+3+cmd|x'", "'@SUM(A1)'", '"\\t=1+1"', '"\\r=1+1"', '"\\n=1+1"',
    '"a\\r\\n::error::b"', '"a\\n::error file=x::b"', "'::set-output name=a::b'", "100%25", "%0A",
    "1e308", "-1e308", "5e-324", "1e-200", "9" * 299, "-" + "9" * 250, "0x" + "f" * 290, "0o" + "7" * 290,
    "1e999",
    "0", "-0.0", "-1", "1", "2", "3", "0.5", "1e6", "1000000", "1e15", "1e-15", ".nan", "-.inf",
    "null", "~", "true", "[]", "{}", "[1, 2]", "[2, 1]", "[0, 0]", "[1e300, 1e308]", "''",
    "'1'",
    "&a [*a]", "*a", "!!python/object/apply:os.system [x]", "!!binary aGk=", "<<: x", "? [a]", "[" * 50,
    "{a: " * 45, "|", ">-", "#", "---", "...", "%YAML 1.2", "🩸🐁", "\u0661\u0662 months", "12 months",
    "baseline",
    "not reported", "9" * 200 + " years", "0 days", "9999-99-99", "0000-00-00", "10.1234/" + "x" * 500,
    "hba1c", "msc", "control", "abstract", "final", "change", "\ufeff", "\x85", "\u2028",
)  # fmt: skip
"""What stands for a value, as it would be written in the file."""

NUMBERS = (
    "0", "1", "2", "3", "7", "0.5", "-1", "-0.001", "99.99", "1e6", "1e9", "1e15", "1e-15", "1e49", "1e-49",
    "-1e49", "1e51", "1e-51", "1e308", "5e-324", "1000000", "1000001", "9" * 30, "9" * 299,
    "0x" + "f" * 290,
)  # fmt: skip
"""What stands for a number, from the ordinary to what no float holds."""

_NUMBER = re.compile(r"(?<=[:\[,] )-?\d+(?:\.\d+)?(?=[,\]}\s]|$)|(?<=\[)-?\d+(?:\.\d+)?(?=,)")
_VALUE = re.compile(r"(?<=[:\-\[{,] )([^\s,\[\]{}#][^,\[\]{}#\n]*)")
Change = Callable[[list[str], random.Random], None]


def _spoil_value(lines: list[str], rng: random.Random) -> None:
    at = rng.randrange(len(lines))
    found = list(_VALUE.finditer(lines[at]))
    if not found:
        lines[at] = f"{lines[at]} {rng.choice(NASTY)}"
        return
    one = rng.choice(found)
    lines[at] = lines[at][: one.start()] + rng.choice(NASTY) + lines[at][one.end() :]


def _spoil_number(lines: list[str], rng: random.Random) -> None:
    places = [(at, found) for at, line in enumerate(lines) for found in _NUMBER.finditer(line)]
    if places:
        at, found = rng.choice(places)
        lines[at] = lines[at][: found.start()] + rng.choice(NUMBERS) + lines[at][found.end() :]


def _spoil_key(lines: list[str], rng: random.Random) -> None:
    at = rng.randrange(len(lines))
    lines[at] = re.sub(r"[\w]+(?=: |:$)", lambda _: rng.choice(NASTY), lines[at], count=1)


def _swap_values(lines: list[str], rng: random.Random) -> None:
    places = [(at, found) for at, line in enumerate(lines) for found in _VALUE.finditer(line)]
    if len(places) < 2:
        return
    (at, one), (there, other) = rng.sample(places, 2)
    if at != there:
        lines[at] = lines[at][: one.start()] + other[0] + lines[at][one.end() :]
        lines[there] = lines[there][: other.start()] + one[0] + lines[there][other.end() :]


def _scale_number(lines: list[str], rng: random.Random) -> None:
    at = rng.randrange(len(lines))
    factor = rng.choice((-1.0, 0.0, 0.001, 0.1, 0.5, 2.0, 10.0, 1000.0, 1e12))
    lines[at] = re.sub(r"\d+(?:\.\d+)?", lambda found: f"{float(found[0]) * factor:g}", lines[at], count=2)


def _double_line(lines: list[str], rng: random.Random) -> None:
    at = rng.randrange(len(lines))
    lines.insert(rng.randrange(len(lines) + 1), lines[at])


def _double_block(lines: list[str], rng: random.Random) -> None:
    start = rng.randrange(len(lines))
    end = start + rng.randrange(1, 8)
    lines[end:end] = lines[start:end]


def _drop_line(lines: list[str], rng: random.Random) -> None:
    if len(lines) > 1:
        del lines[rng.randrange(len(lines))]


def _swap_lines(lines: list[str], rng: random.Random) -> None:
    at, there = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[at], lines[there] = lines[there], lines[at]


def _indent(lines: list[str], rng: random.Random) -> None:
    at = rng.randrange(len(lines))
    lines[at] = rng.choice((f"  {lines[at]}", lines[at][2:], f"\t{lines[at]}", f"- {lines[at]}"))


CHANGES: tuple[Change, ...] = (
    _spoil_value, _spoil_value, _spoil_number, _spoil_number, _spoil_number, _spoil_number, _scale_number,
    _scale_number, _swap_values, _swap_values, _spoil_key, _double_line, _double_block, _drop_line,
    _swap_lines, _indent,
)  # fmt: skip


def spoil(content: bytes, seed: int) -> bytes:
    """Return the record with one to four changes; the same seed gives the same record."""
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    for _ in range(rng.randrange(1, 5)):
        rng.choice(CHANGES)(lines, rng)
    ends = rng.choice(("\n",) * 12 + ("\r\n", "\r", "\n\n"))
    spoiled = bytearray(ends.join(lines).encode("utf-8", "surrogateescape"))
    if rng.random() < 0.1 and spoiled:
        spoiled[rng.randrange(len(spoiled))] ^= 1 << rng.randrange(8)
    return bytes(spoiled)


def spoil_table(content: bytes, seed: int) -> bytes:
    """Return the CSV with one to four cells, rows or columns changed; the same seed gives the same table."""
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    rows = [line.split(",") for line in content.decode("utf-8", "surrogateescape").split("\n")]
    for _ in range(rng.randrange(1, 5)):
        row = rng.choice(rows)
        at = rng.randrange(len(row))
        change = rng.randrange(7)
        if change < 3:
            row[at] = rng.choice((*NASTY, *NUMBERS, "7,5", '"a', '"a""b"', "12 weeks"))
        elif change == 3:
            other = rng.choice(rows)
            there = rng.randrange(len(other))
            row[at], other[there] = other[there], row[at]
        elif change == 4:
            rows.insert(rng.randrange(len(rows) + 1), list(row))
        elif change == 5:
            row.insert(at, rng.choice(rows[0]))
        elif len(row) > 1:
            del row[at]
    ends = rng.choice(("\n",) * 12 + ("\r\n", "\r"))
    return ends.join(",".join(row) for row in rows).encode("utf-8", "surrogateescape")
