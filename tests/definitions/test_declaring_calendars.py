"""`check` finds what is wrong with a business calendar, and a version keeps the holidays that it meant."""

import json
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from textwrap import dedent
from zoneinfo import available_timezones

import pytest

from app.commands.opening.declared import read_folders
from app.domain.calendars.business_time import Calendar
from app.domain.calendars.holiday_set import doubts, resolved
from app.domain.declaring.checks.calendars import OF_THE_MACHINE, _is_zone
from app.domain.declaring.checks.load_calendar import load_calendar
from app.domain.definition.calendar_file import CalendarFile, Holidays, ResolvedCalendar
from app.main import main
from tests.running import ROOT, SECRET, done, environment

FILE = "calendars/office.yaml"
SOUND = 'zone: Europe/Berlin\nweekly:\n  mon-fri: ["09:00-17:00"]\n'  # what follows begins on line 4


def told(text: str, file: str = FILE) -> list[str]:
    faults = load_calendar(dedent(text), file).faults
    assert all(fault.file == file and fault.remedy for fault in faults)
    return [f"{fault.line} {fault.severity}: {fault.message}; {fault.remedy}" for fault in faults]


@pytest.mark.parametrize(
    "text",
    [
        SOUND,
        SOUND + "  sat: []\n",
        SOUND + "title: Office\napplies_from: 2027-01-01\n",
        SOUND + "closed: [2026-12-24]\noverride: {2026-12-31: ['09:00-12:00'], 2027-01-02: []}\n",
        SOUND + "holidays: {country: DE, subdivision: BY}\noverride: {2026-12-25: ['09:00-12:00']}\n",
        SOUND + "closed: [12-24, 02-29, 2026-12-28]\noverride: {12-31: ['09:00-12:00'], 2027-12-31: []}\n",
        SOUND + "holidays: {country: DE, subdivision: BY, categories: [catholic]}\n",
        SOUND + "holidays: {country: HU, make_up: ['09:00-17:00']}\n",
        "zone: UTC\nweekly: {mon-sun: ['00:00-24:00']}\n",
        "zone: America/New_York\nweekly: {mon-sun: ['22:00-30:00', '06:00-09:00']}\n",
        "zone: UTC\nweekly: {mon: ['00:00-48:00'], wed-fri: ['09:00-12:00', '12:00-17:00']}\n",
    ],
)
def test_a_sound_calendar_is_told_nothing(text):
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "1 error: the file is empty; "),
        ("[]", "1 error: the file holds no mapping; begin with `zone: Europe/Berlin`"),
        ("zone: UTC\n", '1 error: the calendar has no working time; write `weekly: {mon-fri: ["09:00-17:00"]}`'),
        ("zone: UTC\nweekly: {mon: []}\n", "2 error: the calendar has no working time; "),
        ("weekly: {mon: ['09:00-17:00']}\n", "1 error: a calendar lacks the key `zone`; it takes an IANA zone"),
        (SOUND + "zone: UTC\n", "4 error: `zone` stands here twice (first on line 1); keep one of the two"),
        (
            SOUND + "closed: [02-30]\n",
            "4 error: there is no `02-30`; write a day of every year as 12-24",
        ),
        (SOUND + "closed: [12-24, 12-24]\n", "4 warning: `12-24` stands here twice (first on line 4); keep one"),
        (SOUND + "closed: [12-24]\noverride: {12-24: []}\n", "4 error: `12-24` is closed and has hours of its own"),
        (
            SOUND + "closed:\n  - 12-24\n  - 2026-12-24\n",
            "6 warning: `2026-12-24` is closed every year already (line 5); remove it",
        ),
        (
            "zone: UTC\nweekly: {mon: ['22:00-30:00']}\noverride: {12-24: ['05:00-08:00']}\n",
            "3 error: `05:00-08:00` of 12-24 overlaps `22:00-30:00` of mon (line 2); let",
        ),
        (
            SOUND + "holidays: {country: DE, subdivision: BY, categories: [cathlic]}\n",
            "4 error: `DE` has no holidays of the category `cathlic`; did you mean `catholic`?",
        ),
        (
            SOUND + "holidays: {country: CN, categories: [half_day]}\n",
            "4 error: people work on days of the category `half_day`; write its days and their hours under `override`",
        ),
        (
            SOUND + "holidays: {country: DE, subdivision: BY, make_up: ['09:00-12:00']}\n",
            "4 warning: no days of rest are known on which `DE` works in exchange for a holiday; remove `make_up`, or",
        ),
        (
            SOUND + "holidays: {country: HU, make_up: ['17:00-09:00']}\n",
            "4 error: `17:00-09:00` ends before it starts; a night shift ends after 24:00",
        ),
        (SOUND + "holiday: {country: DE}\n", "4 error: unknown key `holiday` in a calendar; did you mean `holidays`?"),
        (SOUND + "holidays: {county: DE}\n", "4 error: unknown key `county` in `holidays`; did you mean `country`?"),
        (SOUND + "holidays: DE\n", "4 error: `DE` stands where `holidays` belongs; give a mapping"),
        (SOUND + "closed:\n", "4 error: `closed` is empty; give it a value, or remove it"),
        (SOUND + "closed: 2026-12-24\n", "4 error: `closed` cannot be `2026-12-24`; it takes a list of dates"),
        (SOUND + "closed:\n- 2026-12-24\n- 24.12.\n", "6 error: `closed` cannot be `24.12.`; it takes a list of dates"),
        (SOUND + "override: {monday: []}\n", "4 error: `monday` is no date; write it as 2026-12-24"),
        (SOUND + "  Sat: []\n", "4 error: `Sat` is no day of the week; write `mon`, or several days as `mon-fri`"),
        (SOUND + "  sat: ['9-12']\n", "4 error: `weekly` cannot be `9-12`; it takes a mapping from days"),
        (SOUND + "  sat: ['٠٩:00-12:00']\n", "4 error: `weekly` cannot be "),
        (SOUND + "  sat-mon: ['18:00-19:00']\n", "4 error: `sat-mon` runs backwards; a week begins on monday: write `"),
    ],
)
def test_what_is_no_calendar_is_told_with_its_line_and_what_to_do(text, fault):
    [only] = told(text)
    assert only.startswith(fault)


def test_the_zones_are_those_that_the_machine_lists_but_those_that_differ_between_machines():
    odd = ["posix/UTC", "right/UTC", "leapseconds", "zone.tab", "tzdata.zi", "Europe", "", "/etc/localtime", "UTC/x"]
    listed = available_timezones()
    for zone in [*sorted(listed), *odd, *OF_THE_MACHINE]:
        assert _is_zone(zone) is (zone in listed - OF_THE_MACHINE), zone


@pytest.mark.parametrize(
    ("zone", "remedy"),
    [
        ("Europe/Berln", "did you mean `Europe/Berlin`?"),
        ("europe/berlin", "did you mean `Europe/Berlin`?"),
        ("../etc/passwd", "write one of the IANA zones, such as `Europe/Berlin` or `UTC`"),
        ("localtime", "write one of the IANA zones, such as `Europe/Berlin` or `UTC`"),
    ],
)
def test_a_zone_that_is_none_is_told_which_was_meant(zone, remedy):
    assert told(SOUND.replace("Europe/Berlin", zone)) == [f"1 error: unknown zone `{zone}`; {remedy}"]


@pytest.mark.parametrize(
    ("hours", "fault"),
    [
        ("17:00-09:00", '`17:00-09:00` ends before it starts; a night shift ends after 24:00: "17:00-33:00"'),
        ("09:00-09:00", '`09:00-09:00` ends before it starts; a night shift ends after 24:00: "09:00-33:00"'),
        ("20:00-48:01", "`20:00-48:01` reaches beyond 48:00; give the rest to the day after"),
        ("24:00-30:00", "`24:00-30:00` begins on the next day; give it to the day on which it begins"),
        ("09:60-12:00", '`09:60-12:00` has a minute beyond 59; write it as "09:00-17:00"'),
    ],
)
def test_hours_that_cannot_be_are_told(hours, fault):
    assert told(SOUND + f'  sat:\n    - "{hours}"\n') == [f"5 error: {fault}"]
    assert told(SOUND + f'override:\n  2026-12-24: ["{hours}"]\n') == [f"5 error: {fault}"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (SOUND + "  wed: ['16:00-18:00']", "4 error: `16:00-18:00` of wed overlaps `09:00-17:00` of wed (line 3)"),
        (SOUND + "  sun: ['22:00-33:01']", "4 error: `22:00-33:01` of sun overlaps `09:00-17:00` of mon (line 3)"),
        (
            SOUND + "  sat:\n  - 08:00-12:00\n  - 11:59-13:00",
            "6 error: `11:59-13:00` of sat overlaps `08:00-12:00` of sat (line 5)",
        ),
        (
            "zone: UTC\nweekly:\n  mon-sun: ['22:00-46:01']",
            "3 error: `22:00-46:01` of tue overlaps `22:00-46:01` of mon (line 3)",
        ),
        (
            SOUND + "override:\n  2026-12-27: ['20:00-34:00']",
            "5 error: `20:00-34:00` of 2026-12-27 overlaps `09:00-17:00` of mon (line 3)",
        ),
        (
            SOUND + "override:\n  2026-12-24: ['09:00-12:00', '11:00-13:00']",
            "5 error: `11:00-13:00` of 2026-12-24 overlaps `09:00-12:00` of 2026-12-24 (line 5)",
        ),
        (
            "zone: UTC\nweekly:\n  mon: ['22:00-30:00']\noverride:\n  2026-12-29: ['05:00-12:00']",
            "5 error: `05:00-12:00` of 2026-12-29 overlaps `22:00-30:00` of mon (line 3)",
        ),
    ],
)
def test_hours_that_overlap_are_told_once_with_both_lines(text, fault):
    [only] = told(text)
    assert only.startswith(fault)
    assert only.endswith("; let one end where the other begins")


def test_a_night_shift_that_ends_as_the_next_day_begins_is_no_overlap():
    assert told(SOUND + '  sun: ["22:00-33:00"]\n') == []


@pytest.mark.parametrize("closing", ["closed: [2026-12-28]", "override: {2026-12-28: []}"])
def test_a_shift_into_a_closed_day_overlaps_nothing(closing):
    shift = '  2026-12-27: ["20:00-34:00"]\n'
    text = SOUND + (
        f"{closing}\noverride:\n{shift}" if "closed" in closing else f"override:\n{shift}  2026-12-28: []\n"
    )
    assert told(text) == []


def test_a_shift_into_a_holiday_overlaps_nothing():
    shift = 'override:\n  2026-12-24: ["20:00-34:00"]\n'  # the 25th is a Friday
    assert len(told(SOUND + shift)) == 1
    assert told(SOUND + shift + "holidays: {country: DE}\n") == []


@pytest.mark.parametrize("written", ["2026-02-30", "2026-13-01", "2025-02-29", "0000-01-01"])
@pytest.mark.parametrize("place", ["closed: [{}]", "override: {{{}: []}}", "applies_from: {}"])
def test_a_date_that_does_not_exist_is_told(written, place):
    text = SOUND + place.format(written) + "\n"
    assert told(text) == [f"4 error: there is no `{written}`; write a date as 2026-12-24"]


@pytest.mark.parametrize("written", ["0206-12-24", "9999-12-31"])
def test_a_year_that_nobody_means_is_told(written):
    assert told(SOUND + f"closed: [{written}]\n") == [
        f"4 error: `{written}` is not between 1970 and 2199; correct the year"
    ]


def test_a_date_that_stands_twice_is_told():
    assert told(SOUND + "closed:\n- 2026-12-24\n- 2026-12-24\n") == [
        "6 warning: `2026-12-24` stands here twice (first on line 5); keep one"
    ]
    assert told(SOUND + "override:\n  2026-12-24: ['09:00-12:00']\nclosed: [2026-12-24]\n") == [
        "6 error: `2026-12-24` is closed and has hours of its own on line 5; keep one of the two"
    ]


@pytest.mark.parametrize(
    ("named", "fault"),
    [
        ("country: Germany", "no holidays are known of the country `Germany`; did you mean `DE`?"),
        ("country: DEU", "no holidays are known of the country `DEU`; did you mean `DE`?"),
        ("country: de", "no holidays are known of the country `de`; did you mean `DE`?"),
        ("country: UK", "no holidays are known of the country `UK`; did you mean `GB`?"),
        ("country: XXX", "no holidays are known of the country `XXX`; the countries are `AF`"),
        ("country: DE, subdivision: Bayern", "`DE` has no subdivision `Bayern`; did you mean `BY`?"),
        ("country: DE, subdivision: BJ", "`DE` has no subdivision `BJ`; the subdivisions of `DE` are `BB`, `BE`"),
        (
            "country: VA, subdivision: X",
            "`VA` has no subdivision `X`; there are no subdivisions of `VA` to choose from",
        ),
    ],
)
def test_a_country_that_is_unknown_is_told_which_was_meant(named, fault):
    [only] = told(SOUND + f"holidays: {{{named}}}\n")
    assert only.startswith(f"4 error: {fault}")


def test_a_country_whose_holidays_are_not_all_known_is_told_as_a_warning():
    [only] = told(SOUND + "holidays: {country: IN}\n")
    assert only.startswith("4 warning: the holidays of `IN` are not all known: ")


def test_a_calendar_that_is_closed_for_400_days_is_refused():
    day = 'zone: UTC\nweekly: {mon: ["09:00-17:00"]}\nclosed:\n'
    mondays = [f"- {each}\n" for each in _mondays("2026-01-05", 58)]
    [only] = told(day + "".join(mondays))
    assert only.startswith("3 error: the calendar has no working time within 400 days of 2026-01-05; ")
    assert told(day + "".join(mondays[:40] + mondays[41:])) == []
    assert told(day + "".join(mondays) + 'override: {2026-06-06: ["09:00-10:00"]}\n') == []


def _mondays(first: str, count: int) -> list[str]:
    return [(date.fromisoformat(first) + timedelta(weeks=week)).isoformat() for week in range(count)]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("always", "1 error: `always` is built in: round the clock, in UTC; give the file another name"),
        ("Office-DE", "1 error: a clock cannot name the calendar `Office-DE`; rename the file; "),
    ],
)
def test_a_file_whose_name_no_clock_can_use_is_refused(name, fault):
    [only] = told(SOUND, f"calendars/{name}.yaml")
    assert only.startswith(fault)


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    (tmp_path / "m" / "calendars").mkdir(parents=True)
    (tmp_path / "p").mkdir()
    return tmp_path


def test_check_names_the_faults_of_calendars_and_counts_what_is_sound(folders, capsys):
    (folders / "m" / "calendars" / "office.yaml").write_text(SOUND)
    (folders / "m" / "calendars" / "night.yaml").write_text(SOUND + "closed: [2026-02-30]\n")
    (folders / "m" / "calendars" / "bytes.yaml").write_bytes(b"\xff")
    assert main(["check", str(folders / "m"), str(folders / "p")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "calendars/bytes.yaml:1: error: the byte 0xff is not UTF-8" in lines[0]
    assert "calendars/night.yaml:4: error: there is no `2026-02-30`" in lines[1]
    assert lines[2] == "0 case types, 1 calendars, 0 policy files: 2 errors, 0 warnings"


def test_a_clock_that_names_a_broken_calendar_is_not_told_that_there_is_none(folders):
    slas = "slas: {d: {start: {enters: a}, stop: {enters: b}, target: 1h, calendar: office}}\n"
    states = "states: {a: {}, b: {final: true}}\nevents: {go: {from: a, to: b}}\n"
    (folders / "m" / "claim.yaml").write_text(f"case_type: claim\ninitial: a\n{states}{slas}")
    (folders / "m" / "calendars" / "office.yaml").write_text("zone: Nowhere\n")
    faults = read_folders(folders / "m", folders / "p").faults
    assert [fault.message for fault in faults if fault.severity == "error"] == ["unknown zone `Nowhere`"]


def test_serve_does_not_start_with_a_broken_calendar(folders):
    (folders / "m" / "calendars" / "office.yaml").write_text(SOUND + "closed: [2026-02-30]\n")
    declared = {"machines": str(folders / "m"), "policies": str(folders / "p")}
    refused = done(folders, "serve", "--port", "0", jwt_secret=SECRET, **declared)
    assert refused.returncode == 1
    assert "office.yaml:4: error: there is no `2026-02-30`" in refused.stderr


def test_the_declared_calendars_are_read_by_name():
    declared = read_folders(ROOT / "machines", ROOT / "policies")
    assert declared.calendars["office_de"].zone == "Europe/Berlin"


def of(**keys: object) -> CalendarFile:
    base = {"zone": "Europe/Berlin", "weekly": {"mon-fri": ["09:00-17:00"]}}
    return CalendarFile.model_validate(base | keys)


def test_a_version_keeps_the_dates_and_names_of_its_holidays():
    kept = ResolvedCalendar.model_validate_json(resolved(of(holidays={"country": "DE", "subdivision": "BY"})))
    assert kept.holiday_dates["2026-04-03"] == "Karfreitag"
    assert kept.holiday_dates["2026-01-06"] == "Heilige Drei Könige"
    assert (min(kept.holiday_dates)[:4], max(kept.holiday_dates)[:4]) == ("2000", "2060")
    assert (
        "2026-01-06" not in ResolvedCalendar.model_validate_json(resolved(of(holidays={"country": "DE"}))).holiday_dates
    )


def test_a_holiday_that_is_observed_on_another_day_is_closed_on_both():
    kept = ResolvedCalendar.model_validate_json(resolved(of(holidays={"country": "US"}))).holiday_dates
    assert "2026-07-03" in kept
    assert "2026-07-04" in kept


def test_a_version_is_its_declaration_with_the_dates_beside():
    calendar = of(holidays={"country": "DE"}, closed=["2026-12-24"])
    kept = json.loads(resolved(calendar))
    del kept["holiday_dates"]
    assert kept == json.loads(calendar.canonical())
    assert "holiday_dates" not in json.loads(resolved(of()))


@pytest.mark.parametrize("language", ["de", "en_US", "uk"])
def test_a_version_is_the_same_whatever_the_language_of_the_machine(language):
    code = "from tests.definitions.test_declaring_calendars import of, resolved"
    code += "\nprint(resolved(of(holidays={'country': 'US'})))"
    known = environment() | {"LANGUAGE": language, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    told = subprocess.run([sys.executable, "-c", code], env=known, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == resolved(of(holidays={"country": "US"}))


def test_the_library_of_holidays_is_loaded_only_where_a_calendar_names_a_country():
    code = "import sys, app.worker, app.commands.opening.declared\nassert 'holidays' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), check=True)


def test_a_comment_makes_no_new_version_and_another_hour_does():
    office = load_calendar(SOUND, FILE).calendar
    assert office is not None
    assert load_calendar("# hours\n" + SOUND, FILE).calendar.hash() == office.hash()
    assert load_calendar(SOUND.replace("17:00", "16:00"), FILE).calendar.hash() != office.hash()


def test_the_calendar_of_the_guide_is_sound_and_has_every_key():
    example = re.findall(
        r"^```yaml\n(.*?)^```$", (ROOT / "docs" / "calendars.md").read_text(), re.DOTALL | re.MULTILINE
    )[0]
    loaded = load_calendar(example, "service_desk.yaml")
    assert loaded.faults == ()
    assert loaded.calendar is not None
    assert loaded.calendar.model_fields_set == CalendarFile.model_fields.keys()


@pytest.mark.parametrize(
    ("country", "doubt"),
    [
        ("LK", "the library knows none from 2027 on"),
        ("UA", "the library knows none from 2023 on"),
        ("GB", "without a `subdivision` days are left out"),
        ("AU", "without a `subdivision` days are left out"),
        ("CH", "without a `subdivision` days are left out"),
    ],
)
def test_holidays_that_are_not_all_known_are_doubted(country: str, doubt: str) -> None:
    assert any(told.startswith(doubt) for told in doubts(Holidays(country=country)))
    assert not doubts(Holidays(country="FR"))


def test_a_country_works_on_days_of_rest_in_exchange_for_holidays_where_that_is_said():
    hungary = {"zone": "Europe/Budapest", "weekly": {"mon-fri": ["09:00-17:00"]}, "holidays": {"country": "HU"}}
    assert compiled(hungary).works_on(date(2025, 10, 18)) is False
    hungary["holidays"]["make_up"] = ["08:00-12:00"]
    assert compiled(hungary).hours.of(date(2025, 10, 18)) == ((480, 720),)
    assert compiled(hungary).hours.of(date(2025, 10, 25)) == ()
    assert compiled(hungary).works_on(date(2025, 10, 23)) is False


def test_further_categories_of_holidays_are_closed_too():
    bavaria = {"zone": "Europe/Berlin", "weekly": {"mon-fri": ["09:00-17:00"]}}
    bavaria["holidays"] = {"country": "DE", "subdivision": "BY"}
    assert compiled(bavaria).works_on(date(2025, 8, 15)) is True
    bavaria["holidays"]["categories"] = ["catholic"]
    assert compiled(bavaria).works_on(date(2025, 8, 15)) is False


def compiled(declared: dict[str, object]) -> Calendar:
    """As it is kept, and read again."""
    return Calendar.compiled(ResolvedCalendar.model_validate_json(resolved(CalendarFile.model_validate(declared))))
