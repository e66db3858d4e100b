"""The pages of case types."""

from app.ui.types.type_page import draw_type, list_types, show_type

TYPES = (list_types, show_type, draw_type)
