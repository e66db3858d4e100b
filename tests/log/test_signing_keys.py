"""Keys that sign have lives, which the log tells: since when they sign, until when, and since when not at all."""

import json

from app.domain.log.notes import SigningKey
from app.domain.values.names import SERVICE_TENANT
from app.services.log.checkpoints import Checkpoints
from app.services.log.signing_keys import KIND, MOST, lives, named, tell_revoked
from tests.factories import TENANT
from tests.signing import KEY, NAME, Shelf, free, signer, write

OTHER = SigningKey.new(NAME)


async def said(store, tenant: str = TENANT) -> list[tuple[str, str]]:
    found = [json.loads(one)["signing_key"] for one in await store.said(tenant, KIND, MOST)]
    return [(one["how"], one["key"]) for one in found]


async def looked(store, signing: Checkpoints):
    await free(store)
    while await store.sequence(5_000):
        pass
    return await signing.look()


async def test_the_log_of_the_service_says_when_a_key_begins_and_each_log_when_it_is_exchanged(store):
    shelf, before, now = Shelf(), named(KEY.verifier), named(OTHER.verifier)
    for tenant in (TENANT, SERVICE_TENANT):
        await write(store, 1, tenant)
    await looked(store, signer(store, shelf))
    assert (await said(store), await said(store, SERVICE_TENANT)) == ([], [("began", before)])
    await write(store, 1)
    for keys in ((KEY, OTHER), (OTHER,), (OTHER,)):
        await looked(store, signer(store, shelf, *keys))
        await write(store, 1)
    assert await said(store) == [("began", now), ("ended", before)]
    assert await said(store, SERVICE_TENANT) == [("began", before), ("began", now), ("ended", before)]
    life = lives(await store.said(SERVICE_TENANT, KIND, MOST))[before]
    assert life.told().split()[0] == str(KEY.verifier)
    assert [word.partition("=")[0] for word in life.told().split()[1:]] == ["from", "until"]


async def test_a_key_that_was_revoked_signs_nothing_and_the_next_one_goes_on_from_what_it_signed(store):
    """In a hurry nobody has time for a checkpoint of both."""
    shelf = Shelf()
    await write(store, 1)
    await looked(store, signer(store, shelf))
    told = await tell_revoked(store, KEY.verifier, "2026-12-01T00:00:00Z", "operator:olga", "the laptop was stolen")
    assert list(told) == [SERVICE_TENANT, TENANT]
    assert await tell_revoked(store, KEY.verifier, "2026-12-02T00:00:00Z", "operator:olga", "said twice") == []
    refused = await looked(store, signer(store, shelf))
    assert refused.signed == 0
    assert "was revoked: take it out" in refused.refused[""]
    done = await looked(store, signer(store, shelf, OTHER))
    assert (done.signed, done.refused) == (2, {})
    assert await said(store) == [
        ("revoked", named(KEY.verifier)),
        ("ended", named(KEY.verifier)),
        ("began", named(OTHER.verifier)),
    ]
