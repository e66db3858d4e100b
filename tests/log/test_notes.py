"""Signed notes and checkpoints: as the format's text has them, and as somebody else writes and reads them."""

import base64

import pytest

from app.domain.log.notes import (
    BadNote,
    Checkpoint,
    FalseSignature,
    SigningKey,
    UnknownKeys,
    VerifierKey,
    opened,
    signed,
    text_of,
)
from app.domain.log.tree import EMPTY_ROOT
from tests import note_reader

# The published example of signed notes.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SAID = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
NOTE = f"{SAID}\n— PeterNeumann {SIGNATURE}\n"
CHECKPOINT = Checkpoint("stateward.example/acme", 20_852_163, bytes(range(32)))


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.new("stateward.example")


def test_the_published_note_is_opened():
    assert opened(NOTE, [VerifierKey.parse(NEUMANN)]).text == SAID
    assert str(VerifierKey.parse(NEUMANN)) == NEUMANN


def test_a_checkpoint_reads_as_the_format_writes_it(key):
    lines = signed(CHECKPOINT.text(), [key]).split("\n")
    assert lines[:4] == ["stateward.example/acme", "20852163", base64.b64encode(CHECKPOINT.root).decode(), ""]
    assert lines[4].startswith("— stateward.example ")
    assert lines[5:] == [""]
    assert Checkpoint.parse(CHECKPOINT.text()) == CHECKPOINT
    assert Checkpoint.parse("x\n0\n" + base64.b64encode(EMPTY_ROOT).decode() + "\n").size == 0


def test_somebody_who_knows_the_format_alone_reads_our_checkpoints(key):
    note = signed(CHECKPOINT.text(), [SigningKey.new("stateward.example"), key])
    assert note_reader.read(note.encode(), str(key.verifier)) == (
        "stateward.example/acme",
        20_852_163,
        bytes(range(32)),
    )


def test_lines_that_extend_a_checkpoint_are_kept():
    text = CHECKPOINT.text() + "more\nand more\n"
    assert Checkpoint.parse(text).extensions == ("more", "and more")
    assert Checkpoint.parse(text).text() == text


def test_while_keys_are_exchanged_either_opens_the_note(key):
    later = SigningKey.new("stateward.example")
    note = signed(CHECKPOINT.text(), [key, later])
    assert opened(note, [key.verifier]).signers == (key.verifier,)
    assert opened(note, [later.verifier]).signers == (later.verifier,)
    assert opened(note, [later.verifier, key.verifier]).signers == (key.verifier, later.verifier)


def test_a_note_that_no_known_key_signed_is_refused(key):
    stranger = SigningKey.new("stateward.example")
    with pytest.raises(UnknownKeys):
        opened(signed(CHECKPOINT.text(), [stranger]), [key.verifier])
    with pytest.raises(UnknownKeys):
        opened(signed(CHECKPOINT.text(), [key]), [])


def test_a_known_key_that_did_not_sign_spoils_the_note_however_many_others_did(key):
    other = SigningKey.new("stateward.example")
    note = signed(CHECKPOINT.text(), [key]) + other.signature_line("something else\n")
    assert opened(note, [key.verifier]).text == CHECKPOINT.text()
    with pytest.raises(FalseSignature):
        opened(note, [key.verifier, other.verifier])


def test_a_note_is_read_only_as_it_was_signed(key):
    note = signed(CHECKPOINT.text(), [key])
    with pytest.raises(FalseSignature):
        opened(note.replace("20852163", "20852164"), [key.verifier])
    with pytest.raises(FalseSignature):
        opened(note.replace("\n\n", "\nmore\n\n"), [key.verifier])


def test_a_text_may_have_empty_lines(key):
    text = "one\n\ntwo\n"
    assert opened(signed(text, [key]), [key.verifier]).text == text


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n— k AAAAAAA=\n",
        "text\n\n— k AAAAAAA=",
        "text\n\n- k AAAAAAA=\n",
        "text\n\n— k\n",
        "text\n\n— k+l AAAAAAA=\n",
        "text\n\n—  AAAAAAA=\n",
        "text\n\n— k AAAAAA==\n",
        "text\n\n— k AAAAAAA\n",
        "text\n\n— k AAAAAAA= \n",
        "te\txt\n\n— k AAAAAAA=\n",
        "te\udc80xt\n\n— k AAAAAAA=\n",
        "text\n\n" + "— k AAAAAAA=\n" * 65,
    ],
)
def test_what_is_no_note_is_refused(note, key):
    with pytest.raises(BadNote):
        opened(note, [key.verifier])
    with pytest.raises(BadNote):
        [opened(note, [key.verifier]), text_of(note)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        f"a\n1\n{'A' * 43}=",
        f"a\n01\n{'A' * 43}=\n",
        f"a\n-1\n{'A' * 43}=\n",
        f"a\n١\n{'A' * 43}=\n",
        f"\n1\n{'A' * 43}=\n",
        f"a\n1\n{'A' * 43}\n",
        f"a\n1\n{'A' * 42}B=\n",
        f"a\n1\n{'A' * 44}\n",
        f"a\n1\n{'A' * 43}=\n\nmore\n",
        f"a\n{'9' * 5000}\n{'A' * 43}=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(BadNote):
        Checkpoint.parse(text)


def test_a_signing_key_is_written_and_read_again(key):
    assert SigningKey.parse(key.written()) == key
    assert SigningKey.parse(f"{key.written()}\n").verifier == key.verifier
    assert key.secret.hex() not in repr(key)
    assert str(key.secret) not in repr(key)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "a",
        "a+b+c",
        "a+00000000+" + base64.b64encode(b"\1" + bytes(32)).decode(),
        "a+00000000+" + base64.b64encode(b"\2" + bytes(32)).decode(),
        "a b+00000000+" + base64.b64encode(b"\1" + bytes(32)).decode(),
        "+00000000+" + base64.b64encode(b"\1" + bytes(32)).decode(),
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(written):
    for read in (VerifierKey.parse, SigningKey.parse, lambda text: SigningKey.parse(f"PRIVATE+KEY+{text}")):
        with pytest.raises(BadNote) as told:
            read(written)
        assert base64.b64encode(b"\1" + bytes(32)).decode() not in str(told.value)


def test_a_key_has_a_name_that_a_note_can_carry():
    for name in ("", "two words", "a+b", "a\nb", "a\u00a0b"):
        with pytest.raises(BadNote):
            SigningKey.new(name)
