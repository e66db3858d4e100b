"""How templates escape what they show: a page shows some thousand values, most of which are safe as they are."""

import re
from typing import Any, Final

from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape

UNSAFE: Final = re.compile(r"[&<>\"']").search


def shown(value: Any) -> str:
    """As `escape`, for what is joined with the rest of a page: a text without a sign of markup stays what it is."""
    kind = type(value)
    if kind is Markup or (kind is str and UNSAFE(value) is None):
        return value  # type: ignore[no-any-return]
    return escape(value)


class Showing(CodeGenerator):
    """Templates compiled to escape by `shown`, wherever it is known that they do."""

    def _output_child_pre(self, node: Any, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
            return
        self.write("environment.shown(")
        if finalize.src is not None:
            self.write(finalize.src)
