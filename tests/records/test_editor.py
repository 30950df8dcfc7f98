"""What an editor makes of the schema line: asks the YAML language server that editors use, if there is one.

``npm install -g yaml-language-server`` puts it on the path; without it these tests are skipped.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from metamsc.records.scaffold import NewRecord, write_record

SERVER = shutil.which("yaml-language-server")
pytestmark = pytest.mark.skipif(SERVER is None, reason="no yaml-language-server on this machine")
Json = dict[str, Any]


class Editor:
    """A client of the language server protocol, as small as the questions need it."""

    def __init__(self, root: Path) -> None:
        assert SERVER is not None
        self.process = subprocess.Popen([SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0
        self.diagnostics: dict[str, list[Json]] = {}
        self.ask("initialize", {"processId": None, "rootUri": root.as_uri(), "capabilities": {}})
        self.tell("initialized", {})

    def tell(self, method: str, params: Json) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: Json) -> Any:
        self.number += 1
        self._send({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self.number and "method" not in message:
                return message.get("result")

    def open(self, file: Path, text: str) -> list[Json]:
        """Open a file with this text in the editor and return what is underlined."""
        document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        while file.as_uri() not in self.diagnostics:
            self._receive()
        return self.diagnostics.pop(file.as_uri())

    def at(self, file: Path, line: int, character: int) -> Json:
        return {
            "textDocument": {"uri": file.as_uri()},
            "position": {"line": line, "character": character},
        }

    def _send(self, message: Json) -> None:
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _receive(self) -> Json:
        assert self.process.stdout is not None
        length = 0
        while header := self.process.stdout.readline().strip():
            name, _, value = header.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message: Json = json.loads(self.process.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message and "method" in message:  # the server asks for settings: all as they are
            items = message.get("params", {}).get("items", [])
            settings = [{"validate": True, "completion": True, "hover": True} for _ in items]
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": settings or None})
        return message


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    opened = Editor(tmp_path_factory.mktemp("editor"))
    yield opened
    opened.process.kill()
    opened.process.wait()
    for stream in (opened.process.stdin, opened.process.stdout):
        if stream is not None:
            stream.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    record = NewRecord(
        study_id="cai-2016", setting="clinical", design="rct-parallel", title="A trial", label="Cai 2016"
    )
    return write_record(record, tmp_path)


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines()) if part in line)


def test_a_new_record_has_nothing_underlined(editor: Editor, file: Path) -> None:
    assert editor.open(file, file.read_text()) == []


def test_mistakes_are_underlined_where_they_stand(editor: Editor, file: Path) -> None:
    text = file.read_text().replace("design: rct-parallel", "design: rct").replace("  sources:", "  x: 1")
    text = text.replace("kind: abstract", "kindd: abstract")
    lines = {found["range"]["start"]["line"] for found in editor.open(file, text)}
    assert {line_of(text, "design: rct"), line_of(text, "kindd: abstract")} <= lines


def labels(answer: Any) -> set[str]:
    items = answer["items"] if isinstance(answer, dict) else answer or []
    return {item["label"] for item in items}


def test_keys_and_words_are_offered(editor: Editor, file: Path) -> None:
    text = re.sub("design: rct-parallel.*", "design: ", file.read_text()).replace(
        "  label:", "  \n  label:", 1
    )
    editor.open(file, text)
    words = labels(editor.ask("textDocument/completion", editor.at(file, line_of(text, "design: "), 10)))
    assert {"rct-parallel", "single-arm", "animal-randomised"} <= words
    blank = next(n for n, line in enumerate(text.splitlines()) if line == "  ")
    keys = labels(editor.ask("textDocument/completion", editor.at(file, blank, 2)))
    assert {"registration", "doi", "follow_up"} <= keys


def test_help_is_shown_over_a_key(editor: Editor, file: Path) -> None:
    text = file.read_text()
    editor.open(file, text)
    shown = editor.ask("textDocument/hover", editor.at(file, line_of(text, "  label:"), 3))
    assert "Short name in tables and plots" in json.dumps(shown)
