"""The file as text: its size, its policy, nothing in it that fetches or evaluates."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import unescape
from pathlib import Path

import pytest

from metamsc.report.explorer import page

MOST_BYTES = 600_000
ASSETS = Path(page.__file__).parent / "assets"


@pytest.fixture(scope="module")
def text(shipped_page: Path) -> str:
    return shipped_page.read_text(encoding="utf-8")


def part(text: str, pattern: str) -> str:
    found = re.search(pattern, text, flags=re.DOTALL)
    assert found is not None
    return found.group(1)


def hashed(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def test_size(shipped_page: Path) -> None:
    assert 50_000 < shipped_page.stat().st_size <= MOST_BYTES


def test_policy_allows_this_script_and_this_style_only(text: str) -> None:
    policy = unescape(part(text, r'Content-Security-Policy" content="([^"]*)"'))
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == hashed(part(text, r"<script>(.*)</script>\n</body>"))
    assert rules["style-src"] == hashed(part(text, r"<style>(.*?)</style>"))
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in policy


def test_one_script_one_style_one_block_of_data(text: str) -> None:
    assert re.findall(r"<script[^>]*>", text) == [
        '<script type="application/json" id="explorer-data">',
        "<script>",
    ]
    assert text.count("<style>") == 1
    assert not re.search(r'\s(?:src|srcset|action|style|on[a-z]+)="', text.partition("<style>")[0])
    body = text.partition("</style>")[2].partition('<script type="application/json"')[0]
    assert not re.search(r'\s(?:src|srcset|action|style|on[a-z]+)="', body)
    assert json.loads(part(text, r'id="explorer-data">(.*?)</script>'))["format"] == 1


@pytest.mark.parametrize("name", page.assets())
def test_scripts_make_no_markup_of_strings_and_fetch_nothing(name: str) -> None:
    source = (ASSETS / name).read_text(encoding="utf-8")
    forbidden = (
        "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|createContextualFragment|parseFromString|"
        "\\beval\\b|\\bFunction\\(|\\bimport\\b|fetch\\(|XMLHttpRequest|WebSocket|sendBeacon|EventSource|"
        "localStorage|sessionStorage|document\\.cookie|srcdoc|\\.src\\b|new Worker|http-equiv"
    )
    assert re.findall(forbidden, source) == []
    assert len(source.splitlines()) <= 300


@pytest.mark.parametrize(
    "hostile",
    [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "]]>",
        "&lt;/script&gt;",
        "line\u2028and\u2029paragraph",
        "\ud800 alone",
        '"\\\n\t\x00',
        "$data ${script} %s",
    ],
)
def test_no_text_ends_the_block_of_data(hostile: str) -> None:
    found = page.embedded_json({hostile: [hostile]})
    assert not set("<>&\u2028\u2029") & set(found)
    found.encode("utf-8")
    assert json.loads(found) == {hostile: [hostile]}


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        page.embedded_json({"yi": float("nan")})


def test_language_title_and_no_placeholder_left(text: str) -> None:
    assert '<html lang="en">' in text
    assert "<title>Explorer · metamsc: MSC therapy in diabetes</title>" in text
    assert "$" not in text.partition("<style>")[0]
