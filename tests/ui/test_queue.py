"""The queue as a page: its rows, filters, pages and empty states, and what nobody sees there."""

import re
from html import unescape

from httpx import Response

from app.services.assembly import Assembly
from tests.clock_making import IN_THE_FUTURE, LONG_AGO
from tests.factories import OPENED, a_case
from tests.factories import opening as a_record
from tests.house import ADMIN, ALICE, CLERK, STRANGER, actor, fired, open_claim, opened, opening, tried
from tests.ui.serving import client_of, reader, token_of

NAUGHTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }} {% raw %}",
    '=HYPERLINK("http://x")',
    "‮evil‬ & <b>bold</b>",
)
FOREIGNER = actor("root", "admin", tenant="other")


async def record(house: Assembly, *cases):
    async with house.store.transaction(*{case.tenant for case in cases}) as tx:
        await tx.record(a_record(*cases))
    return cases


def references(text: str) -> list[str]:
    """Of the rows, in their order."""
    found = re.findall(r'class="reference" href="[^"]+">(.*?)</a>', text)
    return [unescape(re.sub(r"</?mark>", "", one)) for one in found]


def case_of(answer: Response) -> str:
    """The case that a form led to."""
    return answer.headers["location"].rpartition("/")[2].partition("?")[0]


def words_of(text: str) -> str:
    """What a reader sees, tags left out."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


async def test_the_queue_shows_what_is_due_first_then_urgent_then_old(house: Assembly) -> None:
    mine = {"assignee": CLERK.id, "case_type": "expense_claim"}
    await record(
        house,
        a_case(**mine, reference="never"),
        a_case(**mine, reference="never, urgent", urgency=60),
        a_case(**mine, reference="later", due_at=IN_THE_FUTURE),
        a_case(**mine, reference="late", due_at=LONG_AGO),
        a_case(**mine, reference="closed", closed_at=OPENED),
        a_case(**{**mine, "assignee": None}, reference="nobody's"),
        a_case(**{**mine, "assignee": ALICE.id}, reference="hers", due_at=LONG_AGO),
    )
    async with client_of(house) as client:
        text = (await client.get("/")).text
        assert references(text) == ["late", "later", "never, urgent", "never"]
        assert "Overdue by" in words_of(text)
        assert "Very urgent" in words_of(text)
        assert references((await client.get("/?view=unassigned")).text) == ["nobody's"]
        assert references((await client.get("/?view=overdue")).text) == ["late", "hers"]


async def test_the_side_counts_what_each_queue_shows(house: Assembly) -> None:
    claims = {"case_type": "expense_claim"}
    await record(house, *(a_case(**claims, assignee=CLERK.id) for _ in range(3)), *(a_case(**claims) for _ in range(2)))
    async with client_of(house) as client:
        side = words_of((await client.get("/")).text.partition('<nav class="side"')[2].partition("</nav>")[0])
    assert "Mine 3" in side
    assert "Unassigned 2" in side
    assert "Overdue 0" in side


async def test_nobody_sees_or_counts_what_they_may_not_read(house: Assembly) -> None:
    await opened(house, reference="SECRET-1")
    await record(house, a_case(case_type="expense_claim", tenant="other", assignee=FOREIGNER.id))
    for who, seen in ((CLERK, ["SECRET-1"]), (STRANGER, []), (actor("ag", "agent"), [])):
        async with client_of(house, reader(who, "Some Body")) as client:
            answer = await client.get("/?view=unassigned")
            assert references(answer.text) == seen
            assert ("SECRET" in answer.text) == bool(seen)
            assert f"Unassigned {len(seen)}" in words_of(answer.text)
            assert references((await client.get("/search?q=SECRET")).text) == seen
    async with client_of(house, reader(FOREIGNER, "Root Elsewhere")) as client:
        text = words_of((await client.get("/")).text)
        assert "Mine 1" in text
        assert "Unassigned 0" in text


async def test_naughty_strings_are_shown_as_text_in_every_cell(house: Assembly) -> None:
    for number, text in enumerate(NAUGHTY):
        data = {"summary": f"{text} alert", "priority": 1, "service": text}
        answer = await tried(house, opening(ALICE, "incident", "report", data=data, reference=f"{number} {text}"))
        assert answer.error is None, answer.error
    async with client_of(house, reader(ADMIN, NAUGHTY[0])) as client:
        for path in ("/?view=unassigned", "/?view=unassigned&type=incident", "/search?q=alert", f"/?q={NAUGHTY[1]}"):
            text = (await client.get(path)).text
            assert "<script>alert" not in text
            assert "<img src=x" not in text
        text = (await client.get("/?view=unassigned&type=incident")).text
        assert "{{ 7 * 7 }}" in text
        assert sorted(references(text)) == sorted(f"{number} {text}" for number, text in enumerate(NAUGHTY))
        assert len(references((await client.get("/search?q=alert")).text)) == len(NAUGHTY)


async def test_pages_follow_each_other_and_lead_back(house: Assembly) -> None:
    await record(
        house,
        *(a_case(case_type="expense_claim", reference=f"R-{number:03}", due_at=LONG_AGO) for number in range(120)),
    )
    async with client_of(house) as client:
        first = (await client.get("/?view=unassigned")).text
        assert "1–50 of 120" in words_of(first)
        second = (await client.get(following(first))).text
        third = (await client.get(following(second))).text
        assert "101–120 of 120" in words_of(third)
        assert sorted(references(first) + references(second) + references(third)) == [f"R-{n:03}" for n in range(120)]
        again = (await client.get(link(third, "prev"))).text
        assert references(again) == references(second)
        assert references((await client.get(link(again, "prev"))).text) == references(first)


def link(text: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', text)
    assert found
    return unescape(found[1])


def following(text: str) -> str:
    return link(text, "next")


async def test_filters_are_chips_that_go_one_by_one(house: Assembly) -> None:
    await record(
        house,
        a_case(case_type="expense_claim", reference="one", team="team:north"),
        a_case(case_type="expense_claim", reference="other"),
    )
    async with client_of(house) as client:
        text = (await client.get("/?view=unassigned&team=team:north&overdue=no")).text
        assert references(text) == ["one"]
        chips = dict(re.findall(r'href="([^"]+)"><span class="hidden">Remove: </span>(.*?) <span', text))
        assert {unescape(words) for words in chips.values()} == {"Team: North", "Not overdue"}
        [without_team] = [href for href, words in chips.items() if "Team" in words]
        assert sorted(references((await client.get(unescape(without_team))).text)) == ["one", "other"]
        assert "/views/new?view=unassigned" in text


async def test_what_is_no_filter_lists_nothing_and_says_what_was_meant(house: Assembly) -> None:
    await record(house, a_case(case_type="expense_claim", reference="one"))
    async with client_of(house) as client:
        for path, words in {
            "/?view=unassigned&asignee=me": "did you mean `assignee`?",
            "/?view=unasigned": "did you mean `unassigned`?",
            "/?view=unassigned&type=expense_clam": "expense_claim",
            "/?view=unassigned&due_before=soon": "Enter a date such as 2026-12-03",
            "/?view=unassigned&sort=age": "must be one of",
            "/?view=unassigned&cursor=made-up": "start again without it",
        }.items():
            answer = await client.get(path)
            assert answer.status_code == 422, path
            assert references(answer.text) == []
            assert words in unescape(answer.text), path


async def test_a_date_is_typed_as_people_say_it_and_said_back(house: Assembly) -> None:
    await record(house, a_case(reference="late", due_at=LONG_AGO), a_case(reference="later", due_at=IN_THE_FUTURE))
    async with client_of(house) as client:
        for typed in ("tomorrow", "3.12.2027", "2027-12-03", "3 Dec 2027"):
            text = (await client.get("/", params={"view": "unassigned", "due_before": typed})).text
            assert references(text) == ["late"], typed
            assert f'type="text" value="{typed}"' in text
        assert "Due before Fri 3 Dec 2027" in words_of(text)


async def test_an_empty_queue_says_why_and_what_to_do(house: Assembly) -> None:
    async with client_of(house, reader(ADMIN, "Root")) as client:
        assert "There is no case yet." in words_of((await client.get("/")).text)
    async with client_of(house) as client:
        await record(house, *(a_case(case_type="expense_claim") for _ in range(14)))
        text = words_of((await client.get("/")).text)
        assert "Nothing waits for you. 14 cases are unassigned." in text
        found = words_of((await client.get("/?view=unassigned&q=nowhere")).text)
        assert "0 cases" in found
        assert "Remove the last filter" in found
    async with client_of(house, reader(STRANGER, "Steve")) as client:
        assert "You may read no case type yet." in words_of((await client.get("/")).text)


async def test_headings_sort_and_say_so(house: Assembly) -> None:
    await record(house, *(a_case(case_type="expense_claim", reference=name) for name in ("b", "a", "c")))
    async with client_of(house) as client:
        text = (await client.get("/?view=unassigned&sort=reference")).text
        assert references(text) == ["a", "b", "c"]
        assert text.count("aria-sort") == 1
        assert 'aria-sort="ascending"' in text
        again = re.search(r'<a href="([^"]+)">Reference', text)
        assert again
        assert references((await client.get(unescape(again[1]))).text) == ["c", "b", "a"]


async def test_the_next_case_is_claimed_and_opened(house: Assembly) -> None:
    claim = await open_claim(house)
    who = reader(CLERK)
    async with client_of(house, who) as client:
        answer = await client.post("/next", data={**token_of(who), "once": "first"})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"/cases/{claim}?done=")
        opened_page = (await client.get(answer.headers["location"])).text
        assert "You have this case now." in opened_page
        assert f'href="/next?skip={claim}">Not this one</a>' in opened_page
        assert "Not this one" not in (await client.get(f"/cases/{claim}")).text
        assert (await house.cases.read(CLERK, claim)).assignee == CLERK.id
        twice = await client.post("/next", data={**token_of(who), "once": "first"})
        assert twice.headers["location"] == answer.headers["location"]
        none = await client.post("/next", data={**token_of(who), "once": "second"})
        assert none.headers["location"] == "/next?nothing=yes"
        assert "Nothing waits that you may take." in (await client.get("/next?nothing=yes")).text


async def test_a_skip_asks_why_gives_the_case_back_and_takes_the_next(house: Assembly) -> None:
    first, second, who = await open_claim(house), await open_claim(house), reader(CLERK)
    async with client_of(house, who) as client:
        answer = await client.post("/next", data={**token_of(who), "once": "a"})
        taken = case_of(answer)
        assert taken == first
        asked = await client.get(f"/next?skip={taken}")
        assert "Why do you skip it?" in asked.text
        silent = await client.post("/next", data={**token_of(who), "once": "b", "skip": taken, "reason": " "})
        assert silent.status_code == 422
        assert (await house.cases.read(CLERK, first)).assignee == CLERK.id
        sent = {**token_of(who), "once": "c", "skip": taken, "reason": "I know the claimant"}
        assert case_of(await client.post("/next", data=sent)) == second
        assert (await house.cases.read(CLERK, first)).assignee is None
        entries = await house.cases.log(CLERK, first, False, None, 50)
        assert "skipped" in " ".join(entry.entry for entry in entries)


async def test_a_form_without_its_token_takes_no_case(house: Assembly) -> None:
    claim = await open_claim(house)
    async with client_of(house) as client:
        assert (await client.post("/next", data={"once": "x"})).status_code == 403
        other = token_of(reader(session="session-of-another"))
        assert (await client.post("/next", data={**other, "once": "x"})).status_code == 403
        for path in ("/views/new?view=mine", f"/views/{claim}"):
            assert (await client.post(path, data={"title": "x"})).status_code == 403
    assert (await house.cases.read(CLERK, claim)).assignee is None


async def test_a_view_is_saved_shared_and_opened_first(house: Assembly) -> None:
    await record(
        house,
        a_case(case_type="expense_claim", reference="north", team="team:north"),
        a_case(case_type="expense_claim", reference="south"),
    )
    carl, cora = reader(CLERK), reader(actor("cora", "clerk"), "Cora", "session-of-cora")
    async with client_of(house, carl) as client:
        form = (await client.get("/views/new?view=unassigned&team=team:north")).text
        action = re.search(r'<form action="(/views/new[^"]*)" method="post">', form)
        assert action
        empty = await client.post(unescape(action[1]), data={**token_of(carl), "title": ""})
        assert (empty.status_code, "Enter a name" in empty.text) == (422, True)
        sent = {**token_of(carl), "title": "North <b>", "preferred": "yes"}
        place = (await client.post(unescape(action[1]), data=sent)).headers["location"]
        assert references((await client.get(place)).text) == ["north"]
        first = (await client.get("/")).text
        assert references(first) == ["north"]
        assert "North &lt;b&gt;" in first
        assert (await client.post(unescape(action[1]), data=sent)).status_code == 422
    async with client_of(house, cora) as client:
        assert (await client.get(place)).status_code == 404
        assert "North" not in (await client.get("/")).text
    view = place.rpartition("=")[2]
    async with client_of(house, carl) as client:
        changed = {**token_of(carl), "title": "North", "shared": "yes"}
        assert (await client.post(f"/views/{view}", data=changed)).status_code == 303
    async with client_of(house, cora) as client:
        assert references((await client.get(place)).text) == ["north"]
        refused = await client.post(f"/views/{view}", data={**token_of(cora), "title": "Hers", "remove": "yes"})
        assert refused.status_code == 403
    async with client_of(house, carl) as client:
        await client.post(f"/views/{view}", data={**token_of(carl), "title": "North", "remove": "yes"})
        assert (await client.get(place)).status_code == 404


async def test_a_link_by_reference_leads_to_the_case_or_to_nothing(house: Assembly) -> None:
    claim = await opened(house, reference="EXP/2026 1")
    async with client_of(house) as client:
        assert (await client.get("/c/expense_claim/EXP%2F2026%201")).headers["location"] == f"/cases/{claim}"
        absent = await client.get("/c/expense_claim/EXP-2")
        assert absent.status_code == 404
    async with client_of(house, reader(STRANGER, "Steve")) as client:
        hidden = await client.get("/c/expense_claim/EXP%2F2026%201")
        assert hidden.status_code == 404
        assert words_of(hidden.text).replace("Steve", "Carl Clerk").startswith("There is nothing here")


async def test_search_marks_what_it_found(house: Assembly) -> None:
    data = {"summary": "Der Zürich-Drucker", "priority": 1}
    answer = await tried(house, opening(ALICE, "incident", "report", data=data, reference="INC-7"))
    assert answer.error is None
    async with client_of(house, reader(ADMIN, "Root")) as client:
        text = (await client.get("/search?q=zurich inc*")).text
        assert "<mark>Zürich</mark>" in text
        assert "<mark>INC</mark>-7" in text
        assert "0 cases" in words_of((await client.get("/search?q=nowhere")).text)


async def test_the_live_note_counts_what_came_since(house: Assembly) -> None:
    old = a_case(case_type="expense_claim", reference="old")
    await record(house, old)
    async with client_of(house) as client:
        page = (await client.get("/?view=unassigned")).text
        [live] = [unescape(one) for one in re.findall(r'hx-get="([^"]+)"', page) if "/queue/new" in one]
        assert (await client.get(live)).text == ""
        for _ in range(2):
            await open_claim(house)
        assert "2 new cases – show" in (await client.get(live)).text


async def test_a_case_that_rests_in_two_states_has_them_on_one_line(house: Assembly) -> None:
    await record(house, a_case(assignee=CLERK.id, state="checks.budget.open+checks.fraud.open"))
    async with client_of(house) as client:
        text = (await client.get("/")).text
    budget, fraud = '<span class="tag neutral">Budget open</span>', '<span class="tag neutral">Fraud check open</span>'
    assert f'<span class="states">{budget} {fraud}</span>' in text


async def test_a_filter_that_nobody_understands_is_told_in_german(house: Assembly) -> None:
    async with client_of(house, reader(language="de")) as client:
        page = await client.get("/?stat=new&overdue=perhaps")
        sorted_ = await client.get("/?sort=color")
    text = words_of(page.text)
    assert page.status_code == sorted_.status_code == 422
    assert "“stat” ist hier kein Filter; meinten Sie `state`?" in text
    assert "“overdue” muss yes oder no sein." in text
    assert "“sort” muss eines von diesen sein: " in words_of(sorted_.text)


async def test_a_row_that_was_drawn_before_shows_what_became_of_its_case(house: Assembly) -> None:
    case_id = await open_claim(house)
    german = reader(session="session-of-karl", language="de")
    async with client_of(house, None, german) as client:
        first = [(await client.get("/?view=unassigned")).text for _ in range(2)]
        await fired(house, case_id, "triage", CLERK)
        later = (await client.get("/?view=unassigned")).text
        answer = await client.get("/?view=unassigned", headers={"cookie": f"stateward_session={german.session_id}"})
    rows = [re.findall(r'<span class="states">.*?</span></span>', text) for text in (*first, later, answer.text)]
    assert [re.sub("<[^>]+>", "", row) for [row] in rows] == [
        "Submitted",
        "Submitted",
        "First approval",
        "Erste Freigabe",
    ]
