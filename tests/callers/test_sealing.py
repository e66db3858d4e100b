"""Values that browsers carry for us."""

import pytest

from app.services.callers.sealing import Sealing

SECRET = "a secret for tests that is long enough to seal with"


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_what_was_sealed_is_opened_and_reads_as_nothing_meanwhile():
    sealing = Sealing(SECRET)
    sealed = sealing.seal("a form", {"iban": "DE02120300000000202051"}, 60.0)
    assert sealing.open("a form", sealed) == {"iban": "DE02120300000000202051"}
    assert "DE02" not in sealed
    assert Sealing(SECRET).open("a form", sealed) == {"iban": "DE02120300000000202051"}


def test_the_same_twice_looks_different():
    sealing = Sealing(SECRET)
    assert sealing.seal("a form", "x", None) != sealing.seal("a form", "x", None)


def test_nothing_else_opens_it():
    sealing = Sealing(SECRET)
    sealed = sealing.seal("a form", "x", 60.0)
    assert sealing.open("another form", sealed) is None
    assert Sealing(SECRET + "!").open("a form", sealed) is None


@pytest.mark.parametrize("text", ["", "x", "ä", "A" * 15, "A" * 64, "=" * 8, "A" * 1_000_001])
def test_what_is_no_seal_is_nothing(text):
    assert Sealing(SECRET).open("a form", text) is None


def test_each_changed_sign_is_seen():
    sealing = Sealing(SECRET)
    sealed = sealing.seal("a form", "x", 60.0)
    for place in range(len(sealed) - 1):
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        assert sealing.open("a form", changed) is None


def test_it_is_good_until_its_time_is_over():
    clock = Clock()
    sealing = Sealing(SECRET, clock)
    sealed, lasting = sealing.seal("a form", "x", 60.0), sealing.seal("a form", "y", None)
    clock.now += 59.9
    assert sealing.open("a form", sealed) == "x"
    clock.now += 0.2
    assert sealing.open("a form", sealed) is None
    assert sealing.open("a form", lasting) == "y"
