"""Reads a sum of products as Lava writes it, with errors that point into the text.

.. code-block:: text

    sum     = [sign] product { sign product }
    product = part { "*" part }
    part    = scale | variable | "(" inner ")" | "sgn(" inner ")"
    inner   = [sign] variable [sign scale] | [sign] scale [sign variable]
    scale   = number | [number "*"] "2^" [sign] number
    sign    = "+" | "-"

Lava's own parser skips what it does not expect and so reads other rules than are written; ``docs/learning.md``
lists where. Here such text is either read as it is written or refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn

from hardware.chip.widths import LEARNING_EXPONENT_MAX, LEARNING_MANTISSA_BITS
from hardware.errors import NetworkError, RuleTextError
from hardware.learning.product import FACTOR_BITS, SPIKES, Factor, Product

_TOKEN = re.compile(r" *(?:(?P<number>[0-9]+)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[-+*^()]))")
_PARTS = "x0, y0, u<k>, x1, x2, y1, y2, y3, w, d, t, (variable + constant), sgn(w), a number or 2^n"
_DIGITS = 3
_MANTISSA_MAX = (1 << (LEARNING_MANTISSA_BITS - 1)) - 1


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


@dataclass
class _Term:
    """What is known of a product while it is read."""

    mantissa: int = 1
    exponent: int = 0
    dependency: str = ""
    factors: list[Factor] = field(default_factory=list)


def parse_sum(text: str) -> tuple[Product, ...]:
    """Read a sum of products.

    Parameters
    ----------
    text : str
        For example ``"2^-6*u0*x1*y1 - 3*2^-7*x0*sgn(w - 3)"``.

    Raises
    ------
    RuleTextError
        With the text, and a caret under the place that is wrong.
    """
    return _Reader(text).sum()


class _Reader:
    """Goes through the tokens of a text once."""

    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.next = text, list(_tokens(text)), 0

    @property
    def token(self) -> _Token:
        """The token to be read; of kind ``end`` behind the last one."""
        if self.next < len(self.tokens):
            return self.tokens[self.next]
        return _Token("end", "", len(self.text.rstrip()))

    def take(self, *texts: str) -> str:
        """Take the next token if it is one of these marks; else return nothing."""
        token = self.token if self.token.kind == "mark" and self.token.text in texts else None
        self.next += token is not None
        return token.text if token else ""

    def wrong(self, what: str, at: int | None = None) -> NoReturn:
        """Refuse the text, by default at the next token."""
        raise RuleTextError(what, self.text, self.token.at if at is None else at)

    def sum(self) -> tuple[Product, ...]:
        """Read all."""
        products = [self.product(self.take("+", "-"))]
        while self.token.kind != "end":
            sign = self.take("+", "-")
            if not sign:
                self.wrong(f"expected +, - or * before {self.token.text!r}")
            products.append(self.product(sign))
        return tuple(products)

    def product(self, sign: str) -> Product:
        """Read one product behind its sign."""
        start, term = self.token.at, _Term(mantissa=-1 if sign == "-" else 1)
        self.part(term)
        while self.take("*"):
            self.part(term)
        if not term.dependency:
            self.wrong("this product needs one of x0, y0 or u<k>, which say when it is applied", start)
        while (
            abs(term.mantissa) > _MANTISSA_MAX and term.mantissa % 2 == 0 and term.exponent < LEARNING_EXPONENT_MAX
        ):
            term.mantissa, term.exponent = term.mantissa // 2, term.exponent + 1
        try:
            return Product(term.mantissa, term.exponent, term.dependency, tuple(term.factors))
        except NetworkError as error:
            self.wrong(str(error).removeprefix("learning rule: "), start)

    def part(self, term: _Term) -> None:
        """Read one part of a product."""
        token = self.token
        if token.kind == "number":
            mantissa, exponent = self.literal()
            term.mantissa, term.exponent = term.mantissa * mantissa, term.exponent + exponent
        elif token.text == "sgn":
            self.next += 1
            if self.token.text != "(":
                self.wrong("expected ( after sgn")
            self.bracket(term, sgn=True)
        elif token.kind == "name":
            self.next += 1
            self.variable(term, token)
        elif token.text == "(":
            self.bracket(term, sgn=False)
        elif token.text in ("+", "-"):
            self.wrong(f"a sign must stand before a product or in brackets, as ({token.text}3)")
        else:
            self.wrong(f"expected {_PARTS}")

    def literal(self) -> tuple[int, int]:
        """Read a number, or a power of two, as mantissa and exponent."""
        token = self.digits()
        if not self.take("^"):
            return int(token.text), 0
        if token.text != "2":
            self.wrong("only powers of 2 are possible", token.at)
        sign = -1 if self.take("+", "-") == "-" else 1
        if self.token.kind != "number":
            self.wrong("expected a whole exponent, as in 2^-6")
        return 1, sign * int(self.digits().text)

    def digits(self) -> _Token:
        """Take a number that no engine would call too large."""
        token = self.token
        if len(token.text) > _DIGITS:
            self.wrong(f"a number must have at most {_DIGITS} digits")
        self.next += 1
        return token

    def variable(self, term: _Term, token: _Token) -> None:
        """Take a name as the product's dependency or one of its factors."""
        name = token.text
        if re.fullmatch(r"u[0-9]+", name):
            if len(name) > 2:
                self.wrong(f"{name!r} is not supported; k is one digit, u0..u9", token.at)
            if term.dependency:
                self.wrong(f"only one u<k> is possible, and it must come before x0 and y0, not {name!r}", token.at)
            term.dependency = name
        elif name in SPIKES and not term.dependency:
            term.dependency = name
        else:
            term.factors.append(self.factor(token, 0, sgn=False))

    def factor(self, token: _Token, constant: int, *, sgn: bool) -> Factor:
        """Make a factor, or point at what Lava's engine has not."""
        if token.text not in FACTOR_BITS:
            self.wrong(f"{token.text!r} is not supported here; use {_PARTS}", token.at)
        try:
            return Factor(token.text, constant, sgn)
        except NetworkError as error:
            self.wrong(str(error).removeprefix("learning rule: "), token.at)

    def bracket(self, term: _Term, *, sgn: bool) -> None:
        """Read what stands in brackets: a scale, a variable, or a variable with a constant."""
        self.next += 1
        names: list[tuple[int, _Token]] = []
        numbers: list[tuple[int, int, int]] = []
        opened = self.token
        while True:
            sign = -1 if self.take("+", "-") == "-" else 1
            if self.token.kind == "name":
                names.append((sign, self.token))
                self.next += 1
            elif self.token.kind == "number":
                numbers.append((sign, *self.constant()))
            else:
                self.wrong("expected a variable or a whole number")
            if self.take(")"):
                break
            if self.token.text not in ("+", "-"):
                self.wrong("expected ), + or -")
        if len(names) > 1 or len(numbers) > 1:
            self.wrong("brackets hold one variable and one constant, as in (x1 + 3)", opened.at)
        if names:
            self.summand(term, names[0], numbers, sgn=sgn)
            return
        if sgn:
            self.wrong("sgn() is possible of w, d and t", opened.at)
        sign, mantissa, exponent = numbers[0]
        term.mantissa, term.exponent = term.mantissa * sign * mantissa, term.exponent + exponent

    def summand(
        self, term: _Term, name: tuple[int, _Token], numbers: list[tuple[int, int, int]], *, sgn: bool
    ) -> None:
        """Take a variable with its sign, perhaps with a constant; the sign goes to the scale."""
        sign, token = name
        term.mantissa *= sign
        if not numbers and not sgn:
            self.variable(term, token)
            return
        constant = 0
        for minus, mantissa, exponent in numbers:
            if exponent < 0 and mantissa % (1 << -exponent):
                self.wrong("a constant must be whole", token.at)
            constant = sign * minus * (mantissa << exponent if exponent >= 0 else mantissa >> -exponent)
        term.factors.append(self.factor(token, constant, sgn=sgn))

    def constant(self) -> tuple[int, int]:
        """Read ``n``, ``2^n`` or ``m*2^n``."""
        mantissa, exponent = self.literal()
        while self.take("*"):
            if self.token.kind != "number":
                self.wrong("a product in brackets must be of numbers")
            more, power = self.literal()
            mantissa, exponent = mantissa * more, exponent + power
        return mantissa, exponent


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while at < len(text.rstrip(" ")):
        match = _TOKEN.match(text, at)
        if match is None:
            at = len(text) - len(text[at:].lstrip(" "))
            raise RuleTextError(f"{text[at]!r} is not part of a learning rule; use {_PARTS}", text, at)
        kind = match.lastgroup or ""
        found.append(_Token(kind, match[kind], match.start(kind)))
        at = match.end()
    return found
