"""The handlers of the ways in and out."""

from app.ui.sign_in.by_click import sign_in_as
from app.ui.sign_in.by_issuer import back_from_issuer, leave_for_issuer
from app.ui.sign_in.form import sign_in, sign_in_code, sign_in_page
from app.ui.sign_in.leaving import go_on, sign_out

WAYS_IN = (sign_in_page, sign_in, sign_in_code, sign_in_as, leave_for_issuer, back_from_issuer, go_on)
"""For whoever is not signed in."""
SIGN_IN = (sign_out,)
