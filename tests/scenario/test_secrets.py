"""Secrets: each of the settings table as a systemd credential, and none of them ever shown."""

import base64
import json
import os
import re

import pytest
from conftest import SETTINGS

from otomo import database
from otomo.certificate import Pair
from otomo.endpoint import Endpoint
from otomo.server import Server, program, run

MARK = "told-to-nobody"
KEEPER = f"{MARK} 'but' the database's \\ keeper"
WEBHOOK = ["whsec_" + base64.b64encode(f"{MARK} {number}".encode() * 3).decode() for number in (1, 2)]


@pytest.fixture(scope="module")
def endpoint():
    endpoint = Endpoint(*WEBHOOK)
    yield endpoint
    endpoint.close()


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return Pair(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def contents(pair):
    """Of each secret, by its setting. A setting that is new in the table is new here, too."""
    return {
        "server.tls_key": pair.key.read_text(),
        "database.password_file": KEEPER + "\n",
        "auth.jwt_key_file": f"{MARK}, not even in the log of a debugger",
        "ice.turn_secret_file": f"{MARK}-by-the-relay",
        "webhook.secret_file": WEBHOOK[0] + "\n",
    }


@pytest.fixture(scope="module")
def credentials(tmp_path_factory, contents):
    directory = tmp_path_factory.mktemp("credentials")
    for name, text in contents.items():
        (directory / name).write_text(text)
    return directory


def change_password(landlord, password):
    landlord.execute("ALTER ROLE keeper PASSWORD %s", password)


@pytest.fixture(scope="module")
def landlord():
    """Its PostgreSQL asks `keeper` for a password (scram-sha-256), and nobody else."""
    landlord = Server({**SETTINGS, "server.node": "landlord"})
    try:
        landlord.start()
        (rules,) = landlord.state_dir.glob("**/pg_hba.conf")
        rules.write_text("local all keeper scram-sha-256\n" + rules.read_text())
        landlord.execute("SELECT pg_reload_conf ()")
        landlord.execute("CREATE ROLE keeper LOGIN IN ROLE otomo_server")
        change_password(landlord, KEEPER)
        yield landlord
    finally:
        landlord.close()


def keeper_url(landlord):
    return f"postgresql://keeper@/postgres?host={database.socket(landlord.state_dir).parent}"


@pytest.fixture(scope="module")
def server(credentials, landlord, pair, endpoint):
    """Everything that it knows of secrets is $CREDENTIALS_DIRECTORY."""
    settings = {
        **SETTINGS,
        "database.url": keeper_url(landlord),
        "server.tls_certificate": pair.certificate,
        "auth.jwt_algorithm": "HS256",
        "ice.servers": "turn:127.0.0.1:3478",
        "webhook.url": endpoint.url,
        "webhook.wallet_low": 50,
        "log.debug": "otomo*:9",
    }
    server = Server(settings, env={"CREDENTIALS_DIRECTORY": str(credentials)})
    server.database_dir = landlord.state_dir
    try:
        server.start()
        yield server
    finally:
        server.close()


def print_config(credentials):
    ran = run(program("otomod"), "--print-config", env={"CREDENTIALS_DIRECTORY": str(credentials)})
    assert ran.status == 0, ran
    return ran.out


def secrets_of_the_table(printed):
    """{setting: value} of those that --print-config calls secret."""
    found, group, secret = {}, None, False
    for line in printed.splitlines():
        if line.startswith("["):
            group = line.strip("[]")
        elif line.startswith("# "):
            secret = "[secret]" in line
        elif secret and "=" in line:
            key, value = line.split("=", 1)
            found[f"{group}.{key.lstrip('#')}"] = value
    return found


def words(contents):
    """What nobody may read: each line of each secret that is not a PEM's frame."""
    lines = {line for text in contents.values() for line in text.splitlines()}
    return {line for line in lines if line and not line.startswith("-----")} | {MARK}


def check_hidden(text, contents):
    assert not [word for word in words(contents) if word in text]


def test_the_table_names_every_secret(credentials, contents):
    printed = print_config(credentials)
    assert secrets_of_the_table(printed) == {name: str(credentials / name) for name in contents}
    files = set(re.findall(r"^#?(\w+_file)=", printed, re.M)) - {"audit_file"}
    assert files <= {name.split(".")[1] for name in contents}, "a *_file that is not secret?"
    check_hidden(printed, contents)


def test_a_setting_is_stronger_than_a_credential(credentials):
    ran = run(
        program("otomod"), "--print-config", "--set", "webhook.secret_file=/elsewhere",
        env={"CREDENTIALS_DIRECTORY": str(credentials)},
    )  # fmt: skip
    assert secrets_of_the_table(ran.out)["webhook.secret_file"] == "/elsewhere"


def test_each_is_read_from_its_credential(server, credentials, contents):
    """Read again, and named when it can't be: so it is what the server uses."""
    assert server.address.startswith("https:")
    for name, text in contents.items():
        (credentials / name).unlink()
        (credentials / name).mkdir()
        unread = server.try_ctl("reload", "--json")
        (failed,) = json.loads(unread.out)["failed"]
        assert str(credentials / name) in failed or name in failed, failed
        (credentials / name).rmdir()
        (credentials / name).write_text(f"{MARK} no good")
        spoilt = server.try_ctl("reload", "--json")
        (credentials / name).write_text(text)
        again = server.ctl("reload", "--json")
        assert json.loads(again) == {"changed": [], "needsStart": [], "failed": []}
        check_hidden(unread.out + unread.err + spoilt.out + spoilt.err + again, contents)
    check_hidden(server.log(), contents)


@pytest.mark.parametrize("how", ["ctl", "signal"])
def test_webhooks_are_signed_with_the_secret_of_now(server, credentials, contents, endpoint, how):
    """After a reload with the new one alone: the endpoint has no other key then."""
    old, new = WEBHOOK if how == "ctl" else reversed(WEBHOOK)
    (credentials / "webhook.secret_file").write_text(old)
    server.reload()
    signed_with(server, endpoint, old, f"{how}-before")
    (credentials / "webhook.secret_file").write_text(new)
    server.ctl("reload") if how == "ctl" else server.reload()
    signed_with(server, endpoint, new, f"{how}-after")
    check_hidden(server.log(), contents)


def signed_with(server, endpoint, secret, person):
    endpoint.secrets = Endpoint.keys(secret)
    server.add(person, "user", balance=100)
    server.spend(person, 60)
    endpoint.expect("wallet.low", userId=person)
    assert not endpoint.faults


def test_a_new_password_is_that_of_the_next_connection(server, landlord, credentials, contents):
    """Those that stand need none; after the reload all are cut, so whatever is asked needs a new one."""
    fresh = f"{MARK}, the next one"
    change_password(landlord, fresh)
    (credentials / "database.password_file").write_text(fresh)
    server.ctl("reload")
    cut = "SELECT pg_terminate_backend (pid) FROM pg_stat_activity WHERE usename = 'keeper'"
    assert landlord.rows(cut)
    server.add("after-the-change", "user", balance=100)
    assert "password authentication failed" not in server.log()
    check_hidden(server.log(), contents)


def test_a_wrong_password_is_not_shown(landlord, contents, tmp_path):
    """The file's is stronger than one within the URL."""
    (tmp_path / "wrong").write_text(f"{MARK}, and wrong")
    url = keeper_url(landlord).replace("keeper@", "keeper:within@")
    server = Server({"database.url": url, "database.password_file": tmp_path / "wrong"})
    try:
        with pytest.raises(AssertionError):
            server.start()
        assert 'password authentication failed for user "keeper"' in server.log()
        assert server.process.returncode == os.EX_UNAVAILABLE
        check_hidden(server.log(), contents)
    finally:
        server.close()


def test_a_bad_one_stops_the_start_and_is_not_shown(credentials, contents, pair, tmp_path):
    for name in contents:
        bad = tmp_path / name
        bad.write_text(f"{MARK}\n{MARK}\n")
        server = Server(
            {
                "server.tls_certificate": pair.certificate,
                "auth.jwt_algorithm": "HS256",
                "webhook.url": "http://127.0.0.1:9/",
                name: bad,
            },
            env={"CREDENTIALS_DIRECTORY": str(credentials)},
        )
        try:
            with pytest.raises(AssertionError):
                server.start()
            check_hidden(server.log(), contents)
            assert name.split(".")[1] in server.log() or str(bad) in server.log(), server.log()
        finally:
            server.close()
