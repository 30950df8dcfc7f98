"""R expressions as text -> the tree shape of the reference files.

Formulas and function bodies are stored there as text; everything else is already a tree. A node is a
constant, ``{"name": n}``, ``{"call": f, "args": [[name or None, node], ...]}`` or, only here,
``{"function": [parameters], "body": node}``. Precedences are those of R's manual.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

Node: TypeAlias = Any

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)L?"
    r"|(?P<string>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<name>[A-Za-z.][A-Za-z0-9._]*|`[^`]+`)"
    r"|(?P<op>%[^%]*%|<<-|<-|->|<=|>=|==|!=|&&|\|\||::|\[\[|\]\]|[-+*/^~:|&!<>=$@(){}\[\],;]))"
)
# left binding power and whether the operator groups to the right
_BINARY: dict[str, tuple[int, bool]] = {
    "<-": (2, True),
    "<<-": (2, True),
    "=": (2, True),
    "~": (4, False),
    "||": (5, False),
    "|": (5, False),
    "&&": (6, False),
    "&": (6, False),
    **dict.fromkeys(("==", "!=", "<", ">", "<=", ">="), (8, False)),
    "+": (9, False),
    "-": (9, False),
    "*": (10, False),
    "/": (10, False),
    ":": (12, False),
    "^": (14, True),
}
_UNARY = {"-": 13, "+": 13, "!": 7, "~": 4}
_CONSTANTS: dict[str, Node] = {
    "TRUE": True,
    "T": True,
    "FALSE": False,
    "F": False,
    "NULL": None,
    "NA": None,
    "Inf": "Inf",
}


class RSyntaxError(ValueError):
    """Text is not an R expression that this parser knows."""


def parse(text: str) -> Node:
    """Return the tree of one R expression."""
    parser = _Parser(_tokens(text))
    node = parser.expression(0)
    if parser.peek() is not None:
        raise RSyntaxError(f"unexpected {parser.peek()!r} in {text!r}")
    return node


def call(name: str, *args: Node) -> Node:
    """Return the tree of a call with positional arguments."""
    return {"call": name, "args": [[None, arg] for arg in args]}


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at, text = [], 0, text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise RSyntaxError(f"cannot read {text[at:]!r}")
        found.append((match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    return found


class _Parser:
    """Precedence climbing over a list of tokens."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> str | None:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else None

    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else "end"

    def take(self, expected: str | None = None) -> str:
        token = self.peek()
        if token is None or (expected is not None and token != expected):
            raise RSyntaxError(f"expected {expected!r}, found {token!r}")
        self.at += 1
        return token

    def expression(self, power: int) -> Node:
        left = self.prefix()
        while True:
            operator = self.peek()
            if self.kind() != "op" or operator is None:
                return left
            if operator in ("(", "[", "[[", "$", "@", "::"):
                left = self.postfix(left)
                continue
            binding = (11, False) if operator.startswith("%") else _BINARY.get(operator)
            if binding is None or binding[0] < power:
                return left
            self.take()
            right = self.expression(binding[0] if binding[1] else binding[0] + 1)
            left = call(operator, left, right)

    def prefix(self) -> Node:
        kind, word = self.kind(), self.take()
        if kind == "number":
            return float(word)
        if kind == "string":
            return word[1:-1]
        if kind == "name":
            return self.function() if word == "function" else self.named(word)
        if word in _UNARY:
            return call(word, self.expression(_UNARY[word]))
        if word == "(":
            inner = self.expression(0)
            self.take(")")
            return call("(", inner)
        if word == "{":
            return self.block()
        raise RSyntaxError(f"unexpected {word!r}")

    def named(self, token: str) -> Node:
        if token in _CONSTANTS:
            return _CONSTANTS[token]
        return {"name": token.strip("`")}

    def block(self) -> Node:
        body = []
        while self.peek() != "}":
            body.append(self.expression(0))
            if self.peek() == ";":
                self.take()
        self.take("}")
        return call("{", *body)

    def function(self) -> Node:
        self.take("(")
        parameters = []
        while self.peek() != ")":
            parameters.append(self.take())
            if self.peek() == ",":
                self.take()
        self.take(")")
        return {"function": parameters, "body": self.expression(2)}

    def postfix(self, left: Node) -> Node:
        opening = self.take()
        if opening in ("$", "@"):
            return call("$", left, {"name": self.take().strip("`\"'")})
        if opening == "::":
            return {"name": f"{left['name']}::{self.take()}"}
        args = self.arguments({"(": ")", "[": "]", "[[": "]]"}[opening])
        if opening == "(":
            name = left["name"] if isinstance(left, dict) and "name" in left else left
            return {"call": name, "args": args}
        return {"call": opening, "args": [[None, left], *args]}

    def arguments(self, closing: str) -> list[list[Node]]:
        args: list[list[Node]] = []
        while self.peek() != closing:
            if self.peek() == ",":  # an empty argument, as in x[1:3, ]
                args.append([None, {"name": ""}])
            else:
                args.append(self.argument())
            if self.peek() == ",":
                self.take()
                if self.peek() == closing:
                    args.append([None, {"name": ""}])
        self.take(closing)
        return args

    def argument(self) -> list[Node]:
        following = self.tokens[self.at + 1][1] if self.at + 1 < len(self.tokens) else None
        if self.kind() in ("name", "string") and following == "=":
            name = self.take().strip("`\"'")
            self.take("=")
            return [name, self.expression(3)]
        return [None, self.expression(3)]
