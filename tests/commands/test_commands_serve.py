"""`serve` says where it answers, stops when it is told to, and does not share a port."""

import signal
import socket

import httpx
import pytest

from app.main import main
from app.settings import Settings
from app.worker import unsafe
from tests.running import SECRET, stateward


@pytest.mark.parametrize(("workers", "number", "cold"), [("1", signal.SIGINT, False), ("2", signal.SIGTERM, True)])
def test_it_stops_cleanly_when_it_is_told_to(tmp_path, workers, number, cold):
    words = ("serve", "--port", "0", "--workers", workers)
    with stateward(tmp_path, *words, cold=cold, jwt_secret=SECRET) as service:
        assert httpx.get(f"{service.url}/readyz").json()["ready"] is True
        assert service.stop(number) == 0
        assert service.errors.read_text() == ""


@pytest.mark.parametrize(
    ("host", "given", "cookie"),
    [("127.0.0.2", {}, "__Host-stateward_visit"), ("127.0.0.1", {"host": "0.0.0.0"}, "stateward_session_visit")],
)
def test_where_it_listens_says_whether_its_cookies_demand_tls(tmp_path, host, given, cookie):
    """Also in the workers: the address is told to the command, as the image does."""
    with stateward(tmp_path, "serve", "--host", host, "--port", "0", jwt_secret=SECRET, **given) as service:
        told = httpx.get(f"{service.url}/sign-in").headers["set-cookie"]
    assert told.startswith(f"{cookie}=")
    assert ("secure;" in f"{told.lower()};") == cookie.startswith("__Host-")


def test_readyz_warns_where_a_proxy_hides_who_tries_to_sign_in(tmp_path):
    with stateward(tmp_path, "serve", "--port", "0", jwt_secret=SECRET, behind_tls="true") as service:
        [warning] = httpx.get(f"{service.url}/readyz").json()["warnings"]
    assert "say with STATEWARD_FORWARDED_BY how many proxies" in warning
    assert unsafe(Settings(behind_tls=True, forwarded_by=1)) == []
    assert unsafe(Settings()) == []


def test_a_taken_port_is_one_sentence_and_is_not_shared(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATEWARD_JWT_SECRET", SECRET)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["serve", "--port", port]) == 1
        assert main(["demo", "--port", port]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert all(f"port {port} of 127.0.0.1 is taken" in line and "--port" in line for line in told)


def test_an_address_of_another_machine_is_one_sentence(capsys, monkeypatch):
    monkeypatch.setenv("STATEWARD_JWT_SECRET", SECRET)
    assert main(["serve", "--host", "192.0.2.1"]) == 2
    assert "give an address of this machine with --host" in capsys.readouterr().err


def test_a_case_type_may_go_and_serve_warns_of_it_once(tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "m").mkdir()
    (tmp_path / "p" / "claim.csv").write_text("p, *, *, claim, open, , allow\n")
    folders = {"machines": str(tmp_path / "m"), "policies": str(tmp_path / "p")}
    with stateward(tmp_path, "serve", "--port", "0", "--workers", "2", jwt_secret=SECRET, **folders) as service:
        assert httpx.get(f"{service.url}/readyz").json()["ready"] is True
        assert service.stop() == 0
        assert service.errors.read_text().count("no case type `claim` is declared") == 1


def test_without_a_secret_it_does_not_start(capsys, monkeypatch):
    monkeypatch.delenv("STATEWARD_JWT_SECRET", raising=False)
    assert main(["serve"]) == 2
    assert "make one with" in capsys.readouterr().err


def test_on_postgresql_it_names_the_command_that_makes_the_schema(empty_postgres, capsys, monkeypatch):
    monkeypatch.setenv("STATEWARD_JWT_SECRET", SECRET)
    monkeypatch.setenv("STATEWARD_DATABASE_URL", empty_postgres.url)
    assert main(["serve", "--port", "0"]) == 1
    told = capsys.readouterr().err
    assert "stateward migrate" in told
    assert len(told.splitlines()) == 1


def test_on_postgresql_it_answers_once_the_schema_is_there(postgres, tmp_path):
    with stateward(tmp_path, "serve", "--port", "0", jwt_secret=SECRET, database_url=postgres.url) as service:
        assert httpx.get(f"{service.url}/readyz").json()["ready"] is True
