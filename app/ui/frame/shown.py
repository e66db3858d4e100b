"""How templates are compiled: a page shows some thousand values, most of which are safe as they are, and asks some
hundred times for the words of its reader."""

import re
from typing import Any, Final

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.idtracking import VAR_LOAD_RESOLVE
from markupsafe import Markup, escape

UNSAFE: Final = re.compile(r"[&<>\"']").search


def shown(value: Any) -> str:
    """As `escape`, for what is joined with the rest of a page: a text without a sign of markup stays what it is."""
    kind = type(value)
    if kind is Markup or (kind is str and UNSAFE(value) is None):
        return value  # type: ignore[no-any-return]
    return escape(value)


class Showing(CodeGenerator):
    """Templates compiled to escape by `shown`, wherever it is known that they do, and to call what every page knows
    without asking each time what it is."""

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802
        """As jinja2 calls it."""
        name = str(getattr(node.node, "name", ""))
        direct = getattr(self.environment, "direct", {})
        if forward_caller or name not in direct or not self._is_of_every_page(name, frame):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.write(f"environment.direct[{name!r}](context")
        self.signature(node, frame)
        self.write(")")

    def _is_of_every_page(self, name: str, frame: Frame) -> bool:
        """Not a variable or macro of the template that has the same name."""
        ref = frame.symbols.find_ref(name)
        return ref is not None and (frame.symbols.find_load(ref) or ("",))[0] == VAR_LOAD_RESOLVE

    def _output_child_pre(self, node: Any, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
            return
        self.write("environment.shown(")
        if finalize.src is not None:
            self.write(finalize.src)
