"""Tokens of OIDC issuers: who is believed, and that everybody else is nobody, all in the same words."""

import base64
import json
import time

import jwt
import pytest
from litestar.testing import TestClient

from app.http.app import HttpSettings, create_app
from app.http.sign_in import issuer_keys
from app.services.callers.issuers import Issuer
from tests.fake_services import CASE_ID, Fakes, token
from tests.issuing import AUDIENCE, a_private_key, jwk_of, local_issuer
from tests.one_app import SECRET

READ = f"/api/v1/cases/{CASE_ID}"
EVENTS = f"{READ}/events"
NOW = int(time.time())
NEEDED = ("exp", "iat", "iss", "aud", "sub")


@pytest.fixture(scope="module")
def keycloak():
    with local_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def entra():
    with local_issuer("other", "ES256") as issuer:
        yield issuer


@pytest.fixture
def at_once(monkeypatch):
    """Looking at an issuer again is not put off."""
    monkeypatch.setattr(issuer_keys, "AT_MOST_EVERY", 0.0)


def a_client(*issuers, fakes=None, secret=SECRET):
    app = create_app((fakes or Fakes()).services(), HttpSettings(secret, issuers))
    return TestClient(app, raise_server_exceptions=False)


def trusting(issuer, **values):
    return Issuer(issuer=issuer.issuer, audience=AUDIENCE, **values)


def bearing(text):
    return {"Authorization": f"Bearer {text}"}


def sent(client, text):
    return client.get(READ, headers=bearing(text))


def seen_as(client, fakes, text):
    """Who the desk is told calls."""
    answer = client.post(EVENTS, json={"event": "approve"}, headers=bearing(text))
    assert answer.status_code == 200, answer.text
    return fakes.desk.seen[-1].actor


def part(told):
    text = told if isinstance(told, str) else json.dumps(told)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def signed_text(issuer, claims_text, header_text):
    """A token over exactly these texts, signed as it should be."""
    _, private = issuer.signing["first"]
    signed = f"{part(header_text)}.{part(claims_text)}"
    algorithm = jwt.get_algorithm_by_name("RS256")
    signature = base64.urlsafe_b64encode(algorithm.sign(signed.encode(), private)).rstrip(b"=").decode()
    return f"{signed}.{signature}"


def doubled(issuer):
    told = json.dumps(issuer.claims())
    return signed_text(issuer, told[:-1] + ', "sub": "root"}', {"alg": "RS256", "kid": "first"})


def confused(issuer):
    """HS256 with the public key as the secret (CVE-2015-9235), by hand, as the library refuses to write it."""
    _, private = issuer.signing["first"]
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{part({'alg': 'HS256', 'kid': 'first', 'typ': 'JWT'})}.{part(issuer.claims())}"
    signature = jwt.get_algorithm_by_name("HS256").sign(signed.encode(), public)
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def injected(issuer, **header):
    """Signed by a key that the token brings along, or points at."""
    private = a_private_key("RS256")
    brought = {"kid": "mine", "jwk": jwk_of("RS256", private, kid="mine"), **header}
    return jwt.encode(issuer.claims(), private, "RS256", brought)


REFUSED = {
    "another audience": lambda i: i.token("first", aud="else"),
    "no audience of ours in a list": lambda i: i.token("first", aud=["else", "more"]),
    "another issuer": lambda i: i.token("first", iss="https://else.example.com"),
    "the issuer with a slash": lambda i: i.token("first", iss=f"{i.issuer}/"),
    "an issuer that is no text": lambda i: signed_text(i, i.claims() | {"iss": [i.issuer]}, {"alg": "RS256"}),
    "our own name as issuer": lambda i: i.token("first", iss="stateward", aud="stateward", sub="user:root"),
    "expired by 61 s": lambda i: i.token("first", exp=int(time.time()) - 61),
    "issued in an hour": lambda i: i.token("first", iat=NOW + 3600),
    "not before an hour": lambda i: i.token("first", nbf=NOW + 3600),
    **{
        f"without {name}": lambda i, n=name: i.token("first", **{n: ...})
        for name in ("exp", "iat", "iss", "aud", "sub")
    },
    "without a tenant": lambda i: i.token("first", tenant=...),
    "an expiry that never comes": lambda i: i.token("first", exp=1e400),
    "an expiry that is text": lambda i: i.token("first", exp="soon"),
    "no algorithm": lambda i: f"{part({'alg': 'none', 'kid': 'first'})}.{part(i.claims())}.",
    "no algorithm, spelled otherwise": lambda i: f"{part({'alg': 'nOnE', 'kid': 'first'})}.{part(i.claims())}.",
    "an algorithm that is a list": lambda i: signed_text(i, i.claims(), {"alg": ["RS256"], "kid": "first"}),
    "the public key as a secret": confused,
    "our secret, the issuer's name": lambda i: jwt.encode(i.claims(), SECRET, "HS256", {"kid": "first"}),
    "an unknown kid": lambda i: i.token("first", {"kid": "made-up"}),
    "a kid that is a path": lambda i: i.token("first", {"kid": "../../../dev/null"}),
    "a kid that is SQL": lambda i: i.token("first", {"kid": "' OR 1=1 --"}),
    "a kid that is a number": lambda i: signed_text(i, i.claims(), {"alg": "RS256", "kid": 1}),
    "a key of its own": injected,
    "a key of its own under a good kid": lambda i: injected(i, kid="first"),
    "an address of keys of its own": lambda i: injected(i, kid="first", jku=f"{i.issuer}/mine", x5u=f"{i.issuer}/mine"),
    "another type": lambda i: i.token("first", {"typ": "logout+jwt"}),
    "a type that is no text": lambda i: signed_text(i, i.claims(), {"alg": "RS256", "kid": "first", "typ": 7}),
    "an extension it must be understood with": lambda i: i.token("first", {"crit": ["exp"]}),
    "a claim twice": doubled,
    "a header twice": lambda i: signed_text(i, i.claims(), '{"alg": "RS256", "kid": "x", "kid": "first"}'),
    "claims that are a list": lambda i: signed_text(i, [1], {"alg": "RS256", "kid": "first"}),
    "claims that are deep": lambda i: signed_text(i, '{"sub":' + "[" * 2500, {"alg": "RS256", "kid": "first"}),
    "claims that are not UTF-8": lambda i: f"{part({'alg': 'RS256', 'kid': 'first'})}.gICA.AAAA",
    "two parts": lambda i: i.token("first").rpartition(".")[0],
    "four parts": lambda i: i.token("first") + ".AAAA",
    "a signature cut short": lambda i: i.token("first")[:-9],
    "claims changed afterwards": lambda i: i.token("first").replace(".", f".{part(i.claims(sub='root'))}.", 1),
    "8 KB": lambda i: i.token("first", more="x" * 8192),
    "8 KB of nothing": lambda i: "a" * 8192,
    "1 MB": lambda i: i.token("first", more="x" * 2**20),
    "a subject that is a role": lambda i: i.token("first", sub="role:admin"),
    "a subject that is a service": lambda i: i.token("first", sub="service:import"),
    "a subject with a line break": lambda i: i.token("first", sub="a\nb"),
    "a subject that is a number": lambda i: signed_text(i, i.claims(sub=7), {"alg": "RS256", "kid": "first"}),
    "every tenant": lambda i: i.token("first", tenant="*"),
    "an API key that is none": lambda i: "sw_acme_0198c0de00007000800000000000ffff_" + "A" * 43,
}


@pytest.fixture(scope="module")
def client(keycloak):
    with a_client(trusting(keycloak)) as client:
        assert sent(client, keycloak.token("first")).status_code == 200
        yield client


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_token_is_nobody_and_is_not_told_why(client, keycloak, name):
    answer, nobody = sent(client, REFUSED[name](keycloak)), client.get(READ)
    assert answer.status_code == 401, answer.text
    assert (answer.content, answer.headers["www-authenticate"]) == (nobody.content, "Bearer")


def test_whatever_was_sent_nobody_looked_at_an_address_of_the_token(client, keycloak):
    sent(client, injected(keycloak, jku=f"{keycloak.issuer}/mine", x5u=f"{keycloak.issuer}/mine"))
    assert keycloak.asked["/mine"] == 0


def test_why_somebody_is_nobody_is_logged_without_the_token(client, keycloak, capsys):
    bad = keycloak.token("first", aud="else")
    sent(client, bad)
    told = capsys.readouterr().out
    assert "Audience" in told
    assert not any(piece in told for piece in bad.split("."))


def test_clocks_may_differ_by_a_minute(client, keycloak):
    for good in ({"exp": int(time.time()) - 58}, {"iat": NOW + 58}, {"aud": ["else", AUDIENCE]}):
        assert sent(client, keycloak.token("first", **good)).status_code == 200
    for kind in ("JWT", "at+jwt", "application/at+jwt", ...):
        assert sent(client, keycloak.token("first", {"typ": kind} if kind is not ... else {})).status_code == 200


def test_two_issuers_and_our_own_secret_are_believed_at_once(keycloak, entra):
    fakes = Fakes()
    pinned = trusting(entra, tenant="acme", subject_claim="preferred_username", roles_claim="realm_access.roles")
    with a_client(trusting(keycloak), pinned, fakes=fakes) as client:
        first = seen_as(client, fakes, keycloak.token("first", roles=["role:admin"]))
        assert (first.tenant, first.id, first.roles) == ("acme", "user:alice", frozenset())
        assert first.authenticated == f"oidc:{keycloak.issuer}"
        told = {"roles": ["clerk", "role:manager", "offline access", 7]}
        other = entra.token("other", tenant="globex", preferred_username="bob@x.org", realm_access=told)
        second = seen_as(client, fakes, other)
        assert (second.tenant, second.id, second.roles) == ("acme", "user:bob@x.org", {"role:clerk", "role:manager"})
        assert seen_as(client, fakes, token("carl")).id == "user:carl"
        assert sent(client, entra.token("other", iss=keycloak.issuer)).status_code == 401
        assert sent(client, entra.token("other", preferred_username="user:root")).status_code == 401


def test_without_a_secret_of_ours_only_issuers_are_believed(keycloak):
    with a_client(trusting(keycloak), secret=None) as client:
        assert sent(client, keycloak.token("first")).status_code == 200
        assert sent(client, token()).status_code == 401


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "ES384", "EdDSA"])
def test_every_asymmetric_kind_of_key_is_understood(algorithm):
    with local_issuer("it", algorithm) as issuer, a_client(trusting(issuer)) as client:
        assert sent(client, issuer.token("it")).status_code == 200
        assert sent(client, issuer.token("it", {"kid": ...})).status_code == 200


def test_a_token_without_a_kid_is_nobodys_where_two_keys_are_of_its_kind(at_once):
    with local_issuer() as issuer, a_client(trusting(issuer)) as client:
        nameless = issuer.token("first", {"kid": ...})
        issuer.turn_to("an", "ES256", keep=True)
        assert sent(client, issuer.token("an")).status_code == 200
        assert sent(client, nameless).status_code == 200
        issuer.turn_to("second", keep=True)
        assert sent(client, issuer.token("second")).status_code == 200
        assert sent(client, issuer.token("first", {"kid": ...}, sub="bob")).status_code == 401
        assert sent(client, issuer.token("first")).status_code == 200


def test_keys_turn_in_the_middle_of_traffic(at_once):
    with local_issuer() as issuer, a_client(trusting(issuer)) as client:
        old = issuer.token("first")
        assert sent(client, old).status_code == 200
        issuer.turn_to("second", keep=True)
        for good in (issuer.token("second"), old, issuer.token("first"), issuer.token("second", sub="bob")):
            assert sent(client, good).status_code == 200
        issuer.turn_to("third")
        assert sent(client, old).status_code == 200  # nobody has looked yet
        assert sent(client, issuer.token("third")).status_code == 200
        assert sent(client, old).status_code == 401  # a key that is withdrawn takes its tokens along
        assert sent(client, issuer.token("first")).status_code == 401


def test_a_key_turns_under_tokens_without_a_kid(at_once):
    with local_issuer() as issuer, a_client(trusting(issuer)) as client:
        assert sent(client, issuer.token("first", {"kid": ...})).status_code == 200
        issuer.turn_to("second")
        assert sent(client, issuer.token("second", {"kid": ...})).status_code == 200


def test_an_issuer_that_fails_harms_nobody_whose_key_is_known(at_once):
    with local_issuer() as issuer, a_client(trusting(issuer)) as client:
        assert sent(client, issuer.token("first")).status_code == 200
        issuer.failing = True
        assert sent(client, issuer.token("first", {"kid": "new"})).status_code == 401
        assert sent(client, issuer.token("first", sub="bob")).status_code == 200


def test_an_issuer_that_was_never_reached_is_unavailable_to_its_own_only(keycloak):
    with local_issuer() as issuer:
        issuer.failing = True
        with a_client(trusting(issuer), trusting(keycloak)) as client:
            answer = sent(client, issuer.token("first"))
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            assert sent(client, keycloak.token("first")).status_code == 200


def test_made_up_key_ids_do_not_hammer_the_issuer():
    with local_issuer() as issuer, a_client(trusting(issuer)) as client:
        sent(client, issuer.token("first"))
        for n in range(20):
            assert sent(client, issuer.token("first", {"kid": f"k{n}"})).status_code == 401
        assert issuer.asked["/keys"] == 1


@pytest.mark.parametrize("group", ["admin", "role:admin", "system", "role:system", "auditor"])
def test_a_group_that_is_called_like_a_built_in_role_makes_nobody_that(keycloak, group):
    fakes = Fakes()
    with a_client(trusting(keycloak, roles_claim="groups"), fakes=fakes) as client:
        seen = seen_as(client, fakes, keycloak.token("first", groups=[group, "clerk"]))
        assert seen.roles == {"role:clerk"}


def test_an_issuer_makes_administrators_where_the_operator_says_so_but_never_the_system(keycloak):
    fakes = Fakes()
    issuer = trusting(keycloak, roles_claim="groups", built_in_roles=["admin"])
    with a_client(issuer, fakes=fakes) as client:
        seen = seen_as(client, fakes, keycloak.token("first", groups=["admin", "auditor", "system"]))
        assert seen.roles == {"role:admin"}
    with pytest.raises(ValueError, match="auditor"):
        trusting(keycloak, built_in_roles=["system"])
