"""The handlers of what somebody chooses of themselves."""

from app.ui.me.one_time import change_password, one_time, password, switch_off, switch_on
from app.ui.me.preferences import choose, preferences, sign_out_everywhere

ME = (preferences, choose, sign_out_everywhere, one_time, switch_on, switch_off, password, change_password)
