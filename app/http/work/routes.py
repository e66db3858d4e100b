"""What people do with cases besides firing events: the routes together."""

from app.http.work.assigning import assign_case, claim_case, next_case, release_case
from app.http.work.attaching import attach_file, fetch_attachment, list_attachments
from app.http.work.commenting import read_comments, write_comment
from app.http.work.correcting import correct_case
from app.http.work.holding import send_file
from app.http.work.relating import change_case_roles, link_case, read_case_roles, read_links

WORK = (
    assign_case,
    claim_case,
    release_case,
    next_case,
    correct_case,
    write_comment,
    read_comments,
    change_case_roles,
    read_case_roles,
    link_case,
    read_links,
    attach_file,
    list_attachments,
    fetch_attachment,
    send_file,
)
