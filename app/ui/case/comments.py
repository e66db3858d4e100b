"""Comments as they are read: Markdown without markup of its own, links that run nothing, no pictures from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from app.services.store.work import StoredComment
from app.ui.case.telling import Telling


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A comment on the page; `html` is safe by the way it is made, None where it was erased."""

    id: str
    author: str
    written_at: datetime
    edited_at: datetime | None
    html: Markup | None
    mine: bool


def _link(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    tokens[index].attrSet("rel", "nofollow noopener noreferrer")
    return self.renderToken(tokens, index, options, env)


def _parser() -> MarkdownIt:
    # headings would stand among those of the page, and a picture would be fetched from another host
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(
        ["image", "heading", "lheading", "html_block", "html_inline"]
    )
    parser.add_render_rule("link_open", _link)
    return parser


PARSER: Final = _parser()


@lru_cache(maxsize=512)
def markdown(text: str) -> Markup:
    """HTML of what somebody wrote: all of it but our own tags is escaped."""
    return Markup(PARSER.render(text))  # noqa: S704  (escaped by the parser, which takes no HTML)


def said(told: Telling, comment: StoredComment) -> Said:
    return Said(
        id=comment.id,
        author=told.person(comment.author),
        written_at=comment.written_at,
        edited_at=comment.edited_at,
        html=None if comment.text is None else markdown(comment.text),
        mine=comment.author == told.reader.actor.id,
    )
