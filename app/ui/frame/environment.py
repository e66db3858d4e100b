"""The templates, and what they may call: nothing in there decides, and all that is shown is escaped."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, Template, Undefined, pass_context
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

from app.ui.frame import numbers
from app.ui.frame.attempts import ONCE, new_once
from app.ui.frame.called import called
from app.ui.frame.forgery import FIELD
from app.ui.frame.shown import Showing, shown
from app.ui.frame.times import Moment, Times
from app.ui.frame.words import Words, languages, words

FOLDER = Path(__file__).parent.parent / "templates"
MADE = "made"
"""Among the values of a page: the components that were made for it."""
SHARED = "components/"
MOST_KEPT = 2_000
_made: dict[Hashable, Markup] = {}


class Missing(Undefined):
    """What is not there may be asked whether it is, but not be shown: an empty place on a page tells nobody."""

    __str__ = __iter__ = __len__ = Undefined._fail_with_undefined_error


class Shared(Template):
    """A template whose macros are made once for a page, however many of its templates import them."""

    def make_module(
        self,
        vars: dict[str, Any] | None = None,  # noqa: A002  (as jinja2 calls it)
        shared: bool = False,
        locals: Mapping[str, Any] | None = None,  # noqa: A002
    ) -> TemplateModule:
        """Components know what the page knows, and nothing of who imports them."""
        made = vars.get(MADE) if vars and str(self.name).startswith(SHARED) else None
        if made is None:
            return super().make_module(vars, shared, locals)
        if self.name not in made:
            made[self.name] = super().make_module(vars, shared)
        module: TemplateModule = made[self.name]
        return module


class OfThePage(Context):
    """What a template calls asks for what the page knows; for variables of loops a copy of all of it would be made at
    each call, which is what most of a long list took."""

    def derived(self, locals: dict[str, Any] | None = None) -> Context:  # noqa: A002  (as jinja2 calls it)
        return self


class Templates(Environment):
    code_generator_class = Showing
    shown = staticmethod(shown)
    direct: Mapping[str, Callable[..., Any]]
    template_class = Shared
    context_class = OfThePage


@cache
def environment() -> Environment:
    """Read once in a process; the templates are compiled when somebody first asks for them."""
    made = Templates(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=Missing,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
    )
    made.direct = _globals()
    made.globals.update(made.direct, once_field=_once_field)
    return made


def warm() -> None:
    """Compile what is not compiled yet, so that the first reader does not wait for it."""
    for name in environment().list_templates():
        environment().get_template(name)
    for language in languages():
        words(language)


def _globals() -> Mapping[str, Callable[..., Any]]:
    return {
        "_": _gettext,
        "gettext": _gettext,
        "ngettext": _ngettext,
        "when": _when,
        "counting": _counting,
        "duration": _duration,
        "number": _number,
        "money": _money,
        "name_of": _name_of,
        "person": _person,
        "csrf_field": _csrf_field,
        "asset": _asset,
        "kept": _kept,
    }


@pass_context
def _gettext(context: Context, message: str, **values: Any) -> Markup:
    safe = _safe(_words(context).language, message)
    return safe % values if values else safe


@lru_cache(maxsize=8_192)
def _safe(language: str, message: str) -> Markup:
    return escape(words(language).gettext(message))


@pass_context
def _ngettext(context: Context, one: str, many: str, count: int, **values: Any) -> Markup:
    """`%(num)s` is the count as people of this language write it."""
    said = _words(context)
    return _filled(said.plural(one, many, count), {"num": numbers.number(count, said.locale), **values})


def _filled(text: str, values: Mapping[str, Any]) -> Markup:
    """The values are escaped, unless they are Markup already."""
    safe = escape(text)
    return safe % values if values else safe


def _words(context: Context) -> Words:
    found: Words | None = context.parent.get("words")
    return found or cast(Words, _needed(context, "words"))


def _times(context: Context) -> Times:
    found: Times | None = context.parent.get("times")
    return found or cast(Times, _needed(context, "times"))


def _needed(context: Context, name: str) -> Any:
    """A macro that was imported without `with context` knows no reader."""
    found = context.get(name)
    if found is None:
        raise RuntimeError(f"{context.name} was imported without `with context`: it knows no {name}")
    return found


@pass_context
def _when(context: Context, moment: Moment | None, zone: ZoneInfo | None = None, relative: bool = True) -> Markup:
    return _times(context).when(moment, zone, relative)


@pass_context
def _counting(context: Context, moment: Moment) -> Markup:
    return _times(context).counting(moment)


@pass_context
def _duration(context: Context, length: Any, working: bool = False) -> str:
    return _times(context).duration(length, working)


@pass_context
def _number(context: Context, value: Any) -> str:
    return numbers.number(value, _words(context).locale)


@pass_context
def _money(context: Context, minor: int, currency: str) -> str:
    return numbers.money(minor, currency, _words(context).locale)


@pass_context
def _name_of(context: Context, subject: str | None) -> str:
    return called(subject, context.get("people") or {}, context.get("reader"), _words(context))


@pass_context
def _person(context: Context, subject: str | None) -> Markup:
    kind = "person" if subject else "person none"
    return Markup(f'<span class="{kind}">{escape(_name_of(context, subject))}</span>')  # noqa: S704  (escaped here)


@pass_context
def _csrf_field(context: Context) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, context["csrf"])


def _once_field() -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(ONCE, new_once())


@pass_context
def _kept(context: Context, macro: Macro, told: Hashable, moments: Sequence[datetime | None], *more: Any) -> Markup:
    """What a macro makes of something that never changes, made once: all that it says besides is the reader's language
    and zone, and how far away some moments are."""
    times = _times(context)
    near = tuple([times.near(one) for one in moments if one is not None])
    key = macro.name, told, more, times.words.language, times.zone.key, near, times.now.year
    if (known := _made.get(key)) is not None:
        return known
    made = _made[key] = Markup(macro(told, *more))  # noqa: S704  (macros escape)
    if len(_made) > MOST_KEPT:
        del _made[next(iter(_made))]
    return made


@pass_context
def _asset(context: Context, name: str) -> str:
    return str(context["assets"].paths[name])
