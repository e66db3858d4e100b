"""A case as people read it, as PDF: the page of `html` on paper. Nothing is fetched for it from anywhere."""

import io
from typing import IO, Any

from app.exports import case_html
from app.exports.extras import library
from app.services.log.exports import Extract
from app.services.policy.past import PolicyInMemory


async def write(extract: Extract, out: IO[bytes], policy: PolicyInMemory) -> None:
    """Raises NoCases as `html` does, and Missing."""
    weasyprint: Any = library("pdf")
    page = io.BytesIO()
    await case_html.write(extract, page, policy)
    page.seek(0)
    out.write(weasyprint.HTML(file_obj=page, url_fetcher=_nothing).write_pdf())


def _nothing(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"the page of a case needs nothing from elsewhere, and asked for {url}")
