"""The one request shape that policies are written for."""

from pathlib import Path

MODEL = Path(__file__).with_name("model.conf").read_text(encoding="utf-8")
