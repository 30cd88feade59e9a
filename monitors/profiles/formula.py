"""Arithmetic in a profile: names of columns, numbers, + - * / and brackets, and nothing else."""

import ast
import operator
from collections.abc import Callable, Mapping

_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
MAX_LENGTH = 200


class Formula:
    """A parsed expression such as `(total - free) / total`."""

    def __init__(self, text: str) -> None:
        """Parses the text.

        Raises:
            ValueError: It is more than arithmetic.
        """
        if len(text) > MAX_LENGTH:
            raise ValueError(f"a formula has at most {MAX_LENGTH} characters")
        try:
            self._body = ast.parse(text, mode="eval").body
        except SyntaxError as error:
            raise ValueError(f"{text!r} is not arithmetic: {error.msg}") from error
        self.names = tuple(dict.fromkeys(_names(self._body)))

    def evaluate(self, values: Mapping[str, float]) -> float | None:
        """The result; None where it divides by zero."""
        try:
            return _evaluate(self._body, values)
        except ZeroDivisionError:
            return None


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return []
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return _names(node.left) + _names(node.right)
    raise ValueError(f"{ast.unparse(node)!r} is not a column's name, a number or + - * /")


def _evaluate(node: ast.expr, values: Mapping[str, float]) -> float:
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.Constant):
        assert isinstance(node.value, int | float)
        return node.value
    assert isinstance(node, ast.BinOp)
    return _OPERATIONS[type(node.op)](_evaluate(node.left, values), _evaluate(node.right, values))
