"""A form of a page as a browser without JavaScript has it: what it would send, and what the page says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"input", "br", "link", "meta", "img", "hr"}


@dataclass
class FormOfPage(HTMLParser):
    """The form with the most fields. `fields` are what it sends as it stands, `buttons` (name, value, text)."""

    html: str
    title: str = ""
    text: str = ""
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    forms: list[list[tuple[str, str]]] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self._select = self._area = ""
        self._picked: tuple[str, bool] = ("", False)
        self.feed(self.html)
        self.text = re.sub(r"\s+", " ", self.text)

    @property
    def fields(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in max(self.forms, key=len, default=[]):
            found.setdefault(name, []).append(value)
        return found

    def sent(self, button: str = "fire", **typed: str | list[str]) -> Mapping[str, list[str]]:
        """What it sends with some inputs filled in (`__` for a dot) and a button pressed: `act`, or `name=value`."""
        name, _, value = button.rpartition("=")
        changed = {key.replace("__", "."): [one] if isinstance(one, str) else one for key, one in typed.items()}
        unknown = changed.keys() - self.ids - self.fields.keys()
        assert not unknown, f"the page has no {unknown}"
        pressed = {name or "act": [value or button]}
        assert any((kind, what) == ((name or "act"), (value or button)) for kind, what, _ in self.buttons)
        return {**self.fields, **changed, **pressed}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append(tag)
        if "id" in has:
            assert has["id"] not in self.ids, f"twice: {has['id']}"
            self.ids.add(has["id"])
        if tag == "a":
            self.links.append(has.get("href", ""))
        elif tag == "button":
            self.buttons.append((has.get("name", ""), has.get("value", ""), ""))
        elif tag == "form":
            self.forms.append([])
        elif self.forms:
            self._control(tag, has)

    def _control(self, tag: str, has: Mapping[str, str]) -> None:
        if tag == "input" and has.get("name"):
            if has.get("type") not in ("radio", "checkbox") or "checked" in has:
                self.forms[-1].append((has["name"], has.get("value", "")))
        elif tag == "select":
            self._select, self._picked = has["name"], ("", False)
        elif tag == "option" and ("selected" in has or not self._picked[1]):
            self._picked = (has["value"], True)
        elif tag == "textarea":
            self._area = has["name"]
            self.forms[-1].append((self._area, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.forms[-1].append((self._select, self._picked[0]))
        if tag == "textarea":
            self._area = ""
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._area:
            name, before = self.forms[-1][-1]
            self.forms[-1][-1] = (name, before + (data.removeprefix("\n") if not before else data))
        elif "title" in self._open:
            self.title += data
        elif "script" not in self._open:
            self.text += data
            if self._open and self._open[-1] == "button":
                name, value, text = self.buttons[-1]
                self.buttons[-1] = (name, value, text + data.strip())
