"""Execute the chunks of all documents in one Python kernel, one document after the other.

One kernel, because starting it and importing the numerical packages costs more than all the chunks;
between documents every name is forgotten. The kernel runs this very interpreter, so that it has the same
packages, and knows nothing of the user's Jupyter and IPython settings.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metamsc.errors import ReportError
from metamsc.report.page import RECORDS_VARIABLE
from metamsc.report.source import INLINE, Cell, Document

if TYPE_CHECKING:
    from nbformat import NotebookNode

TIMEOUT = 600
"""Seconds a chunk may take."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Executed:
    """A document with what its cells gave, cell by cell."""

    document: Document
    outputs: tuple[tuple[dict[str, Any], ...], ...]
    """Jupyter outputs of each cell; for prose, one output with its inline values, if it has any."""


def execute(
    documents: Sequence[Document], *, records: Path | None = None, progress: Progress | None = None
) -> tuple[Executed, ...]:
    """Execute documents.

    Parameters
    ----------
    documents : sequence of Document
    records : Path, optional
        Folder of the records, for :func:`metamsc.report.page.load_result`.
    progress : callable, optional
        Called with the name of each document before it runs.

    Returns
    -------
    tuple of Executed

    Raises
    ------
    ReportError
        If a chunk fails: names the file, the line and the chunk, and quotes the error.
    """
    notebook = _notebook()
    owners: list[tuple[int, int]] = []
    for number, document in enumerate(documents):
        notebook.cells.append(_code_cell(_prelude(document), f"start-{number}"))
        owners.append((number, -1))
        for position, cell in enumerate(document.cells):
            code = _code(cell)
            if code:
                notebook.cells.append(_code_cell(code, f"cell-{number}-{position}"))
                owners.append((number, position))
    _run(notebook, owners, documents, records, progress)
    outputs: list[list[tuple[dict[str, Any], ...]]] = [[() for _ in document.cells] for document in documents]
    for item, (number, position) in zip(notebook.cells, owners, strict=True):
        if position >= 0:
            outputs[number][position] = tuple(item.outputs)
    return tuple(Executed(document, tuple(given)) for document, given in zip(documents, outputs, strict=True))


def _notebook() -> NotebookNode:
    return _node({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []})


def _code_cell(source: str, name: str) -> NotebookNode:
    """Make a code cell; its id is given, so that nothing random is in the notebook."""
    parts: dict[str, Any] = {"id": name, "metadata": {}, "outputs": [], "execution_count": None}
    return _node({"cell_type": "code", "source": source, **parts})


def _node(values: dict[str, Any]) -> NotebookNode:
    from nbformat import from_dict

    node: NotebookNode = from_dict(values)  # type: ignore[no-untyped-call]  # nbformat has no types here
    return node


def _prelude(document: Document) -> str:
    folder = os.fspath(document.folder.resolve())
    return f"%reset -f\nimport os\nos.chdir({folder!r})\ndel os"


def _code(cell: Cell) -> str:
    """Return what to execute for a cell: its code, or the values of the expressions in its prose."""
    if cell.kind == "code":
        return "" if cell.options.get("eval") is False else cell.source
    expressions = INLINE.findall(cell.source)
    if not expressions:
        return ""
    values = ", ".join(f"str({text.strip()})" for text in expressions)
    return f'__import__("IPython").display.display({{"application/json": [{values}]}}, raw=True)'


def _run(
    notebook: NotebookNode,
    owners: Sequence[tuple[int, int]],
    documents: Sequence[Document],
    records: Path | None,
    progress: Progress | None,
) -> None:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    at = [0]

    def started(cell_index: int, **_: Any) -> None:
        at[0] = cell_index
        number, position = owners[cell_index]
        if progress is not None and position < 0:
            progress(documents[number].name)

    with tempfile.TemporaryDirectory(prefix="metamsc-") as scratch:
        manager = _kernel(scratch)
        client = NotebookClient(
            notebook, km=manager, timeout=TIMEOUT, on_cell_start=started, shutdown_kernel="immediate",
            # on a busy machine the kernel starts late, and what a cell shows arrives late: Jupyter's own
            # limits are 60 s and 4 s, and after the second it goes on without a figure and says nothing
            startup_timeout=TIMEOUT, iopub_timeout=TIMEOUT, raise_on_iopub_timeout=True,
        )  # fmt: skip
        said = Path(scratch) / "stderr.txt"
        try:
            # what the kernel itself says is nobody's business unless it dies
            with said.open("wb") as stderr:
                client.execute(cleanup_kc=True, env=_environment(scratch, records), stderr=stderr)
        except CellExecutionError as error:
            raise _failure(
                documents, owners[at[0]], f"{error.ename}: {error.evalue}", error.traceback
            ) from error
        except CellTimeoutError as error:
            raise _failure(documents, owners[at[0]], f"took longer than {TIMEOUT} s", "") from error
        except DeadKernelError as error:
            last = said.read_text(encoding="utf-8", errors="replace").strip()
            what = f"the Python process ended; it said:\n{last}" if last else "the Python process ended"
            raise _failure(documents, owners[at[0]], what, "") from error


def _failure(documents: Sequence[Document], owner: tuple[int, int], what: str, traceback: str) -> ReportError:
    """Return one message that names file, line and chunk, and quotes the error and where it came from."""
    document, position = documents[owner[0]], owner[1]
    if position < 0:
        return ReportError(f"{document.path}: could not be started: {what}")
    cell = document.cells[position]
    place = f"{document.path}:{cell.line}" if cell.line else f"{document.path}"
    name = cell.name if cell.kind == "code" else "a value in the prose"
    frame = _last_own_frame(traceback)
    return ReportError(f"{place}: {name} failed: {what}" + (f"\n  {frame}" if frame else ""))


def _last_own_frame(traceback: str) -> str:
    """Return the last line of a traceback that points at a file, without colours."""
    import re

    plain = re.sub(r"\x1b\[[0-9;]*m", "", traceback)
    frames = [line.strip() for line in plain.splitlines() if line.lstrip().startswith("File ")]
    return frames[-1] if frames else ""


def _kernel(scratch: str) -> Any:
    """Return a manager of a kernel in this interpreter, whatever kernels the user has installed."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    class OwnInterpreter(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002 - Jupyter's signature
            argv = [
                sys.executable, "-X", "frozen_modules=off", "-m", "ipykernel_launcher",
                "-f", "{connection_file}", "--HistoryManager.enabled=False",
            ]  # fmt: skip
            return KernelSpec(argv=argv, display_name="metamsc", language="python")

    # sockets in a folder of our own where the system has them: nothing listens on the network
    return AsyncKernelManager(
        kernel_spec_manager=OwnInterpreter(),
        connection_file=str(Path(scratch) / "kernel.json"),
        transport="ipc" if os.name == "posix" else "tcp",
    )


def _environment(scratch: str, records: Path | None) -> dict[str, str]:
    environment = dict(os.environ)
    environment.update(
        IPYTHONDIR=str(Path(scratch) / "ipython"),
        JUPYTER_CONFIG_DIR=str(Path(scratch) / "jupyter"),
        MPLBACKEND="agg",
        PYDEVD_DISABLE_FILE_VALIDATION="1",
    )
    if records is not None:
        environment[RECORDS_VARIABLE] = os.fspath(records.resolve())
    return environment
