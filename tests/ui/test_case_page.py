"""The page of a case over HTTP, without JavaScript: what is on it, what is done from it, and what is not there."""

import hashlib
import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient, Response

from app.domain.case.attempt import Principal
from app.services.assembly import Assembly
from app.services.store.people import Beginning, Told
from tests.databases import Database, sqlite_of
from tests.factories import TENANT, new_id
from tests.house import (
    ADMIN,
    ALICE,
    CLERK,
    MANAGER,
    SMALL_CLAIM,
    STRANGER,
    SUPERVISOR,
    actor,
    fire,
    fired,
    open_claim,
    open_incident,
    state,
)
from tests.ui.serving import client_of, reader, token_of
from tests.working import claim, comment, naming_reviewers

CARL = reader(CLERK, "Carl Clerk", "session-of-carl")
SUSAN = reader(SUPERVISOR, "Susan Super", "session-of-susan")
MONA = reader(MANAGER, "Mona Manager", "session-of-mona")
ANN = reader(ALICE, "Alice Ann", "session-of-alice")
IDA = reader(actor("ida", "agent"), "Ida Agent", "session-of-ida")
STEVE = reader(STRANGER, "Steve Stranger", "session-of-steve")
FOREIGN = reader(actor("carl", "clerk", tenant="globex"), "Carl", "session-of-foreign-carl")
NAUGHTY = "<img src=x onerror=alert(1)>\"'`{{7*7}}</textarea><script>alert(2)</script>\u202e=cmd|' /C calc'!A0"


@pytest.fixture
def database(sqlite_lived_in: Path, tmp_path: Path) -> Database:
    """Pages know nothing of the database: one kind is enough."""
    file = tmp_path / "pages.db"
    file.write_bytes(sqlite_lived_in.read_bytes())
    return sqlite_of(file)


@pytest.fixture
async def client(house: Assembly) -> AsyncIterator[AsyncClient]:
    async with client_of(house, CARL, SUSAN, MONA, ANN, IDA, STEVE, FOREIGN) as client:
        client.cookies.clear()
        yield client


def by(who: Any) -> dict[str, str]:
    return {"cookie": f"stateward_session={who.session_id}"}


async def get(client: AsyncClient, path: str, who: Any = CARL) -> Response:
    return await client.get(path, headers=by(who))


async def post(client: AsyncClient, path: str, who: Any = CARL, **fields: Any) -> Response:
    files = fields.pop("files", None)
    return await client.post(path, headers=by(who), data={**token_of(who), **fields}, files=files)


async def followed(client: AsyncClient, answer: Response, who: Any = CARL) -> str:
    """The page that a form led to."""
    assert answer.status_code == 303, answer.text
    shown = await get(client, answer.headers["location"], who)
    assert shown.status_code == 200, shown.text
    return words(shown.text)


def words(page: str) -> str:
    """What a reader sees of the main part, in one line."""
    main = page.partition('<div class="page">')[2] or page
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


async def test_the_page_says_what_it_is_where_it_stands_and_what_to_do(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house, {**SMALL_CLAIM, "purpose": "Train"})
    answer = await get(client, f"/cases/{case_id}")
    text = words(answer.text)
    assert answer.status_code == 200
    assert "Submitted" in text
    assert "With nobody" in text
    assert "What it was for Train" in text
    assert "50.00 EUR" in text or "5000" in text
    assert "Decision within two working days" in text
    assert 'name="event" value="triage"' in answer.text
    assert "not filled in" in text
    assert not re.search(r"role:|\bstyle=|data\.amount", re.sub(r"<svg.*?</svg>", "", answer.text, flags=re.DOTALL))


async def test_the_first_three_events_are_buttons_and_the_first_is_the_primary_one(
    client: AsyncClient, house: Assembly
) -> None:
    case_id = await open_claim(house, SMALL_CLAIM, to="review")
    page = (await get(client, f"/cases/{case_id}", MONA)).text
    acts = page.partition('class="case-acts"')[2].partition("</section>")[0]
    first, _, more = acts.partition("<details")
    assert re.findall(r'(?:/do/|name="event" value=")(\w+)', first) == ["approve", "reject", "add_note"]
    assert first.count("primary") == 1
    assert "Assign" in more


async def test_an_event_without_input_fires_once_and_says_so(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    fields = {"version": "1", "once": "0b5d1c1e-0000-4000-8000-000000000001"}
    answer = await post(client, f"/cases/{case_id}/fire", event="triage", **fields)
    text = await followed(client, answer)
    assert "“Take into review” is done. It is now First approval. Receipt" in text
    again = await post(client, f"/cases/{case_id}/fire", event="triage", **fields)
    assert again.status_code == 303
    assert (await state(house, case_id)).seq == 2


async def test_an_event_on_a_case_that_moved_meanwhile_is_not_fired(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    await claim(house, case_id, CLERK)
    answer = await post(client, f"/cases/{case_id}/fire", event="triage", version="1")
    assert answer.status_code == 412
    told = words(answer.text)
    assert "Carl Clerk changed this case while you were reading it (took it, just now), so nothing was done." in told
    assert (await state(house, case_id)).state == "submitted"


async def test_a_refused_event_says_why_and_stands_in_the_history(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house, to="review")
    answer = await post(client, f"/cases/{case_id}/fire", event="clear_budget", version="2")
    assert answer.status_code == 409
    assert "You can't do “Clear the budget” on this case" in words(answer.text)
    history = words((await get(client, f"/cases/{case_id}/history?show=refused")).text)
    assert "Carl Clerk “Clear the budget” was refused" in history


async def test_what_one_may_not_read_is_not_there(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    pages = ("", "/history", "/files", "/diagram", "/fields", "/why", "/why/pay", "/assign", "/comment", "/attach")
    for part in (*pages, "/link", "/roles", "/slas/decision", "/stale?seq=0"):
        for who in (STEVE, FOREIGN):
            theirs = await get(client, f"/cases/{case_id}{part}", who)
            nobodys = await get(client, f"/cases/{new_id()}{part}", who)
            assert theirs.status_code == nobodys.status_code == 404, part
            assert words(theirs.text) == words(nobodys.text), part
        assert (await get(client, f"/cases/{case_id}{part}")).status_code == 200, part
    for act in ("claim", "release", "assign", "comment", "attach", "link", "roles", "fire"):
        assert (await post(client, f"/cases/{case_id}/{act}", FOREIGN, text="x")).status_code == 404, act
    assert (await state(house, case_id)).seq == 1


@pytest.mark.parametrize("session", ["none", "another", "origin"])
async def test_nothing_is_done_that_our_page_did_not_send(client: AsyncClient, house: Assembly, session: str) -> None:
    case_id = await open_claim(house)
    token = {} if session == "none" else token_of(SUSAN if session == "another" else CARL)
    headers = by(CARL) | ({"origin": "http://evil.example"} if session == "origin" else {})
    for act in ("claim", "release", "assign", "comment", "attach", "link", "roles", "fire"):
        answer = await client.post(f"/cases/{case_id}/{act}", headers=headers, data={**token, "text": "x"})
        assert answer.status_code == 403, act
    assert (await state(house, case_id)).seq == 1


async def test_why_not_is_told_by_state_role_guard_and_four_eyes(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house, {"amount_cents": 82_000, "currency": "USD"})
    pay = words((await get(client, f"/cases/{case_id}/why/pay")).text)
    assert "You can't pay this case" in pay
    assert "is Submitted" in pay
    assert "It can be done once the case is Approved." in pay
    assert "“Pay” is for cashiers." in pay
    await fired(house, case_id, "triage", CLERK)
    approve = words((await get(client, f"/cases/{case_id}/why/approve")).text)
    assert "“Approve” is for heads of office, managers and supervisors. You are a clerk." in approve
    condition = words((await get(client, f"/cases/{case_id}/why/approve", SUSAN)).text)
    assert "It needs a currency of Euro or Pound sterling. Here it is US dollar." in condition
    own = words((await get(client, f"/cases/{case_id}/why/approve", ANN)).text)
    assert "You opened it, so somebody else must do “Approve”." in own
    assert "role:" not in pay + approve + condition + own


async def test_four_eyes_says_what_one_did_before(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house, to="review")
    await fired(house, case_id, "approve", SUPERVISOR)
    text = words((await get(client, f"/cases/{case_id}/why/approve", SUSAN)).text)
    assert "You did “Approve” here, so somebody else must do “Approve”." in text


async def test_rules_are_shown_to_administrators_only(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    root = reader(ADMIN, "Root", "session-of-root")
    assert "For administrators" not in (await get(client, f"/cases/{case_id}/why/pay")).text
    async with client_of(house, root) as admin:
        page = (await admin.get(f"/cases/{case_id}/why/approve")).text
    assert "Approve" in page


async def test_comments_are_markdown_that_runs_nothing(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    text = f"**bold** [x](javascript:alert(1)) ![p](https://evil.example/p.png) <b>raw</b>\n\n# big\n\n{NAUGHTY}"
    answer = await post(client, f"/cases/{case_id}/comment", text=text)
    assert "Your comment is there." in await followed(client, answer)
    page = (await get(client, f"/cases/{case_id}")).text
    assert "<strong>bold</strong>" in page
    assert not re.search(r"<b>|<img|<script(?![^>]*\bsrc=)|href=\"javascript|onerror=alert\(1\)>(?!&)", page)
    assert page.count("<h1") == 1


async def test_naughty_values_are_shown_as_text_wherever_they_stand(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_incident(house, summary=NAUGHTY[:190], service=NAUGHTY[:99])
    await post(client, f"/cases/{case_id}/attach", IDA, files={"files": (NAUGHTY[:60], b"hello", "text/plain")})
    await post(client, f"/cases/{case_id}/comment", IDA, text=NAUGHTY)
    await post(client, f"/cases/{case_id}/assign", IDA, assignee=NAUGHTY, team=NAUGHTY, reason=NAUGHTY)
    for part in ("", "/history", "/files", "/fields", "/diagram"):
        page = (await get(client, f"/cases/{case_id}{part}", IDA)).text
        assert not re.search(r"<img src=x|<script>|49(?=</textarea>)", page), part
    assert "&lt;script&gt;" in (await get(client, f"/cases/{case_id}/fields", IDA)).text


async def test_the_author_changes_a_comment_and_nobody_else_does(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    said = (await comment(house, case_id, CLERK, "Frist")).shown["id"]
    form = await get(client, f"/cases/{case_id}/comment?edits={said}")
    assert "Frist" in form.text
    await followed(client, await post(client, f"/cases/{case_id}/comment", text="First", edits=said))
    assert "First" in words((await get(client, f"/cases/{case_id}")).text)
    assert (await get(client, f"/cases/{case_id}/comment?edits={said}", SUSAN)).status_code == 404
    refused = await post(client, f"/cases/{case_id}/comment", SUSAN, text="Mine", edits=said)
    assert refused.status_code == 403
    assert "Mine" in refused.text


async def test_asking_somebody_is_a_comment_that_names_them(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house, to="review")
    form = await get(client, f"/cases/{case_id}/comment?about=approve&whom=user:mona")
    assert "can you do “Approve”" in html.unescape(form.text)
    await followed(client, await post(client, f"/cases/{case_id}/comment", text="@Mona, please", whom="user:mona"))
    [said] = await house.work.comments(CLERK, case_id, None, 10)
    assert list(said.mentions) == ["user:mona"]


async def test_a_case_is_taken_given_back_and_assigned(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    assert "Take this case" in words((await get(client, f"/cases/{case_id}")).text)
    assert "You have this case now." in await followed(client, await post(client, f"/cases/{case_id}/claim"))
    mine = words((await get(client, f"/cases/{case_id}")).text)
    assert "Take this case" not in mine
    assert "Give it back to the queue" in mine
    taken = await post(client, f"/cases/{case_id}/claim", SUSAN)
    assert taken.status_code == 409
    assert "carl has this case." in words(taken.text) or "Carl Clerk has this case." in words(taken.text)
    assert "It is back in the queue." in await followed(client, await post(client, f"/cases/{case_id}/release"))
    assert (await post(client, f"/cases/{case_id}/release")).status_code == 409
    given = await post(client, f"/cases/{case_id}/assign", SUSAN, assignee="user:carl", team="north")
    assert "has this case now" in await followed(client, given, SUSAN)
    now = await state(house, case_id)
    assert (now.assignee, now.team) == ("user:carl", "team:north")


async def test_what_was_written_stays_where_a_form_is_wrong(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    answer = await post(
        client, f"/cases/{case_id}/assign", SUSAN, assignee="No Body", team="North Pole", reason="because"
    )
    assert answer.status_code == 422
    assert "There are 2 problems" in words(answer.text)
    for kept in ("No Body", "because"):
        assert kept in answer.text
    assert "2 errors: Assign the case" in html.unescape(answer.text)
    empty = await post(client, f"/cases/{case_id}/comment", text="  ")
    assert empty.status_code == 422
    assert "Enter a comment" in words(empty.text)
    nothing = await post(client, f"/cases/{case_id}/link", other="EXP-404", type="blocks", case_type="expense_claim")
    assert nothing.status_code == 422
    assert "EXP-404" in nothing.text
    assert (await post(client, f"/cases/{case_id}/attach")).status_code == 422


async def test_who_may_not_assign_a_case_learns_no_name_by_trying(client: AsyncClient, house: Assembly) -> None:
    await house.store.begin_session(
        Beginning(
            tenant=TENANT,
            hash="f" * 64,
            subject=CLERK.id,
            roles=frozenset(),
            how="password",
            told=Told(name="Carl Clerk"),
            longest=60,
            most=5,
        )
    )
    case_id = await open_claim(house)
    for form, field in (("assign", "assignee"), ("roles", "whom")):
        known, unknown = [
            await post(client, f"/cases/{case_id}/{form}", ANN, **{field: name}) for name in ("Carl Clerk", "No Body")
        ]
        assert known.status_code == unknown.status_code
        assert words(known.text) == words(unknown.text)
    assert (await post(client, f"/cases/{case_id}/assign", ANN, assignee="Carl Clerk")).status_code == 403


async def test_who_may_not_work_on_a_case_has_no_form_for_it(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    page = (await get(client, f"/cases/{case_id}", ANN)).text
    assert not re.search(r"/(claim|release|assign|roles)\"", page)
    assert f"/cases/{case_id}/attach" in page
    form = await get(client, f"/cases/{case_id}/assign", ANN)
    assert "The case does not take this from you now." in words(form.text)
    refused = await post(client, f"/cases/{case_id}/assign", ANN, assignee="user:ann")
    assert refused.status_code == 403


async def test_files_are_attached_listed_and_fetched_as_they_came(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    files = [("files", ("receipt.txt", b"12 EUR", "text/plain")), ("files", ("page.html", b"<script>", "text/html"))]
    answer = await client.post(f"/cases/{case_id}/attach", headers=by(CARL), data=token_of(CARL), files=files)
    assert "The file is attached." in await followed(client, answer)
    listed = (await get(client, f"/cases/{case_id}/files")).text
    paths = re.findall(rf"/cases/{case_id}/files/[0-9a-f-]+", listed)
    assert len(paths) == 2
    fetched = await get(client, paths[1])
    assert fetched.content == b"<script>"
    assert fetched.headers["content-disposition"].startswith("attachment")
    assert (await get(client, paths[1], STEVE)).status_code == 404
    assert (await get(client, f"/cases/{case_id}/files/{new_id()}")).status_code == 404


async def test_cases_are_linked_by_reference_or_id_and_each_names_the_other(
    client: AsyncClient, house: Assembly
) -> None:
    case_id, other = await open_claim(house), await open_claim(house)
    answer = await post(client, f"/cases/{case_id}/link", type="blocks", other=other, case_type="expense_claim")
    assert "The cases are linked." in await followed(client, answer)
    assert "is blocked by" in words((await get(client, f"/cases/{other}")).text)
    again = await post(client, f"/cases/{case_id}/link", type="blocks", other=other, case_type="expense_claim")
    assert again.status_code == 409
    unseen = await post(client, f"/cases/{case_id}/link", ANN, type="blocks", other=new_id())
    assert unseen.status_code == 422


async def test_roles_are_given_and_taken(client: AsyncClient, house: Assembly) -> None:
    await naming_reviewers(house)
    case_id = await open_claim(house)
    form = await get(client, f"/cases/{case_id}/roles", MONA)
    assert "reviewer" in form.text
    given = await post(client, f"/cases/{case_id}/roles", MONA, whom="user:zoe", role="[reviewer]")
    assert "The roles are changed." in await followed(client, given, MONA)
    assert "zoe reviewer" in words((await get(client, f"/cases/{case_id}")).text)
    taken = await post(client, f"/cases/{case_id}/roles", MONA, take="user:zoe [reviewer]")
    assert "The roles are changed." in await followed(client, taken, MONA)
    assert (await post(client, f"/cases/{case_id}/roles", MONA)).status_code == 422


async def test_the_history_tells_who_what_and_what_changed_newest_first(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_incident(house, priority=3)
    await fired(house, case_id, "triage", IDA.actor, payload={"priority": 1}, reason="it is down")
    text = words((await get(client, f"/cases/{case_id}/history", IDA)).text)
    assert text.index("Triage: New → Second line") < text.index("opened it: New")
    assert re.search(r"Priority: before: \S.* now: \S.* Reason|Priority: before: .* now: ", text), text
    assert "Reason: it is down" in text


async def test_the_history_is_paged_without_a_gap_and_twice_nothing(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    for number in range(50):
        await comment(house, case_id, CLERK, f"remark {number:03}")
        if number % 10 == 0:
            await fire(house, case_id, "pay", CLERK)
    left = f"Older entries are not printed here. The whole case for paper stands at /cases/{case_id}/paper"
    assert left in words((await get(client, f"/cases/{case_id}")).text)
    path, seen, pages = f"/cases/{case_id}/history", list[str](), 0
    while path:
        page = (await get(client, path)).text
        seen += re.findall(r'id="entry-([0-9a-f-]+)"', page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path, pages = html.unescape(older[1]) if older else "", pages + 1
    assert pages == 3
    assert len(seen) == len(set(seen)) == 56
    assert words(page).count("opened it") == 1
    assert "not printed" not in words(page)


async def test_a_comment_is_told_once_on_the_page_of_its_case(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    said = (await comment(house, case_id, CLERK, "A remark that is long.")).shown["id"]
    await comment(house, case_id, CLERK, "A remark that was changed.", edits=said)
    page = (await get(client, f"/cases/{case_id}")).text
    assert page.count("A remark that was changed.") == 1
    assert page.count("A remark that is long.") == 1, "what it said before is told by the log alone"
    assert page.count(f'href="#comment-{said}"') == 1
    assert f'id="comment-{said}"' in page
    history = (await get(client, f"/cases/{case_id}/history")).text
    assert history.count("A remark that was changed.") == 1
    assert "#comment-" not in history


async def test_paper_holds_every_entry_every_file_and_the_receipt(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    for number in range(60):
        await comment(house, case_id, CLERK, f"remark {number:03}")
    await fire(house, case_id, "pay", CLERK)
    sent = {"files": ("receipt.txt", b"a receipt", "text/plain")}
    await followed(client, await post(client, f"/cases/{case_id}/attach", once="1", files=sent))
    page = (await get(client, f"/cases/{case_id}/paper")).text
    entries = re.findall(r'id="entry-([0-9a-f-]+)"', page)
    assert len(entries) == len(set(entries)) == 63
    assert all(f"remark {number:03}" in page for number in range(60))
    assert page.count('<details class="proof" open>') == 63
    assert hashlib.sha256(b"a receipt").hexdigest() in page
    assert (await state(house, case_id)).last_hash in page
    assert re.search(r"Printed by Carl Clerk, \w{3} \d", words(page))
    assert page.rstrip().endswith("</html>")
    assert (await get(client, f"/cases/{case_id}/paper", STEVE)).status_code == 404


async def test_who_told_the_entries_of_others_is_said_once(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    for text in ("one", "two"):
        await comment(house, case_id, ADMIN, text, on_behalf_of=Principal(ALICE.id))
    page = (await get(client, f"/cases/{case_id}")).text
    assert "2 of these entries were told by" in words(page)
    assert page.count("<dt>Told by</dt>") == 2


@pytest.mark.parametrize(
    ("show", "says"),
    [("events", "opened it"), ("comments", "commented"), ("refused", "was refused"), ("files", "attached")],
)
async def test_a_filter_shows_its_kind_alone(client: AsyncClient, house: Assembly, show: str, says: str) -> None:
    case_id = await open_claim(house)
    await comment(house, case_id, CLERK, "a remark")
    await fire(house, case_id, "pay", CLERK)
    await post(client, f"/cases/{case_id}/attach", files={"files": ("a.txt", b"a", "text/plain")})
    page = (await get(client, f"/cases/{case_id}/history?show={show}")).text
    entries = re.findall(r'<li class="entry.*?</p>', page, re.DOTALL)
    assert len(entries) == 1
    assert says in words(entries[0])
    assert (await get(client, f"/cases/{case_id}/history?show=nonsense")).status_code == 404


async def test_whoever_reads_an_old_page_is_told_what_changed(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    page = (await get(client, f"/cases/{case_id}")).text
    path = html.unescape(re.search(r'hx-get="([^"]+/stale[^"]+)"', page)[1])  # type: ignore[index]
    assert (await get(client, path)).status_code == 204
    await claim(house, case_id, SUPERVISOR)
    changed = await get(client, path)
    assert changed.status_code == 200
    assert "changed this case: took it." in words(changed.text)
    assert "<html" not in changed.text


async def test_each_field_says_who_set_it(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_incident(house, priority=3)
    await fired(house, case_id, "triage", IDA.actor, payload={"priority": 2})
    text = words((await get(client, f"/cases/{case_id}/fields", IDA)).text)
    assert re.search(r"Summary .*alice", text)
    assert re.search(r"Priority .*Ida Agent", text)


async def test_the_diagram_marks_where_it_stands_and_the_way_it_came(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house, to="review")
    page = (await get(client, f"/cases/{case_id}/diagram")).text
    drawing = page.partition("<svg")[2].partition("</svg>")[0]
    assert "<style" not in drawing
    assert "style=" not in drawing
    assert re.search(r'class="\w+ current" data-state="review.first_line"', drawing)
    assert re.search(r'class="\w+ been" data-state="submitted"', drawing)
    assert "wire travelled" in drawing
    text = words(page)
    assert "Submitted Take into review In review was taken" in text


async def test_a_clock_says_what_counted_and_why(client: AsyncClient, house: Assembly) -> None:
    case_id = await open_claim(house)
    answer = await get(client, f"/cases/{case_id}/slas/decision")
    assert answer.status_code == 200
    assert "Allowed" in words(answer.text)
    assert (await get(client, f"/cases/{case_id}/slas/nonsense")).status_code == 404


async def test_german_pages_say_the_same(house: Assembly) -> None:
    case_id = await open_claim(house, to="review")
    german = reader(CLERK, "Carl Clerk", "session-of-carl", language="de")
    async with client_of(house, german) as client:
        for part in ("", "/history", "/why/pay", "/why/approve", "/assign", "/slas/decision"):
            assert (await client.get(f"/cases/{case_id}{part}")).status_code == 200, part


async def test_people_are_called_by_their_names_everywhere(client: AsyncClient, house: Assembly) -> None:
    await house.store.begin_session(
        Beginning(
            tenant=TENANT,
            hash="f" * 64,
            subject=ALICE.id,
            roles=frozenset(),
            how="password",
            told=Told(name="Alice Ann"),
            longest=60,
            most=5,
        )
    )
    case_id = await open_claim(house)
    page = words((await get(client, f"/cases/{case_id}")).text)
    assert "Alice Ann opened it" in page
    assert "Submitted by Alice Ann" in page
    assert "alice " not in page
    await followed(client, await post(client, f"/cases/{case_id}/comment", text="@alice ann: where is the receipt?"))
    [said] = await house.work.comments(CLERK, case_id, None, 10)
    assert list(said.mentions) == [ALICE.id]
    given = await post(client, f"/cases/{case_id}/assign", SUSAN, assignee="Alice Ann")
    assert "Alice Ann has this case now." in await followed(client, given, SUSAN)
