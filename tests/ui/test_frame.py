"""What stands around every page: who may see it, its headers, its errors, and what shows that a form is ours."""

import gzip
import re
from typing import Any

import pytest
from jinja2.meta import find_undeclared_variables

from app.http.border.entrance import _credential
from app.services.store.failures import StoreUnavailable
from app.ui.frame.environment import FOLDER, MADE, environment
from app.ui.frame.forgery import belongs, masked
from app.ui.frame.frame import Side
from app.ui.frame.headers import POLICY
from tests.fake_services import Fakes, api
from tests.house import actor
from tests.ui.serving import FakeReaders, pages, reader, token_of

SHOWN = "/dev/components"
FILLED = {"amount": "5"}


def test_a_page_allows_nothing_from_elsewhere_and_nothing_inline() -> None:
    with pages() as client:
        answer = client.get(SHOWN)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers.get_list("referrer-policy") == ["same-origin"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", answer.text)
    assert not re.search(r"(src|href|action)=\"(https?:)?//", answer.text)


def test_who_is_not_signed_in_is_sent_to_sign_in_and_from_there_back() -> None:
    with pages(signed_in=False) as client:
        answer = client.get(f"{SHOWN}?state=error&x=ä")
        posted = client.post(SHOWN, data=FILLED)
        part = client.get(SHOWN, headers={"hx-request": "true"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/dev/components%3Fstate%3Derror%26x%3D%25C3%25A4"
    assert (posted.status_code, posted.headers["location"]) == (303, "/sign-in")
    assert (part.status_code, part.headers["hx-refresh"]) == (401, "true")


def test_a_session_works_on_pages_only_and_a_token_on_the_api_only() -> None:
    with pages() as client:
        assert client.get("/api/v1/cases").json()["code"] == "unauthenticated"
        client.cookies.clear()
        assert client.get(SHOWN, headers={"authorization": "Bearer x"}).status_code == 303


def test_what_is_below_the_api_stays_a_problem_byte_for_byte() -> None:
    unknown = ("/api/v1/nothing", "/api", "/schema/nothing", "/metrics/nothing", "/healthz/nothing", "/docs")
    with pages() as client:
        told = [client.get(path) for path in unknown]
        beside = client.get("/nothing", headers={"accept": "*/*"})
    with api(Fakes()) as plain:
        before = [plain.get(path) for path in (*unknown, "/nothing")]
    assert [answer.content for answer in (*told, beside)] == [answer.content for answer in before]
    assert {answer.headers["content-type"] for answer in told} == {"application/problem+json"}


def test_a_browser_that_lost_its_way_gets_a_page() -> None:
    with pages() as client:
        answer = client.get("/nothing/at/all")
    assert answer.status_code == 404
    assert answer.headers["content-security-policy"] == POLICY
    assert "There is nothing here" in answer.text


def test_what_nobody_expected_is_a_page_with_the_number_of_the_request_and_nothing_else() -> None:
    readers = FakeReaders(raises=RuntimeError("a secret of ours"))
    with pages(readers=readers) as client:
        answer = client.get(SHOWN)
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert "a secret of ours" not in answer.text


def test_without_a_database_a_page_says_so_and_when_to_try_again() -> None:
    with pages(readers=FakeReaders(raises=StoreUnavailable("away"))) as client:
        answer = client.get(SHOWN)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "Not available right now" in answer.text


ANN = reader(actor("ann"), "Ann", session="session-of-ann")


@pytest.mark.parametrize(
    ("fields", "headers", "status"),
    [
        (token_of(reader()), {}, 303),
        ({}, {}, 403),
        ({"csrf": "x"}, {}, 403),
        ({"csrf": "ä"}, {}, 403),
        (token_of(ANN), {}, 403),
        (token_of(reader()), {"origin": "http://evil.example"}, 403),
        (token_of(reader()), {"origin": "null"}, 403),
        (token_of(reader()), {"origin": ""}, 403),
        ({}, {"x-csrf-token": masked(reader().session_id)}, 303),
    ],
)
def test_a_form_acts_when_it_is_of_this_session_and_of_our_pages(fields: Any, headers: Any, status: int) -> None:
    with pages() as client:
        assert client.post(SHOWN, data=FILLED | fields, headers=headers).status_code == status


def test_a_token_is_another_one_in_each_answer_and_of_one_session() -> None:
    tokens = {masked("one") for _ in range(20)}
    assert len(tokens) == 20
    assert all(belongs(token, "one") for token in tokens)
    assert not any(belongs(token, "other") for token in tokens)


def test_what_a_form_lacks_is_told_with_the_page_and_counted_in_the_title() -> None:
    with pages() as client:
        answer = client.post(SHOWN, data=token_of(reader()))
    assert answer.status_code == 422
    assert "<title>2 errors: Components – Acme</title>" in answer.text
    assert 'href="#amount"' in answer.text


def test_components_are_made_once_for_a_page_and_know_nothing_of_who_imports_them() -> None:
    found, one, other = environment(), {MADE: {}}, {MADE: {}}
    actions = found.get_template("components/actions.html")
    assert actions.make_module(one, True, {"_": "a local name"}) is actions.make_module(one, True)
    assert actions.make_module(one, True) is not actions.make_module(other, True)
    known = {*found.globals, "sides", "here"}
    for name in found.list_templates(filter_func=lambda name: name.startswith("components/")):
        parsed = found.parse((FOLDER / name).read_text(encoding="utf-8"))
        assert find_undeclared_variables(parsed) <= known, name


def test_a_form_is_bounded_and_readable() -> None:
    with pages() as client:
        many = client.post(
            SHOWN, content="a=1&" * 20_000, headers={"content-type": "application/x-www-form-urlencoded"}
        )
        broken = client.post(SHOWN, content="a=%FF", headers={"content-type": "application/x-www-form-urlencoded"})
        json = client.post(SHOWN, json={})
        large = client.post(SHOWN, data={"a": "x" * 2**21})
        parts = client.post(SHOWN, data=FILLED | token_of(reader()), files={"file": ("a.txt", b"abc")})
    assert [many.status_code, broken.status_code, json.status_code, large.status_code] == [400, 400, 415, 413]
    assert parts.status_code == 303


def test_pages_are_compressed_for_those_who_take_it() -> None:
    with pages() as client:
        packed = client.get(SHOWN, headers={"accept-encoding": "gzip"})
        plain = client.get(SHOWN, headers={"accept-encoding": "gzip;q=0, identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(packed.content) / 3
    assert "content-encoding" not in plain.headers


def test_files_are_named_by_what_is_in_them_and_kept_for_good() -> None:
    with pages(signed_in=False) as client:
        text = client.get("/nothing").text
        paths = re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
        assert len(paths) == 4
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert re.search(r"-[0-9a-f]{12}\.\w+$", path)
        assert client.get("/static/pages.css").status_code == 404
        assert client.get("/static/..%2fframe.py").status_code == 404


def test_the_first_visit_is_light() -> None:
    """As sent: the page, its style, its scripts and its sign."""
    with pages() as client:
        client.headers["accept-encoding"] = "gzip"
        page = client.get("/help/keys")
        paths = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
        imported = {found for path in paths for found in re.findall(r'from "(/static/[^"]+)"', client.get(path).text)}
        sizes = [int(client.get(path).headers["content-length"]) for path in paths | imported]
        styles = [len(client.get(path).content) for path in paths if path.endswith(".css")]
    assert len(sizes) + 1 <= 6
    assert int(page.headers["content-length"]) + sum(sizes) < 60_000
    assert max(styles) < 30_000


def test_the_side_shows_what_the_queue_says() -> None:
    async def sides(_: Any) -> list[Side]:
        return [Side("Mine", "/?view=mine", "3", current=True), Side("<b>", "/?view=x", "1000+")]

    with pages(sides=sides) as client:
        text = client.get(SHOWN).text
    assert '<a href="/?view=mine" aria-current="page"><span>Mine</span> <span class="count">3</span></a>' in text
    assert "&lt;b&gt;" in text


def test_components_are_shown_on_the_demo_only() -> None:
    with pages(demo=False) as client:
        assert client.get(SHOWN).status_code == 404


def test_a_session_is_a_credential_that_waits_its_turn_as_others_do() -> None:
    def credential(*headers: tuple[bytes, bytes]) -> bytes:
        return _credential({"headers": headers})

    assert credential((b"cookie", b"a=b; stateward_session=abc; c=d")) == b"abc"
    assert credential((b"cookie", b"__Host-stateward=abc")) == b"abc"
    assert credential((b"cookie", b"not_stateward_session=abc")) == b""
    assert credential((b"cookie", b"stateward_session=abc"), (b"authorization", b"Bearer x")) == b"Bearer x"


def test_a_page_is_in_the_language_of_its_reader_and_looks_as_they_like() -> None:
    likes = reader(theme="dark", density="compact", keys=False)
    with pages(somebody=likes) as client:
        text = client.get(SHOWN).text
    assert '<html lang="en" data-theme="dark" data-density="compact" data-keys="off">' in text


def test_gzip_that_is_sent_is_gzip() -> None:
    with pages() as client, client.stream("GET", SHOWN, headers={"accept-encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert b"<!doctype html>" in gzip.decompress(raw)
