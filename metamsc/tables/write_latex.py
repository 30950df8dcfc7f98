"""Tables as LaTeX: a longtable of wrapped columns with booktabs rules, for pdfLaTeX, XeLaTeX and LuaLaTeX.

Written here and not by great-tables, whose LaTeX columns do not wrap and whose cells hold one line: most of
these tables would leave the page. Signs that pdfLaTeX has no glyph for are written as commands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from metamsc.plots.numbers import FIGURE_SPACE
from metamsc.tables.characters import printable
from metamsc.tables.table import Cell, Column, Piece, Row, Table, spans
from metamsc.tables.widths import column_widths
from metamsc.tables.write_html import is_safe_link

PREAMBLE = r"""\documentclass[10pt]{article}
\usepackage[a4paper,landscape,margin=18mm]{geometry}
\usepackage{iftex}
\ifPDFTeX\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}\usepackage{textcomp}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}\fi
\usepackage{amsmath,amssymb,array,booktabs,longtable}
\usepackage[hidelinks]{hyperref}
\setlength{\tabcolsep}{4pt}
\setlength{\LTleft}{0pt}
\setlength{\LTcapwidth}{\linewidth}
"""
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}",
    "[": "{[}", "]": "{]}",
}  # fmt: skip
_SIGNS = {
    "−": "$-$", "–": "--", "—": "---", "±": r"$\pm$", "×": r"$\times$", "≥": r"$\geq$", "≤": r"$\leq$",
    "≈": r"$\approx$", "√": r"$\surd$", "·": r"$\cdot$", "τ": r"$\tau$", "χ": r"$\chi$", "μ": r"$\mu$",
    "µ": r"$\mu$", "α": r"$\alpha$", "β": r"$\beta$", "ρ": r"$\rho$", "←": r"$\leftarrow$",
    "→": r"$\rightarrow$", "⊕": r"$\oplus$", "◯": r"$\bigcirc$", "†": r"\textdagger{}", "½": r"$\tfrac12$",
    "²": r"\textsuperscript{2}", "³": r"\textsuperscript{3}", "…": r"\ldots{}", "’": "'", "‘": "`",
    "“": "``", "”": "''", FIGURE_SPACE: r"\phantom{0}", "\u00a0": "~", "\u200b": "", "\ufffd": "?",
    **{sign: rf"\textsuperscript{{{n}}}" for n, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
}  # fmt: skip
_EVERY = re.compile("[" + re.escape("".join(_SPECIAL) + "".join(_SIGNS)) + "]")
_BREAK = r"\linebreak "
r"""Not ``\newline``, which would centre a line of a column that is set to the right."""


def to_latex(tables: Sequence[Table], *, title: str, fragment: bool = False) -> str:
    r"""Return a document of tables.

    Parameters
    ----------
    tables : sequence of Table
    title : str
    fragment : bool
        Return the tables alone, to be read with ``\input``; the packages that they need are named in a
        comment.
    """
    body = "\n".join(_table(table) for table in tables)
    if fragment:
        return f"% needs the packages amsmath, amssymb, array, booktabs, longtable, hyperref\n{body}"
    head = f"{PREAMBLE}\\begin{{document}}\n\\section*{{{escape_latex(title)}}}\n\\footnotesize\n"
    return f"{head}{body}\\end{{document}}\n"


def escape_latex(text: str) -> str:
    """Return text that LaTeX prints as it is; no character of it is a command."""
    one_line = re.sub(r"[\t\r\n\u2028\u2029]+", " ", printable(text))
    return _EVERY.sub(lambda found: _SPECIAL.get(found[0]) or _SIGNS[found[0]], one_line)


def _table(table: Table) -> str:
    caption = rf"\caption{{{escape_latex(table.caption)}}}"
    if not table.rows:
        return f"\\begin{{longtable}}{{l}}\n{caption}\\\\\n{escape_latex(table.empty)}\n\\end{{longtable}}\n"
    head = "\n".join((r"\toprule", *_spanners(table.columns), _header(table.columns), r"\midrule"))
    count = len(table.columns)
    again = rf"\multicolumn{{{count}}}{{@{{}}l}}{{\itshape continued}}\\"
    lead = r"\par ".join(escape_latex(line) for line in table.lead)
    lines = [
        *([rf"\noindent {lead}\par"] if lead else []),
        rf"\begin{{longtable}}{{@{{}}{_columns(table)}@{{}}}}",
        rf"{caption}\\",
        rf"{head}",
        r"\endfirsthead",
        again,
        head,
        r"\endhead",
        r"\bottomrule",
        r"\endlastfoot",
        *(_row(row, count) for row in table.rows),
        r"\end{longtable}",
    ]
    if table.notes:
        notes = r"\par ".join(escape_latex(note) for note in table.notes)
        lines.append(rf"\begin{{quote}}\scriptsize\noindent {notes}\end{{quote}}")
    return "\n".join(lines) + "\n"


def _columns(table: Table) -> str:
    """Return wrapped columns (type p), as wide as what stands in them asks for."""
    gaps = rf"-{2 * (len(table.columns) - 1)}\tabcolsep"
    sides = {"left": r"\raggedright", "right": r"\raggedleft"}
    return "".join(
        rf">{{{sides[column.align]}\arraybackslash}}p{{{share:.4f}\dimexpr\linewidth{gaps}\relax}}"
        for column, share in zip(table.columns, column_widths(table), strict=True)
    )


def _spanners(columns: Sequence[Column]) -> list[str]:
    if not any(column.spanner for column in columns):
        return []
    cells, rules, start = [], [], 1
    for name, count in spans(columns):
        cells.append(rf"\multicolumn{{{count}}}{{c}}{{{escape_latex(name)}}}")
        if name:
            rules.append(rf"\cmidrule(lr){{{start}-{start + count - 1}}}")
        start += count
    return [" & ".join(cells) + r" \\", "".join(rules)]


def _header(columns: Sequence[Column]) -> str:
    names = (_BREAK.join(map(escape_latex, column.header.split("\n"))) for column in columns)
    return " & ".join(rf"\textbf{{{name}}}" for name in names) + r" \\"


def _row(row: Row, count: int) -> str:
    if row.kind == "group":
        return rf"\addlinespace\multicolumn{{{count}}}{{@{{}}l}}{{\bfseries {_cell(row.cells[0])}}}\\*"
    texts = [_cell(value) for value in row.cells]
    if row.kind == "total":
        texts = [rf"{{\bfseries {text}}}" if text else "" for text in texts]
    texts[0] = rf"\hspace*{{{row.indent}em}}{texts[0]}" if row.indent else texts[0]
    return " & ".join(texts) + " \\\\\n" + r"\addlinespace[2pt]"


def _cell(value: Cell) -> str:
    return _BREAK.join("".join(_piece(piece) for piece in line) for line in value.lines)


def _piece(piece: Piece) -> str:
    text = escape_latex(piece.text)
    if is_safe_link(piece.href) and piece.href.startswith(("https://", "http://")):
        text = rf"\href{{{_address(piece.href)}}}{{{text}}}"
    if piece.raised:
        text = rf"\textsuperscript{{{text}}}"
    return rf"{{\scriptsize {text}}}" if piece.small else text


def _address(href: str) -> str:
    r"""Return an address for ``\href``: ASCII, what LaTeX would read percent-encoded, % and # escaped."""
    from urllib.parse import quote

    return (
        quote(href, safe="/:?=;@,+.-()!*~%#&")
        .replace("%", r"\%")
        .replace("#", r"\#")
        .replace("&", r"\&")
        .replace("~", r"\string~")
    )
