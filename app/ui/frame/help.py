"""The page of the keys."""

from litestar import Response, get

from app.ui.frame.page import page, words_for
from app.ui.frame.reader import PageRequest


@get("/help/keys")
async def keys(request: PageRequest) -> Response[str]:
    return page(request, "frame/keys.html", title=words_for(request).gettext("Keys"))


HELP = (keys,)
