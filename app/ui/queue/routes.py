"""The pages of the queue together."""

from app.ui.queue.links import LINKS
from app.ui.queue.next_case import before_next, next_case
from app.ui.queue.queue import new_in_queue, queue
from app.ui.queue.saved import VIEWS
from app.ui.queue.search import SEARCH

QUEUE = (queue, new_in_queue, before_next, next_case, *SEARCH, *VIEWS, *LINKS)
