"""People who sign in at an issuer: sent there with a challenge, and believed when they come back with its answer."""

import base64
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from pydantic import SecretStr

from app.domain.values.errors import Unauthenticated, Unavailable
from app.http.sign_in.code_flow import Asked, CodeFlow
from app.http.sign_in.issuer_keys import Fetcher, IssuerKeys
from app.services.callers.issuers import Issuer
from app.services.store.people import Told
from tests.issuing import local_issuer

BACK = "https://cases.example.com/sign-in/back"


@pytest.fixture(scope="module")
def keycloak():
    with local_issuer() as issuer:
        yield issuer


@pytest.fixture
async def fetcher():
    made = Fetcher()
    yield made
    await made.close()


def flow_of(issuer, fetcher, **values):
    known = {"client_id": "pages", "client_secret": SecretStr("hush hush/hush"), **values}
    of = Issuer(issuer=issuer.issuer, audience="stateward-api", **known)
    return CodeFlow(of, IssuerKeys(of.issuer, fetcher), fetcher.post)


@pytest.fixture
def flow(keycloak, fetcher):
    return flow_of(keycloak, fetcher)


async def refused(flow, asked, answer, words):
    with pytest.raises(Unauthenticated, match=words):
        await flow.finish(asked, answer)


async def test_whoever_signs_in_there_is_whom_the_claims_name(keycloak, flow):
    asked = Asked.anew(keycloak.issuer, BACK)
    claims = {"name": "Alice Lidell", "email": "alice@example.com", "zoneinfo": "Europe/London", "locale": "en-GB"}
    actor, told = await flow.finish(asked, keycloak.signed_in(await flow.address(asked), **claims))
    assert (actor.tenant, actor.id, actor.roles) == ("acme", "user:alice", frozenset())
    assert told == Told("Alice Lidell", "alice@example.com", "Europe/London", "en-GB")


async def test_roles_are_believed_as_those_of_tokens_are(keycloak, fetcher):
    flow = flow_of(keycloak, fetcher, roles_claim="groups")
    asked = Asked.anew(keycloak.issuer, BACK)
    answer = keycloak.signed_in(await flow.address(asked), groups=["clerk", "admin", "a group with spaces"])
    actor, _ = await flow.finish(asked, answer)
    assert actor.roles == frozenset({"role:clerk"})


async def test_the_way_there_says_who_asks_for_what_and_no_secret(keycloak, flow):
    asked = Asked.anew(keycloak.issuer, BACK)
    address = await flow.address(asked)
    told = dict(parse_qsl(urlsplit(address).query))
    assert (told["client_id"], told["redirect_uri"], told["scope"]) == ("pages", BACK, "openid profile email")
    assert (told["state"], told["nonce"]) == (asked.state, asked.nonce)
    assert asked.verifier not in address
    assert "hush" not in address


async def test_no_two_ways_there_are_alike(keycloak, flow):
    first, second = (Asked.anew(keycloak.issuer, BACK) for _ in range(2))
    assert {first.state, first.nonce, first.verifier}.isdisjoint({second.state, second.nonce, second.verifier})


async def test_another_state_is_refused_before_the_code_is_shown_to_anybody(keycloak, flow):
    asked = Asked.anew(keycloak.issuer, BACK)
    answer = keycloak.signed_in(await flow.address(asked))
    shown = len(keycloak.shown)
    for state in ("x", "ä", "\ud800"):
        await refused(flow, asked, answer | {"state": state}, "state")
    await refused(flow, asked, {"code": answer["code"]}, "state")
    assert len(keycloak.shown) == shown


async def test_another_nonce_is_refused(keycloak, flow):
    asked = Asked.anew(keycloak.issuer, BACK)
    address = await flow.address(asked)
    await refused(flow, asked, keycloak.signed_in(address, nonce="x"), "nonce")
    await refused(flow, asked, keycloak.signed_in(address, nonce="ä"), "nonce")
    await refused(flow, asked, keycloak.signed_in(address, nonce=...), "nonce")


async def test_another_verifier_gets_nothing_for_the_code(keycloak, flow):
    asked = Asked.anew(keycloak.issuer, BACK)
    answer = keycloak.signed_in(await flow.address(asked))
    await refused(flow, replace(asked, verifier="another"), answer, "no ID token")


async def test_a_code_is_good_once(keycloak, flow):
    asked = Asked.anew(keycloak.issuer, BACK)
    answer = keycloak.signed_in(await flow.address(asked))
    await flow.finish(asked, answer)
    await refused(flow, asked, answer, "no ID token")


async def test_an_id_token_for_others_or_of_others_is_refused(keycloak, flow):
    asked = Asked.anew(keycloak.issuer, BACK)
    address = await flow.address(asked)
    await refused(flow, asked, keycloak.signed_in(address, aud="another"), "udience")
    await refused(flow, asked, keycloak.signed_in(address, azp="another"), "another client")
    await refused(flow, asked, keycloak.signed_in(address, iss="https://else.example.com"), "another issuer")
    await refused(flow, asked, keycloak.signed_in(address, exp=1), "expired")
    await refused(flow, asked, keycloak.signed_in(address, tenant=...), "no tenant")
    await refused(flow, asked, keycloak.signed_in(address) | {"iss": "https://else.example.com"}, "another issuer")


async def test_an_issuer_that_promises_to_say_who_it_is_is_believed_only_where_it_does(keycloak, fetcher):
    keycloak.discovery["authorization_response_iss_parameter_supported"] = True
    try:
        asked = Asked.anew(keycloak.issuer, BACK)
        answer = keycloak.signed_in(await flow_of(keycloak, fetcher).address(asked))
        unsaid = {name: value for name, value in answer.items() if name != "iss"}
        await refused(flow_of(keycloak, fetcher), asked, unsaid, "another issuer")
        await flow_of(keycloak, fetcher).finish(asked, answer)
    finally:
        del keycloak.discovery["authorization_response_iss_parameter_supported"]


async def test_an_issuer_that_promises_nothing_need_not_say_who_it_is(keycloak, flow):
    asked = Asked.anew(keycloak.issuer, BACK)
    answer = keycloak.signed_in(await flow.address(asked))
    await flow.finish(asked, {name: value for name, value in answer.items() if name != "iss"})


async def test_an_error_of_the_issuer_is_refused(keycloak, flow):
    asked = Asked.anew(keycloak.issuer, BACK)
    await flow.address(asked)
    await refused(flow, asked, {"state": asked.state, "error": "access_denied"}, "access_denied")


async def test_we_show_who_we_are_in_a_header_or_where_the_issuer_wants_it(keycloak, fetcher):
    for methods, header, form in (
        (None, True, False),
        (["client_secret_post"], False, True),
        (["client_secret_post", "client_secret_basic"], True, False),
    ):
        keycloak.discovery.pop("token_endpoint_auth_methods_supported", None)
        if methods:
            keycloak.discovery["token_endpoint_auth_methods_supported"] = methods
        flow = flow_of(keycloak, fetcher)
        asked = Asked.anew(keycloak.issuer, BACK)
        await flow.finish(asked, keycloak.signed_in(await flow.address(asked)))
        login, sent = keycloak.shown[-1]
        expected = base64.b64encode(b"pages:hush+hush%2Fhush").decode()
        assert (login == f"Basic {expected}", sent.get("client_secret") == "hush hush/hush") == (header, form)


async def test_a_client_without_a_secret_shows_its_name_only(keycloak, fetcher):
    flow = flow_of(keycloak, fetcher, client_secret=None)
    asked = Asked.anew(keycloak.issuer, BACK)
    await flow.finish(asked, keycloak.signed_in(await flow.address(asked)))
    login, sent = keycloak.shown[-1]
    assert (login, sent["client_id"]) == (None, "pages")


async def test_an_issuer_that_was_never_reached_is_unavailable(fetcher):
    with local_issuer() as gone:
        gone.failing = True
        flow = flow_of(gone, fetcher)
        with pytest.raises(Unavailable):
            await flow.address(Asked.anew(gone.issuer, BACK))


async def test_an_issuer_that_went_is_unavailable(fetcher):
    with local_issuer() as going:
        flow = flow_of(going, fetcher)
        asked = Asked.anew(going.issuer, BACK)
        answer = going.signed_in(await flow.address(asked))
    with pytest.raises(Unavailable):
        await flow.finish(asked, answer)


async def test_people_are_sent_to_secure_addresses_only(keycloak, fetcher):
    flow = flow_of(keycloak, fetcher)
    told = keycloak.discovery["authorization_endpoint"]
    keycloak.discovery["authorization_endpoint"] = "http://login.example.com/authorize"
    try:
        with pytest.raises(Unavailable):
            await flow.address(Asked.anew(keycloak.issuer, BACK))
    finally:
        keycloak.discovery["authorization_endpoint"] = told


def test_a_secret_is_not_shown_with_its_issuer():
    of = Issuer(issuer="https://login.example.com", client_id="pages", client_secret=SecretStr("hush hush"))
    assert "hush" not in repr(of) + str(of)
