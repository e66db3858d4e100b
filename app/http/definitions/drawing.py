"""A case type as a diagram."""

from litestar import Response, get

from app.http.border.documented import problems
from app.http.border.parameters import CaseTypeName, Format, VersionNumber
from app.http.border.services import ApiRequest, services_of

SVG_POLICY = "default-src 'none'; object-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


@get(
    "/case-types/{name:str}/diagram",
    operation_id="drawCaseType",
    summary="A case type as a diagram",
    response_description="The picture, or its source",
    media_type="image/svg+xml",
    produces=("image/svg+xml", "text/plain"),
    responses=problems("not_found", "invalid"),
)
async def draw_case_type(
    request: ApiRequest, name: CaseTypeName, drawn_as: Format = "svg", version: VersionNumber = None
) -> Response[bytes]:
    """States and events as a picture (svg) or as Mermaid source (text/plain)."""
    drawing = await services_of(request).case_types.diagram(name, version, drawn_as)
    media_type = "image/svg+xml" if drawn_as == "svg" else "text/plain"
    return Response(drawing.encode(), media_type=media_type, headers={"Content-Security-Policy": SVG_POLICY})
