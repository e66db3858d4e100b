"""Who may come in: tokens that are ours, whole, and in time."""

import hmac
import json
import time

import jwt
import pytest
from jwt.utils import base64url_encode

from app.domain.values.errors import Unauthenticated
from app.http.sign_in.callers import Callers
from app.http.sign_in.issuers import TrustedIssuers
from app.http.sign_in.own_tokens import OwnTokens, mint
from tests.fake_services import CASE_ID, Fakes, api, token
from tests.one_app import SECRET

READ = f"/api/v1/cases/{CASE_ID}"


def claims(**changed):
    now = int(time.time())
    whole = {"iss": "stateward", "aud": "stateward", "iat": now, "exp": now + 600, "sub": "user:alice"}
    merged = {**whole, "tenant": "acme", "roles": ["role:clerk"], **changed}
    return {name: value for name, value in merged.items() if value is not ...}


def signed(key=SECRET, algorithm="HS256", **changed):
    return jwt.encode(claims(**changed), key, algorithm=algorithm)


MOMENTS = ("exp", "iat", "nbf", "auth_time", "updated_at")
NO_MOMENTS = (
    "1" + "0" * 400,
    "-1" + "0" * 400,
    "1e400",
    "-1",
    "-0.5",
    "NaN",
    "true",
    "253402300800",
    "null",
    '"soon"',
    "[]",
)


def written(member):
    """A token that says this to the letter, which a library would not write; signed by our own secret."""
    whole = json.dumps(claims(**{member.split('"')[1]: ...})).removesuffix("}") + f",{member}}}"
    parts = [base64url_encode(part.encode()) for part in ('{"alg":"HS256"}', whole)]
    signature = hmac.new(SECRET.encode(), b".".join(parts), "sha256").digest()
    return b".".join([*parts, base64url_encode(signature)]).decode()


BAD_TOKENS = {
    "none": "nonsense",
    "a header alone": signed().partition(".")[0],
    "a fourth part": f"{signed()}.e30",
    "another secret": signed(key="another secret, also long enough to be one"),
    "another algorithm": signed(algorithm="HS512"),
    "no algorithm": jwt.encode(claims(), None, algorithm="none"),
    "expired": signed(exp=int(time.time()) - 61),
    "from the future": signed(iat=int(time.time()) + 3600),
    "no expiry": signed(exp=...),
    "no issue time": signed(iat=...),
    "no subject": signed(sub=...),
    "no issuer": signed(iss=...),
    "no audience": signed(aud=...),
    "another issuer": signed(iss="else"),
    "another audience": signed(aud="else"),
    "an expiry that is no number": signed(exp="soon"),
    "an expiry that never comes": signed(exp=float("inf")),
    **{f"an {claim} of {told}": written(f'"{claim}":{told}') for claim in MOMENTS for told in NO_MOMENTS},
    "a subject that is no user": signed(sub="alice"),
    "a system": signed(sub="system:sla"),
    "a role as subject": signed(sub="role:admin"),
    "a subject with a line break": signed(sub="user:a\nb"),
    "no tenant": signed(tenant=...),
    "every tenant": signed(tenant="*"),
    "an upper case tenant": signed(tenant="Acme"),
    "a tenant that is no text": signed(tenant=7),
    "roles that are no list": signed(roles="role:admin"),
    "a bare role": signed(roles=["admin"]),
    "a case-relative role": signed(roles=["[creator]"]),
    "a role that is no text": signed(roles=[1]),
    "longer than any of ours": signed(roles=["role:clerk"] * 2000),
}


@pytest.fixture(scope="module")
def client():
    with api(Fakes()) as client:
        yield client


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_a_bad_token_is_nobody(client, name):
    answer = client.get(READ, headers={"Authorization": f"Bearer {BAD_TOKENS[name]}"})
    assert answer.status_code == 401, answer.text
    assert answer.json()["code"] == "unauthenticated"
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_moments_may_have_fractions(client):
    now = time.time()
    answer = client.get(
        READ, headers={"Authorization": f"Bearer {signed(exp=now + 9.5, iat=now - 0.5, nbf=now - 0.5)}"}
    )
    assert answer.status_code == 200


def test_a_good_token_by_another_scheme_is_nobody(client):
    for scheme in ("Basic", "Token", "DPoP"):
        assert client.get(READ, headers={"Authorization": f"{scheme} {token()}"}).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "bearer\ttoken", "é"])
def test_no_token_is_nobody(client, header):
    assert client.get(READ, headers={"Authorization": header.encode("latin-1")}).status_code == 401


def test_nobody_is_asked_who_they_are_before_their_body_is_read(client):
    answer = client.post("/api/v1/cases", content=b"{", headers={"Authorization": ""})
    assert answer.status_code == 401


def test_a_token_in_time_is_let_in_also_when_the_clocks_differ_a_little(client):
    for good in (token(), signed(exp=int(time.time()) - 30), signed(iat=int(time.time()) + 30), signed(roles=...)):
        assert client.get(READ, headers={"Authorization": f"bearer {good}"}).status_code == 200


def test_a_token_of_another_tenant_sees_nothing_here(client):
    answer = client.get(READ, headers={"Authorization": f"Bearer {token(tenant='globex')}"})
    assert answer.status_code == 404


def callers(**values):
    return Callers(OwnTokens(SECRET), TrustedIssuers([]), None, **values)


async def test_a_token_that_was_good_is_not_remembered_beyond_its_time(monkeypatch):
    known = callers()
    good = f"Bearer {mint(SECRET, 'acme', 'alice', ['clerk'], 3600)}"
    assert (await known.actor(good)).id == "user:alice"
    later = time.time() + 3600 + 61
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(Unauthenticated, match="expired"):
        await known.actor(good)


async def test_the_memory_for_tokens_is_bounded():
    known = callers(remember=2)
    for user in ("a", "b", "c"):
        assert (await known.actor(f"Bearer {token(user)}")).id == f"user:{user}"
    assert len(known._known) == 2


async def test_bare_names_get_their_prefix_and_full_ones_keep_it():
    actor = await callers().actor(f"Bearer {mint(SECRET, 'acme', 'user:alice', ['admin', 'role:clerk'], 60)}")
    assert (actor.id, actor.roles) == ("user:alice", {"role:admin", "role:clerk"})


@pytest.mark.parametrize(("tenant", "user", "role"), [("*", "a", "r"), ("acme", "a b", "r"), ("acme", "a", "r r")])
def test_no_token_is_made_that_would_be_refused(tenant, user, role):
    with pytest.raises(ValueError, match="must be"):
        mint(SECRET, tenant, user, [role], 60)


def test_a_short_secret_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        OwnTokens("short")
