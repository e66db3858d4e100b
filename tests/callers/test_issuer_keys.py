"""The keys of an issuer: which are taken, when they are looked at, and how little it takes to fail harmlessly."""

import asyncio
import json

import pytest

from app.http.sign_in.issuer_keys import AT_MOST_EVERY, LARGEST_DOCUMENT, Fetcher, IssuerKeys
from app.http.sign_in.jwks import keys_of, meant
from tests.issuing import a_private_key, jwk_of, local_issuer

ISSUER = "https://login.example.com"
RSA_KEY, EC_KEY = a_private_key("RS256"), a_private_key("ES256")
GOOD = jwk_of("RS256", RSA_KEY, kid="good")


class Web:
    """What stands at the addresses of an issuer; `gate` holds back the answers until it is set."""

    def __init__(self, *keys):
        self.discovery = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}
        self.keys = {"keys": list(keys)}
        self.asked = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, address):
        self.asked.append(address)
        await self.gate.wait()
        return json.dumps(self.keys if address.endswith("/keys") else self.discovery).encode()


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


async def test_keys_are_looked_for_once_in_a_while_whatever_is_asked():
    web, clock = Web(GOOD), Clock()
    keys = IssuerKeys(ISSUER, web, clock)
    for kid in ("good", "a", "b"):
        await keys.find("RS256", kid)
    assert len(web.asked) == 2
    clock.now += AT_MOST_EVERY
    assert await keys.find("RS256", "c") is None
    assert len(web.asked) == 4
    assert (await keys.find("RS256", "good")).kid == "good"
    assert len(web.asked) == 4


async def test_all_who_ask_at_once_wait_for_one_look_and_one_who_leaves_takes_nothing_along():
    web = Web(GOOD)
    web.gate.clear()
    keys = IssuerKeys(ISSUER, web, Clock())
    asking = [asyncio.create_task(keys.find("RS256", "good")) for _ in range(10)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    web.gate.set()
    found = await asyncio.gather(*asking[1:])
    assert {key.kid for key in found} == {"good"}
    assert len(web.asked) == 2


@pytest.mark.parametrize(
    "spoiled",
    [
        {"discovery": {"issuer": "https://else.example.com", "jwks_uri": f"{ISSUER}/keys"}},
        {"discovery": {"issuer": ISSUER, "jwks_uri": "http://login.example.com/keys"}},
        {"discovery": {"issuer": ISSUER, "jwks_uri": "file:///etc/keys"}},
        {"discovery": {"issuer": ISSUER}},
        {"discovery": [ISSUER]},
        {"keys": {"keys": []}},
        {"keys": {"keys": "none"}},
        {"keys": [GOOD]},
    ],
)
async def test_what_is_wrong_at_the_issuer_leaves_the_keys_as_they_were(spoiled):
    web, clock = Web(GOOD), Clock()
    keys = IssuerKeys(ISSUER, web, clock)
    await keys.refresh()
    for name, value in spoiled.items():
        setattr(web, name, value)
    clock.now += AT_MOST_EVERY
    await keys.refresh()
    assert [key.kid for key in keys.keys] == ["good"]


SMALL = jwk_of("RS256", a_private_key("RS256", 1024), kid="k")
UNUSABLE = {
    "a secret": {"kty": "oct", "k": "c2VjcmV0", "kid": "k", "alg": "HS256"},
    "a secret called RSA": {**GOOD, "alg": "HS256"},
    "for encryption": {**GOOD, "use": "enc"},
    "for signing only": {**GOOD, "key_ops": ["sign"]},
    "too small": SMALL,
    "without a modulus": {"kty": "RSA", "e": "AQAB", "kid": "k"},
    "an unknown curve": {"kty": "EC", "crv": "P-1", "x": "AA", "y": "AA"},
    "a point off the curve": {**jwk_of("ES256", EC_KEY), "x": "AAAA"},
    "no kind": {"kid": "k"},
    "a kind that is no text": {"kty": ["RSA"]},
    "a kid that is no text": {**GOOD, "kid": 7},
    "no object": "key",
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_key_of_no_use_is_passed_over(name):
    assert [key.kid for key in keys_of({"keys": [UNUSABLE[name], GOOD]})] == ["good"]


def test_a_key_is_for_the_algorithms_of_its_kind_or_for_the_one_that_it_names():
    keys = keys_of({"keys": [{**GOOD, "alg": "RS512"}, jwk_of("ES256", EC_KEY, kid="ec")]})
    assert meant(keys, "RS512", "good") is keys[0]
    assert [meant(keys, *asked) for asked in (("RS256", "good"), ("ES384", "ec"), ("HS256", "good"))] == [None] * 3
    assert meant(keys, "ES256", None) is keys[1]


def test_one_kid_twice_means_no_key():
    keys = keys_of({"keys": [GOOD, jwk_of("RS256", a_private_key("RS256"), kid="good")]})
    assert meant(keys, "RS256", "good") is None


async def test_documents_are_fetched_without_following_anybody_and_only_so_much():
    fetcher = Fetcher()
    with local_issuer() as issuer:
        assert json.loads(await fetcher(f"{issuer.issuer}/keys"))["keys"]
        with pytest.raises(ValueError, match="404"):
            await fetcher(f"{issuer.issuer}/elsewhere")
        issuer.published = ["x" * LARGEST_DOCUMENT]
        with pytest.raises(ValueError, match="too large"):
            await fetcher(f"{issuer.issuer}/keys")
    await fetcher.close()
