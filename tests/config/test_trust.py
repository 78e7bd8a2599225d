"""A configuration that was found must not decide where a login or a secret is sent."""

from __future__ import annotations

import os

import pytest
import scripted_store
from listener import Listener
from support import caught, new_key, token

from binance_creds import SourceURI, load_credentials
from binance_creds.errors import ConfigurationError, CredentialsWarning
from binance_creds.live.push import _registry as push_registry
from binance_creds.providers import _registry as registry
from binance_creds.providers import memory
from binance_creds.providers._options import SCHEMES, check_options

LOGIN = token()  # of the user, in every variable that a store's SDK reads
ENVIRON = {
    "VAULT_TOKEN": f"hvs.{LOGIN}",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": LOGIN,
    "AWS_SESSION_TOKEN": LOGIN,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_TOKEN": LOGIN,
    "AZURE_CLIENT_SECRET": LOGIN,
    "AZURE_CLIENT_ID": "11111111-1111-1111-1111-111111111111",
    "AZURE_TENANT_ID": "11111111-1111-1111-1111-111111111111",
    "REDIS_PASSWORD": LOGIN,
    "NO_GCE_CHECK": "true",
}
FORMS = {"binance-creds.toml": "", "pyproject.toml": "tool.binance-creds."}


@pytest.fixture
def listener():
    running = Listener()
    yield running
    running.close()


def at(listener: Listener) -> str:
    return f"127.0.0.1:{listener.port}"


def heard(listener: Listener) -> bool:
    return LOGIN.encode() in b"".join(listener.heard)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory, and the logins of a user who has no configuration of his own."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "BAO_", "BINANCE", "GOOGLE_", "VAULT_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", "")
    return tmp_path


# What reaches the server where the file is named; the others are refused by their own rules there.
SENT_ELSEWHERE = {
    "vault": "vault://secret/binance?address=http://{at}",
    "openbao": "openbao://secret/binance?address=http://{at}",
    "aws-sm": "aws-sm://binance?region=eu-west-1&endpoint_url=http://{at}",
    "aws-sm agent": "aws-sm://binance?endpoint=agent&endpoint_url=http://{at}",
    "gcp-sm": "gcp-sm://my-project/binance?endpoint=http://{at}",
    "azure-kv by its host": "azure-kv://localhost.localdomain:{port}/binance?auth=secret",
    "azure-kv by its login": "azure-kv://my-vault/binance?auth=secret&authority={at}",
}
PUSHED_ELSEWHERE = {
    "sqs by its host": "sqs:http://{at}/123456789012/bot?region=eu-west-1",
    "sqs by an option": "sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/bot?endpoint_url=http://{at}",
    "redis": "redis://{at}/0",
    "rediss": "rediss://{at}/0",
    "pubsub": "pubsub://my-project/bot?endpoint=http://{at}",
    "storage-queue by its host": "storage-queue:http://{at}/devstoreaccount1/bot?auth=connection-string",
    "storage-queue by its login":
        "storage-queue:https://account.queue.core.windows.net/bot?auth=secret&authority={at}",
}  # fmt: skip
CASES = {
    **{name: (source, None) for name, source in SENT_ELSEWHERE.items()},
    **{name: ("memory:bot", push) for name, push in PUSHED_ELSEWHERE.items()},
}


@pytest.fixture
def in_memory():
    memory.register("bot", new_key().fields())
    yield
    memory.unregister("bot")


def written(folder, name: str, source: str, push: str | None = None) -> str:
    """Write a configuration with the profile `bot`; return its path."""
    path = folder / name
    text = f'[{FORMS[name]}profiles.bot]\nsource = "{source}"\n'
    if push is not None:
        text += f'[{FORMS[name]}profiles.bot.refresh]\npush = ["{push}"]\n'
    path.write_text(text)
    os.utime(path, (0, 0))  # so that it is read once
    return str(path)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(("source", "push"), CASES.values(), ids=CASES.keys())
def test_a_found_file_sends_nothing_anywhere(
    folder, listener, in_memory, name, source, push
) -> None:
    """Not the login, and not even a connection, also where the profile is asked for by name."""
    for mark, text in (("{at}", at(listener)), ("{port}", str(listener.port))):
        source, push = source.replace(mark, text), push and push.replace(mark, text)
    path = written(folder, name, source, push)
    for options in ({}, {"profile": "bot"}):
        error = caught(load_credentials, live=push is not None, timeout_seconds=5, **options)
        assert isinstance(error, ConfigurationError)
        assert str(error).startswith(f"config:{path}: profiles.bot: ")
        assert "where a login or a secret is sent" in str(error)
    assert listener.heard == []


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("by", ["argument", "variable"])
def test_the_same_file_is_obeyed_where_it_is_named(folder, listener, monkeypatch, name, by) -> None:
    """So the server of these tests would hear the login."""
    path = written(folder, name, f"vault://secret/binance?address=http://{at(listener)}&kv=2")
    if by == "variable":
        monkeypatch.setenv("BINANCE_CREDS_CONFIG", path)
    caught(load_credentials, config=path if by == "argument" else None, timeout_seconds=5)
    assert heard(listener)


def test_a_file_of_the_users_own_folder_counts_as_named(folder, listener, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "own"))
    (folder / "own" / "binance-creds").mkdir(parents=True)
    written(folder, "binance-creds.toml", f"vault://secret/bot?address=http://{at(listener)}")
    (folder / "binance-creds.toml").rename(folder / "own" / "binance-creds" / "config.toml")
    caught(load_credentials, timeout_seconds=5)
    assert heard(listener)


def test_the_servers_variable_does_not_make_a_found_address_good(
    folder, listener, monkeypatch
) -> None:
    """Whoever set it wants that server; the file names another."""
    written(folder, "pyproject.toml", f"vault://secret/bot?address=http://{at(listener)}")
    monkeypatch.setenv("VAULT_ADDR", "https://vault.invalid")
    assert "set VAULT_ADDR, or name the file" in str(caught(load_credentials))
    assert listener.heard == []


def test_a_found_file_may_use_the_server_that_a_variable_names(
    folder, listener, monkeypatch
) -> None:
    monkeypatch.setenv("VAULT_ADDR", f"http://{at(listener)}")
    written(folder, "pyproject.toml", "vault://secret/bot?auth=token&kv=2")
    caught(load_credentials, timeout_seconds=5)
    assert heard(listener)


LOCATIONS = {
    "aws-sm": "binance", "azure-kv": "my-vault/binance", "command": "main", "dotenv": ".env", "env": "BINANCE", "file": "pair.json",
    "gcp-sm": "my-project/binance", "keyring": "binance/main", "memory": "bot", "openbao": "secret/binance",
    "pubsub": "my-project/bot", "redis": "redis.internal", "rediss": "redis.internal", "signal": "SIGHUP",
    "sqs": "https://sqs.eu-west-1.amazonaws.com/123456789012/bot",
    "storage-queue": "https://account.queue.core.windows.net/bot", "vault": "secret/binance",
}  # fmt: skip
NAMED_ONLY = [(scheme, name) for scheme, row in SCHEMES.items() for name in row.named]
ANYWHERE = [(scheme, name) for scheme, row in SCHEMES.items() for name in row.options.split()]
PUSHES = set(push_registry.BUILT_IN)


def planned(plan, folder, source: str, **options):
    """Plan a load of what is found, or of the same file named."""
    is_push = source.partition(":")[0] in PUSHES
    written(
        folder,
        "binance-creds.toml",
        "memory:bot" if is_push else source,
        source if is_push else None,
    )
    return plan(**options)


@pytest.mark.parametrize(("scheme", "option"), NAMED_ONLY)
def test_an_option_that_is_trusted_only_when_named(plan, tmp_path, scheme, option) -> None:
    """Is refused with the file, the option and both ways out, and honoured in a named file."""
    source = f"{scheme}:{LOCATIONS[scheme]}?{option}=x"
    error = caught(planned, plan, tmp_path, source)
    assert isinstance(error, ConfigurationError)
    path = str(tmp_path / "binance-creds.toml")
    for words in (path, f"the option '{option}' of {scheme}:", f"BINANCE_CREDS_CONFIG={path}"):
        assert words in str(error)
    variable = SCHEMES[scheme].named[option][1]
    assert (f"set {variable}, or name the file" in str(error)) == bool(variable)
    assert planned(plan, tmp_path, source, config=path).terms.profile == "bot"


@pytest.mark.parametrize(
    ("scheme", "option"),
    [case for case in ANYWHERE if case[0] not in {"command", "redis", "rediss"}],
)
def test_every_other_option_is_honoured_in_a_found_file(plan, tmp_path, scheme, option) -> None:
    assert (
        planned(plan, tmp_path, f"{scheme}:{LOCATIONS[scheme]}?{option}=x").terms.profile == "bot"
    )


FOREIGN = [
    "azure-kv://my-vault.vault.azure.net.evil.example/binance",
    "azure-kv://vault.azure.net.evil.example/binance",
    "azure-kv://my-vault.vault.azure.net:8443/binance",
    "azure-kv://a.b.vault.azure.net/binance",
    "sqs:https://sqs.eu-west-1.amazonaws.com.evil.example/123456789012/bot",
    "sqs:https://ec2-1-2-3-4.compute-1.amazonaws.com/123456789012/bot",
    "sqs:https://x.execute-api.eu-west-1.amazonaws.com/123456789012/bot",
    "sqs:http://sqs.eu-west-1.amazonaws.com/123456789012/bot",
    "sqs:https://sqs.eu-west-1.amazonaws.com:8443/123456789012/bot",
    "storage-queue:https://account.queue.core.windows.net.evil.example/bot",
    "storage-queue:http://account.queue.core.windows.net/bot?auth=connection-string",
    "redis://redis.internal",
    "rediss://redis.internal/0",
    "file:////evil.example/share/pair",
    "file:\\\\evil.example\\share\\pair",
    "dotenv:/\\evil.example/share/.env",
]
OWN = [
    "azure-kv://my-vault/binance?cloud=china",
    "azure-kv://my-vault.vault.azure.net/binance",
    "azure-kv://my-vault.vault.usgovcloudapi.net/binance",
    "aws-sm:arn:aws:secretsmanager:eu-west-1:123456789012:secret:binance-AbCdEf",
    "sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/bot",
    "sqs:https://sqs.cn-north-1.amazonaws.com.cn/123456789012/bot",
    "sqs:https://sqs-fips.us-east-1.amazonaws.com/123456789012/bot",
    "sqs:https://vpce-0a1b-2c3d.sqs.eu-west-1.vpce.amazonaws.com/123456789012/bot",
    "storage-queue:https://account.queue.core.chinacloudapi.cn/bot",
    "file:///run/secrets/binance",
    "file:$CREDENTIALS_DIRECTORY/pair",
    "dotenv:conf/.env",
]


@pytest.mark.parametrize("source", FOREIGN)
def test_a_host_of_somebody_else_is_trusted_only_when_named(plan, tmp_path, source) -> None:
    """On Windows a path may name one too, which is then sent a login."""
    error = caught(planned, plan, tmp_path, source.replace("\\", "\\\\"))
    assert "the host in the location" in str(error)


@pytest.mark.parametrize("source", OWN)
def test_a_host_of_the_store_itself_is_trusted_where_it_is_found(plan, tmp_path, source) -> None:
    assert planned(plan, tmp_path, source).terms.profile == "bot"


def test_a_part_of_a_pair_is_looked_at_too(plan, tmp_path) -> None:
    (tmp_path / "binance-creds.toml").write_text(
        '[profiles.bot]\napi_key = "vault://kv/key?address=https://v"\n'
        'api_secret = "vault://kv/secret?address=https://v"\n'
    )
    assert "the option 'address'" in str(caught(plan))


def test_a_third_partys_scheme_is_trusted_only_when_named(plan, tmp_path, monkeypatch) -> None:
    """Unless its factory says which options a found file may have."""
    path = written(tmp_path, "binance-creds.toml", "scripted:bot?colour=red")
    assert "the scheme 'scripted'" in str(caught(plan))
    assert plan(config=path).terms.profile == "bot"
    monkeypatch.setattr(scripted_store.open_scripted, "found_options", ("colour",), raising=False)
    assert plan().terms.profile == "bot"
    written(tmp_path, "binance-creds.toml", "scripted:bot?host=h&colour=red")
    assert "the option 'host'" in str(caught(plan))


def test_an_announcement_of_no_known_scheme_is_refused_where_it_is_listened_to(
    plan, folder, in_memory
) -> None:
    """Only a live handle listens; nothing is sent before."""
    written(folder, "binance-creds.toml", "memory:bot", "scripted:bot?host=h")
    assert plan().terms.profile == "bot"
    assert "no push source has this scheme" in str(caught(load_credentials, live=True))


def test_every_scheme_has_a_row() -> None:
    """So that no option comes without a decision."""
    assert registry.BUILT_IN.keys() | PUSHES == SCHEMES.keys() == LOCATIONS.keys()


@pytest.mark.parametrize("scheme", [name for name, row in SCHEMES.items() if not row.has_members])
def test_a_member_is_refused_where_a_source_has_none(scheme) -> None:
    uri = SourceURI(scheme, LOCATIONS[scheme], field="main")
    assert "has no members" in str(caught(check_options, uri))


PAIR = {"BINANCE_API_KEY": token(), "BINANCE_API_SECRET": token()}
WHOLE = {
    "as documented": PAIR,
    "in files": {"BINANCE_API_KEY_FILE": "/k", "BINANCE_PRIVATE_KEY_FILE": "/p"},
    "otherwise spelt": {"BINANCE_APIKEY": token(), "BINANCE_SECRET_KEY": token()},
}
HALF = {
    "a key alone": {"BINANCE_API_KEY": token()},
    "an empty secret": {**PAIR, "BINANCE_API_SECRET": " "},
    "of a sub-account": {"BINANCE_SUB_A_KEY": token(), "BINANCE_SUB_A_SECRET": token()},
}


@pytest.mark.parametrize("environ", WHOLE.values(), ids=WHOLE.keys())
@pytest.mark.parametrize("name", FORMS)
def test_a_pair_of_the_environment_that_is_not_used_is_told(plan, tmp_path, name, environ) -> None:
    """Which of the two wins stays: the file."""
    path = written(tmp_path, name, "memory:b")
    with pytest.warns(CredentialsWarning, match="profile='bot' or BINANCE_CREDS_PROFILE") as told:
        made = plan(environ=environ)
    assert [candidate.redacted for candidate in made.candidates] == ["memory:b"]
    for words in (*environ, path, "'bot'"):
        assert words in made.terms.notes[0]
        assert words in str(told[0].message)


@pytest.mark.parametrize("environ", HALF.values(), ids=HALF.keys())
def test_half_a_pair_is_no_surprise(plan, tmp_path, environ) -> None:
    written(tmp_path, "binance-creds.toml", "dotenv:b")
    assert plan(environ=environ).terms.notes == ()


def test_what_was_asked_for_is_no_surprise(plan, tmp_path) -> None:
    """By a profile's name, by the file, or by the variables themselves."""
    path = written(tmp_path, "binance-creds.toml", "dotenv:b")
    assert plan(environ=PAIR, profile="bot").terms.notes == ()
    assert plan(environ={**PAIR, "BINANCE_CREDS_PROFILE": "bot"}).terms.notes == ()
    assert plan(environ={**PAIR, "BINANCE_CREDS_CONFIG": path}).terms.notes == ()
    for source in ("env://BINANCE", "env:"):
        written(tmp_path, "binance-creds.toml", source)
        assert plan(environ=PAIR).terms.notes == ()


def test_explain_tells_which_of_two_pairs_is_used(folder, in_memory, monkeypatch) -> None:
    path = written(folder, "pyproject.toml", "memory:bot")
    for name, value in PAIR.items():
        monkeypatch.setenv(name, value)
    with pytest.warns(CredentialsWarning, match="BINANCE_API_KEY and BINANCE_API_SECRET are set"):
        explanation = load_credentials().explain()
    assert f"note         {explanation.notes[0]}" in str(explanation)
    assert f"'bot' of {path} is used instead" in explanation.notes[0]


@pytest.mark.parametrize("name", FORMS)
def test_a_found_file_does_not_say_where_a_status_file_is_written(plan, tmp_path, name) -> None:
    """As with the file of an audit: the folder may be on another machine, or anybody's."""
    path = written(tmp_path, name, "memory:bot")
    with open(path, "a") as file:
        file.write(f'[{FORMS[name]}profiles.other]\nsource = "memory:bot"\nstatus_dir = "/srv"\n')
    os.utime(path, (0, 0))
    error = caught(plan, profile="other")
    assert "`status_dir` decides where a file is written" in str(error)
    assert "set BINANCE_CREDS_STATUS_DIR, or name the file" in str(error)
    assert plan(profile="bot").terms.profile == "bot"
    assert plan(profile="other", config=path).terms.status_dir == "/srv"


@pytest.mark.parametrize("host", ["//evil.example", "\\\\evil.example", "/\\evil.example"])
@pytest.mark.parametrize("source", [None, "file:.env", "dotenv:.env"])
def test_a_line_of_a_file_names_no_file_of_another_machine(folder, host, source) -> None:
    """Windows would log in there. The environment may name one: it is the user's own."""
    lines = f"BINANCE_API_KEY={token()}\nBINANCE_API_SECRET_FILE={host}/share/key\n"
    (folder / ".env").write_text(lines)
    (folder / ".env").chmod(0o600)
    os.utime(folder / ".env", (0, 0))
    error = caught(load_credentials, source, fresh=True)
    assert isinstance(error, ConfigurationError)
    assert "names a file on another machine" in str(error)
    environ = dict(line.split("=", 1) for line in lines.splitlines())
    os.environ.update(environ)
    try:
        assert "another machine" not in str(caught(load_credentials, "env:", fresh=True))
    finally:
        for variable in environ:
            del os.environ[variable]


def test_a_hint_runs_nothing_that_a_folder_is_called(folder, monkeypatch) -> None:
    """What a hint says of a variable is pasted into a shell."""
    place = folder / "$(touch ran)"
    place.mkdir()
    monkeypatch.chdir(place)
    path = written(place, "binance-creds.toml", "vault://secret/bot?address=https://vault.invalid")
    assert f"BINANCE_CREDS_CONFIG='{path}'" in str(caught(load_credentials))
    os.chmod(path, 0o666)
    assert f"BINANCE_CREDS_CONFIG='{path}'" in str(caught(load_credentials))
