"""Check an expression against what the schemas say: unknown fields, and operands that cannot meet."""

from app.domain.expression import Node
from app.domain.types import Types


def check(tree: Node, types: Types, *, wants_bool: bool) -> list[str]:
    """One sentence for each thing that cannot be right."""
    return []
