"""What is no source is told with what to write instead."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest
from support import caught, pair, token

from binance_creds import load_credentials
from binance_creds.errors import ConfigurationError, CredentialsWarning
from binance_creds.signers import SignerURI
from binance_creds.testing import assert_no_leak

VARIABLE = "BINANCE_CREDS_SOURCE"
IN_A_VARIABLE = {
    "space in a path": ("file:/run/my secrets/x", "for a space in a name write %20"),
    "space in an option": ("keyring://a/b?backend=my backend", "for a space in a name write %20"),
    "comma": ("env://A,dotenv:.env", "separated by white space"),
    "comma and space": ("env://A, dotenv:.env", "separated by white space"),
    "semicolon": ("env://A;dotenv:.env", "separated by white space"),
    "double quotes": ('"env://A"', "It is in quotes"),
    "single quotes": ("'env://A dotenv:.env'", "It is in quotes"),
    "curly quotes": ("\u201cenv://A\u201d", "It is in quotes"),
    "a list": ('["env://A"]', "JSON"),
    "no scheme": ("secrets/x", "Write file: before a path"),
    "comment": ("env://A # main", "a comment behind the source"),
    "variable": ("$SOURCE", "a variable that nothing has replaced"),
    "an option": ("env://A?prefix=", "an option has no value"),
}


@pytest.mark.parametrize(("text", "words"), IN_A_VARIABLE.values(), ids=IN_A_VARIABLE.keys())
def test_what_is_wrong_in_the_variable_is_named(plan, text, words) -> None:
    """With the variable: the text may come from a Dockerfile that nobody thinks of."""
    error = caught(plan, environ={VARIABLE: text})
    assert isinstance(error, ConfigurationError)
    assert VARIABLE in str(error)
    assert words in str(error)


def test_a_space_may_be_encoded_in_the_variable(plan) -> None:
    made = plan(environ={VARIABLE: "file:/run/my%20secrets/x env://A"})
    assert [uri.location for uri in made.sources] == ["/run/my secrets/x", "A"]


@pytest.mark.parametrize(
    "text", ["env://A,dotenv:.env", "env://A, dotenv:.env", "env://A dotenv:.env", "env://A;"]
)
def test_several_sources_in_one_text_are_refused(plan, text) -> None:
    """An argument, an entry of a list or of a profile takes one."""
    config = {"profiles": {"p": {"source": text}}}
    for given in ({"source": text}, {"source": [text]}, {"config": config}):
        error = caught(plan, **given)
        assert isinstance(error, ConfigurationError)
        assert "list" in str(error)


@pytest.mark.parametrize("text", ["file:/a, b:c", "file:a,b", "aws-sm://x?external_id=a:b,c:d"])
def test_a_name_may_have_a_comma(plan, text) -> None:
    assert len(plan(text).sources) == 1


WRITTEN = {
    "path of a .env": (Path(".env"), 'Write f"dotenv:{path}"'),
    "path of another": (PurePosixPath("/run/secrets/x"), 'Write f"file:{path}"'),
    "mapping": ({"api_key": "x"}, "memory.register"),
    "bytes": (b"env://A", "not bytes"),
    "JSON": ('{"api_key": "x"}', "JSON"),
    "quotes": ("'env://A'", "It is in quotes"),
    "spaces around": (" env://A", "white space"),
    "capitals": ("ENV://A", "lower case"),
    "PEM": ("-----BEGIN PRIVATE KEY-----", "where credentials are"),
}


@pytest.mark.parametrize(("given", "words"), WRITTEN.values(), ids=WRITTEN.keys())
def test_what_to_write_instead_is_said(given, words) -> None:
    """Alone and in a list."""
    for source in (given, [given]):
        error = caught(load_credentials, source)
        assert isinstance(error, ConfigurationError)
        assert words in str(error)


@pytest.mark.parametrize(
    "shape", [str, repr, json.dumps, lambda fields: fields, lambda fields: [fields]]
)
def test_credentials_in_place_of_a_source_are_not_repeated(monkeypatch, shape) -> None:
    fields = pair()
    error = caught(load_credentials, shape(fields))
    assert_no_leak(fields["api_secret"], error)
    monkeypatch.setenv(VARIABLE, str(shape(fields)))
    error = caught(load_credentials)
    monkeypatch.delenv(VARIABLE)
    assert isinstance(error, ConfigurationError)
    assert_no_leak(fields["api_secret"], error)


CONFIGS = {
    "quotes": ("'/etc/x.toml'", "without quotes"),
    "JSON": ('{"profiles": {}}', "the path of a file"),
    "TOML": ("[profiles.p]\nsource = 'env://A'\n", "the path of a file"),
}


@pytest.mark.parametrize(("text", "words"), CONFIGS.values(), ids=CONFIGS.keys())
def test_what_is_no_path_of_a_configuration_is_named(plan, text, words) -> None:
    for options in ({"config": text}, {"environ": {"BINANCE_CREDS_CONFIG": text}}):
        error = caught(plan, **options)
        assert "does not exist" in str(error)
        assert words in str(error)


@pytest.mark.parametrize("name", ["timeout", "ttl", "poll", "max_stale", "overlap", "max_hold"])
@pytest.mark.parametrize("value", [10, 1.5, True, "10", ["10s"]])
def test_a_duration_is_written_with_its_unit(plan, name, value) -> None:
    """And not "a valid string", which 10 is not and "10" is."""
    profile = {
        "source": "env://A",
        **({name: value} if name == "timeout" else {"refresh": {name: value}}),
    }
    text = str(caught(plan, config={"profiles": {"p": profile}}))
    assert "write a duration with a unit, such as 10s" in text
    assert "valid string" not in text


PREFIXES = {
    "BINANCE_API_KEY": "BINANCE", "BINANCE_APIKEY": "BINANCE", "BINANCE_API_SECRET": "BINANCE",
    "BINANCE_SECRET_KEY": "BINANCE", "BINANCE_PRIVATE_KEY": "BINANCE", "binance_api_key": "binance",
    "BINANCE_SUB_A_API_KEY_FILE": "BINANCE_SUB_A", "BINANCE_PRIVATE_KEY_PASSPHRASE": "BINANCE",
}  # fmt: skip


@pytest.mark.parametrize(("name", "prefix"), PREFIXES.items())
@pytest.mark.parametrize("form", ["env://{}", "dotenv:.env?prefix={}", "file:x?prefix={}"])
def test_a_variable_in_place_of_its_prefix_is_refused(form, name, prefix) -> None:
    """It asked for BINANCE_API_KEY_API_KEY, and was an absence."""
    error = caught(load_credentials, form.format(name))
    assert isinstance(error, ConfigurationError)
    assert f"{name} is a variable's name; write its prefix, {prefix}." in str(error)


@pytest.mark.parametrize("form", ["env://{}", "dotenv:.env?prefix={}", "file:x?prefix={}"])
@pytest.mark.parametrize("prefix", ["$PREFIX", "BIN ANCE", "BINANCE=", "1"])
def test_what_is_no_prefix_is_refused(form, prefix) -> None:
    error = caught(load_credentials, form.format(prefix))
    assert isinstance(error, ConfigurationError)


@pytest.mark.parametrize("prefix", ["BINANCE_KEY", "MASTER_SECRET", "API_KEYS"])
def test_a_prefix_may_end_in_a_short_name(prefix, monkeypatch) -> None:
    fields = pair()
    for name, value in fields.items():
        monkeypatch.setenv(f"{prefix}_{name.upper()}", value)
    assert load_credentials(f"env://{prefix}").api_key.reveal() == fields["api_key"]


def test_a_port_belongs_to_a_full_host() -> None:
    error = caught(load_credentials, "azure-kv://my-vault:443/binance?auth=cli")
    assert isinstance(error, ConfigurationError)
    assert "a port needs the full host" in str(error)
    assert token() not in str(error)


@pytest.mark.parametrize(
    ("text", "words"),
    {
        "SHA256:p6Ph7x": "ssh-agent: before",
        "MD5:ab:cd": "SHA-256 fingerprints",
        "arn:aws:kms:eu-central-1:123456789012:key/a": "aws-kms:// before",
        "projects/p/locations/l/keyRings/r/cryptoKeys/k": "gcp-kms: before",
        "https://bots.vault.azure.net/keys/k": "azure-keys://VAULT/KEY",
        "vault://transit/bot": "vault-transit://MOUNT/KEY",
        "transit/bot": "vault-transit://MOUNT/KEY",
        "file:/run/bot.pem": "private_key_file",
        "~/bot.pem": "private_key_file",
    }.items(),
)
def test_a_key_named_as_its_place_names_it_is_told_its_scheme(text, words) -> None:
    error = caught(SignerURI.parse, text)
    assert words in str(error)
    assert text not in str(error)


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("prod.env", "Write dotenv: before"),
        ("/srv/pair", "Write file: before"),
        ("bot", "Write binance-creds.toml"),
    ],
)
def test_a_path_that_is_given_as_a_profile_is_told(plan, tmp_path, profile, words) -> None:
    assert words in str(caught(plan, profile=profile))


NAMED_BY_STORES = {
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:b": "Write aws-sm: before the ARN",
    "arn:aws:ssm:eu-central-1:123456789012:parameter/b": "keep the pair in AWS Secrets Manager",
    "projects/p/secrets/binance/versions/1": "Write gcp-sm: before the name",
    "https://v.vault.azure.net/secrets/binance": "Write azure-kv://VAULT/NAME.",
    "https://vault.example.com:8200/v1/secret/binance": "the option address or endpoint",
    "op://Vault/Item/field": "Let `op read` print it",
}


@pytest.mark.parametrize("text", NAMED_BY_STORES)
def test_a_secret_that_is_named_as_its_store_does_is_understood(text) -> None:
    """Well enough to say what to write."""
    error = caught(load_credentials, text)
    assert isinstance(error, ConfigurationError)
    assert NAMED_BY_STORES[text] in str(error)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "The path is empty."),
        ("$HOME/b.toml", "Nothing replaces variables in it"),
        ("file:b.toml", "Write the path alone, without a scheme."),
    ],
)
def test_why_there_is_no_such_configuration_is_told(path, words) -> None:
    assert words in str(caught(load_credentials, config=path))


def test_a_variable_that_is_almost_ours_is_mentioned(monkeypatch) -> None:
    """Such as one for the environment of the pair, which would count as live."""
    for name, value in pair().items():
        monkeypatch.setenv(f"BINANCE_{name.upper()}", value)
    monkeypatch.setenv("BINANCE_CREDS_STATUS_DIR", "/run/bots")
    load_credentials()
    monkeypatch.setenv("BINANCE_CREDS_ENVIRONMENT", "testnet")
    with pytest.warns(CredentialsWarning, match="^BINANCE_CREDS_ENVIRONMENT is not read"):
        load_credentials(environment="demo")
    monkeypatch.setenv("BINANCE_CREDS_API_KEY", "a")
    load_credentials(environment="us")


ENTRIES = {
    "profiles": ("main", "profiles: write a table"),
    "profiles.main": ("env://BINANCE", "profiles.main: write a table"),
    "profiles.main.environment": ("LIVE", "write 'live', 'testnet', 'demo' or 'us'"),
    "profiles.main.verify": ("true", "write true or false, without quotes"),
    "profiles.main.rotation_days": ("90", "write a whole number, without quotes"),
    "profiles.main.status_dir": ("", "status_dir: it is empty"),
    "profiles.main.source": ([], "source: write a source, or a list of sources."),
    "profiles.main.refresh.push": ("signal:USR1", "push: write a list"),
    "profiles.main.refresh.jitter": ("0.1", "jitter: write a number, without quotes"),
    "commands.x.argv": ("pass show binance", "argv: write a list"),
    "audit.path": ("audit.jsonl", "audit.path: write an absolute path"),
    "default_profile": (1, "default_profile: write a text, in quotes"),
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_of_another_kind_is_told_what_to_write(entry) -> None:
    """In the words of TOML."""
    value, words = ENTRIES[entry]
    document = value
    for part in reversed(entry.split(".")):
        document = {part: document}
    assert words in str(caught(load_credentials, config=document, profile="main"))
