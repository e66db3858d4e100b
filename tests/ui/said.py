"""Every sentence that the pages say, found in their code and templates."""

import re
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
UI = ROOT / "app" / "ui"
FOUND_BY = [("**.py", "python"), ("**.html", "jinja2")]
OPTIONS = {"**.html": {"trimmed": "false", "silent": "false", "extensions": "jinja2.ext.do,jinja2.ext.loopcontrols"}}
ONLY_ON_THE_DEMO = {"templates/frame/components.html"}
WORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "say": None, "to_say": None}
VALUE = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def said() -> Catalog:
    catalog = Catalog(charset="utf-8", project="Stateward", fuzzy=False)
    found = extract_from_dir(str(UI), FOUND_BY, OPTIONS, keywords=WORDS)
    for name, _, message, _, _ in found:
        if name not in ONLY_ON_THE_DEMO:
            catalog.add(message)
    return catalog


def lacking(file: Path) -> list[str]:
    """The sentences that a language has not, or whose values it loses."""
    with file.open("rb") as opened:
        known = read_po(opened, locale=file.stem)
    missing = []
    for message in said():
        if not message.id:
            continue
        of = message.id[0] if isinstance(message.id, tuple) else message.id
        found = known.get(of)
        texts = found.string if found is not None and isinstance(found.string, tuple) else (found and found.string,)
        if not all(texts) or (found is not None and found.fuzzy):
            missing.append(str(of))
        elif _values(*texts) != _values(*(message.id if isinstance(message.id, tuple) else [message.id])):
            missing.append(f"{of} (it has other values)")
    return missing


def _values(*texts: str) -> set[str]:
    return {value for text in texts for value in VALUE.findall(text)}
