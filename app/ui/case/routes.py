"""The page of a case: the routes together."""

from app.ui.case.acting import claim, fire, gone, release
from app.ui.case.assigning import assign, show_assign
from app.ui.case.attaching import attach, show_attach
from app.ui.case.commenting import comment, show_comment
from app.ui.case.diagram import show_diagram
from app.ui.case.files import fetch_file, show_files
from app.ui.case.looking import show_actions, show_barred, show_fields, show_history, show_why, stale
from app.ui.case.paper import show_paper
from app.ui.case.relating import change_roles, link, show_link, show_roles
from app.ui.case.show import show_case
from app.ui.case.slas import show_sla

CASE = (
    show_case,
    show_history,
    show_fields,
    show_files,
    fetch_file,
    show_diagram,
    show_paper,
    show_sla,
    show_actions,
    show_barred,
    show_why,
    stale,
    fire,
    claim,
    release,
    gone,
    show_assign,
    assign,
    show_comment,
    comment,
    show_attach,
    attach,
    show_link,
    link,
    show_roles,
    change_roles,
)
