"""Roles as people say them."""

from app.ui.frame.words import Words


def role_words(role: str, words: Words) -> str:
    """`role:first_line` as first line, `[creator]` as who opened the case, `*` as everybody."""
    say = words.gettext
    known = {
        "*": say("everybody"),
        "[creator]": say("whoever opened the case"),
        "[assignee]": say("whoever it is assigned to"),
        "role:system": say("Stateward itself"),
    }
    if role in known:
        return known[role]
    if role.startswith("["):
        return say("the %(role)s of the case", role=role[1:-1].replace("_", " "))
    kind, _, name = role.partition(":")
    plain = name.replace("_", " ") or kind
    return say("the team %(name)s", name=plain) if kind == "team" else plain
