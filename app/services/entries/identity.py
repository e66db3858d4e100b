"""Ids and salts: the only sources of chance in the service."""

import os

import uuid_utils

from app.domain.case.sealing import SALT_BYTES


def new_id() -> str:
    """A UUID v7 (RFC 9562) as text."""
    return str(uuid_utils.uuid7())


def new_salt() -> bytes:
    return os.urandom(SALT_BYTES)
