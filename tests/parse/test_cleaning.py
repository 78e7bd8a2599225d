"""What surrounds a value, what is none, and what only says where the value is."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization as s
from language import refusal
from support import build, new_key, token

from binance_creds import Environment, KeyType, load_credentials
from binance_creds.errors import MalformedSecretError
from binance_creds.testing import assert_no_leak

KEY, SECRET = token(), token()
PEM = new_key(KeyType.ED25519).private_key_pem


def encrypted(passphrase: str) -> str:
    key = s.load_pem_private_key(PEM.encode(), None)
    how = s.BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, how).decode()


FIELDS = {
    "api_key": {"api_secret": SECRET},
    "api_secret": {"api_key": KEY},
    "private_key": {"api_key": KEY},
    "environment": {"api_key": KEY, "api_secret": SECRET},
    "created": {"api_key": KEY, "api_secret": SECRET},
    "rotation_days": {"api_key": KEY, "api_secret": SECRET, "created": "2026-01-01"},
    "passphrase": {"api_key": KEY, "private_key": PEM},
}
VALUES = {
    "api_key": KEY, "api_secret": SECRET, "private_key": PEM, "environment": "testnet", "created": "2026-01-01",
    "rotation_days": "90", "passphrase": "correct horse",
}  # fmt: skip


def refused(reason: str, field: str, **fields: str) -> str:
    error = refusal(build, **fields)
    assert (MalformedSecretError, reason, field) == (type(error), error.reason, error.field)
    for canary in (KEY, SECRET, PEM.split("\n")[1]):
        assert_no_leak(canary, error)
    return str(error)


@pytest.mark.parametrize("shape", ["{}", " {}\t", "{}\r\n", "\ufeff{}", '"{}"', " '{}'\n"])
@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_cleaned_alike(field, shape) -> None:
    """White space, a byte order mark, and the quotes that Docker's --env-file leaves."""
    fields = {**FIELDS[field], field: shape.format(VALUES[field])}
    if field == "passphrase":
        fields["private_key"] = encrypted(VALUES[field])
    creds = build(**fields)
    assert KEY == creds.api_key.reveal()
    assert (creds.api_secret or creds.private_key_pem).reveal() in {SECRET, PEM}
    if field == "environment":
        assert creds.environment is Environment.TESTNET
    if field in {"created", "rotation_days"}:
        assert creds.created_at
    if field == "rotation_days":
        assert (creds.rotate_by - creds.created_at).days == 90


@pytest.mark.parametrize("passphrase", [" a b ", "'quoted'", '"', "endX"])
def test_a_passphrase_is_also_tried_as_it_stands(passphrase) -> None:
    """Spaces and quotes may be part of it."""
    fields = {"private_key": encrypted(passphrase), "passphrase": f"{passphrase}\r\n"}
    assert PEM == build(api_key=KEY, **fields).private_key_pem.reveal()


@pytest.mark.parametrize("value", ["", " \t\n", '""', "''", "\ufeff", ' "" '])
@pytest.mark.parametrize("field", FIELDS)
def test_what_is_empty_is_an_error_for_every_field(field, value) -> None:
    """Also where another field would do: it is set, and perhaps to be filled in."""
    assert f"{field} is set but empty" in refused("empty", field, **FIELDS[field], **{field: value})


def test_an_empty_private_key_beside_a_secret_is_not_two_secrets(tmp_path) -> None:
    """In JSON, null is as empty as "", and the error names the member."""
    path = tmp_path / "pair.json"
    path.touch(0o600)
    for value in ('""', "null", '" "'):
        path.write_text(f'{{"api_key": "{KEY}", "secret": "{SECRET}", "privateKey": {value}}}')
        error = refusal(load_credentials, f"file:{path}")
        assert ("empty", "private_key") == (error.reason, error.field)
        assert "privateKey is set but empty" in error.message


@pytest.mark.parametrize(
    ("value", "name"),
    [('""', "BCT_PRIVATE_KEY"), (" ", "BCT_ENVIRONMENT"), ("''", "BCT_API_SECRET_FILE")],
)
def test_an_empty_variable_is_named(monkeypatch, value, name) -> None:
    """Quotes that Docker left are nothing too."""
    monkeypatch.setenv("BCT_API_KEY", KEY)
    monkeypatch.setenv(name, value)
    assert f"{name} is set but empty" in refusal(load_credentials, "env://BCT").message


def test_the_name_of_a_file_is_cleaned_too(monkeypatch, tmp_path) -> None:
    """As any other value."""
    (tmp_path / "secret").touch(0o600)
    (tmp_path / "secret").write_text(SECRET)
    monkeypatch.setenv("BCT_API_KEY", f'"{KEY}"')
    monkeypatch.setenv("BCT_API_SECRET_FILE", f' "{tmp_path / "secret"}"\n')
    assert SECRET == load_credentials("env://BCT").api_secret.reveal()


@pytest.mark.parametrize(
    "comment",
    [" # main", "\t#main", "# main", '" # main', "  #", " // main", " ; main", " -- main"],
)
@pytest.mark.parametrize("field", ["api_key", "api_secret", "environment", "rotation_days"])
def test_a_comment_behind_a_value_is_the_cause(field, comment) -> None:
    """Docker's --env-file keeps it."""
    if comment.startswith("#") and field not in {"api_key", "api_secret"}:
        pytest.skip("it may be part of a short word")
    start = '"' if comment.startswith('"') else ""
    fields = {**FIELDS[field], field: f"{start}{VALUES[field]}{comment}"}
    assert f"{field} has a comment behind its value" in refused("comment", field, **fields)


@pytest.mark.parametrize("quotes", ["“{}”", "‘{}’", "„{}“", "«{}»"])
def test_curly_quotes_are_named(quotes) -> None:
    """They come from a word processor."""
    text = refused("bad_character", "api_secret", api_key=KEY, api_secret=quotes.format(SECRET))
    assert "a curly quote at position 1" in text


REFERENCES = {
    "op://Vault/Item/field": "1Password", "ref+awssecrets://binance#/key": "vals",
    "vault:secret/data/binance#key": "HashiCorp Vault", ">>vault:secret/data/binance#key": "HashiCorp Vault",
    "<path:secret/data/binance#key>": "HashiCorp Vault",
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:binance-AbCdEf": "AWS",
    "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/binance": "AWS",
    "{{resolve:secretsmanager:binance:SecretString:key}}": "AWS CloudFormation",
    "projects/my-project/secrets/binance": "Google Cloud", "sm://my-project/binance": "Google Cloud",
    "projects/p/locations/l/secrets/binance/versions/1": "Google Cloud",
    "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/binance/)": "Azure Key Vault",
    "https://my-vault.vault.azure.net/secrets/binance": "Azure Key Vault", "secretref:binance": "Azure",
    "ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]": "a tool that encrypts",
    "encrypted:BNrZ0a": "a tool that encrypts", "EJ[1:a:b:c]": "a tool that encrypts",
    "bao:secret/data/binance#key": "HashiCorp Vault", "!var binance/key": "a secret store",
    "@Microsoft.AppConfiguration(Endpoint=https://x.azconfig.io; Key=k)": "Azure Key Vault",
    "keyring:binance": "this library", "keyring://binance/main": "this library", "env://BINANCE": "this library",
    "aws-sm://prod/binance": "this library", "pass://x": "another tool", "ssm:/binance/key": "a secret store",
}  # fmt: skip
PATHS = [
    "/run/secrets/binance", "~/keys/binance.pem", "./key", "../key.pem", "C:\\keys\\binance.pem", "key.pem",
    "\\\\server\\share\\key", "keys/binance.key", "id_ed25519", "my key.ppk", "secret.txt",
]  # fmt: skip
VARIABLES = [
    "$KEY",
    "$(cat /run/secrets/x)",
    "`pass binance`",
    "{{ secret }}",
    "${{ secrets.KEY }}",
    "#{KEY}#",
]


@pytest.mark.parametrize("field", ["api_key", "api_secret", "private_key", "environment"])
@pytest.mark.parametrize(
    ("value", "reason", "words"),
    [
        *((value, "unresolved_reference", owner) for value, owner in REFERENCES.items()),
        *((value, "path", "a path instead of a value") for value in PATHS),
        *((value, "unexpanded_variable", "that nothing has replaced") for value in VARIABLES),
    ],
)
def test_what_says_where_the_value_is_never_passes_for_it(field, value, reason, words) -> None:
    """The error names whose reference it is, and what can be done."""
    assert words in refused(reason, field, **FIELDS[field], **{field: value})


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("op://V/I/f", "Let the tool that resolves it write the value."),
        ("vault:a#b", "Let the tool that resolves it write the value (or load vault://...)."),
    ],
)
def test_a_reference_that_can_be_a_source_is_named_as_one(value, hint) -> None:
    """Where this library reads the same."""
    assert hint == refusal(build, api_key=value, api_secret=SECRET).hint


@pytest.mark.parametrize("value", ["op://V/I/f", '"op://V/I/f"', "/run/secrets/passphrase"])
def test_a_reference_for_a_passphrase_is_named_where_it_does_not_open_the_key(value) -> None:
    """It could be a passphrase."""
    fields = {"api_key": KEY, "private_key": encrypted("p"), "passphrase": value}
    refused("unresolved_reference" if "op:" in value else "path", "passphrase", **fields)
    fields["private_key"] = encrypted(value)
    assert build(**fields)


PASTED = {
    "{};": "a semicolon after", "{},": "a comma after", '"{}",': "a quote before", "{}'": "a quote after",
    "`{}`": "a quote before", "({}).": "punctuation before", "{}\\n": "a backslash after", "{}\\": "a backslash after",
    **dict.fromkeys(
        ["export BINANCE_API_KEY={}", "BINANCE_SECRET_KEY='{}'", 'set API_KEY="{}"', "$env:API_KEY = {}",
         "api_key: {}", '"apiKey": "{}",', "X-MBX-APIKEY: {}", "secret={}"], "a name before",
    ),
}  # fmt: skip


@pytest.mark.parametrize("field", ["api_key", "api_secret"])
@pytest.mark.parametrize("shape", PASTED)
def test_what_was_copied_with_a_value_is_named(field, shape) -> None:
    """It is not the value that is shown."""
    said = refused("pasted", field, **FIELDS[field], **{field: shape.format(VALUES[field])})
    assert f"{field} has {PASTED[shape]} its value." in said


FURTHER = [
    "{};BINANCE_API_SECRET={}", "{} BINANCE_API_SECRET={}", "{} && export BINANCE_API_SECRET={}",
    "{}:{}", "{},{}", "{}\n{}", "{} {}", '"{}","{}"', '{}, "secretKey": "{}"',
]  # fmt: skip


@pytest.mark.parametrize("shape", FURTHER)
def test_both_halves_in_one_value_are_noticed(shape) -> None:
    """As of a line with both, which has no other name for the half that seems to be missing."""
    said = refused("pasted", "api_key", api_key=shape.format(KEY, SECRET))
    assert "api_key has another value behind its own. Write each into a line" in said


@pytest.mark.parametrize("text", ["{}", "{}\n", "{}\r\n"])
@pytest.mark.parametrize("end", ["=", ""])
def test_base64_of_a_key_is_not_the_key(text, end) -> None:
    """As the `data` of a Secret of Kubernetes has it, with the line end of `echo` and without."""
    encoded = base64.b64encode(text.format(SECRET).encode()).decode()
    said = refused(
        "pasted", "api_secret", api_key=KEY, api_secret=encoded.rstrip("=") if not end else encoded
    )
    assert "api_secret is base64 of its value. Decode it first" in said


def test_the_first_line_of_a_continued_value_is_not_the_value() -> None:
    """systemd and shells join the lines, python-dotenv does not."""
    said = refused("pasted", "api_key", api_key=KEY[:30] + "\\", api_secret=SECRET)
    assert "api_key ends with a backslash" in said


@pytest.mark.parametrize("text", ["$key", "{}$part", "$Part{}", "`pass binance`", "ab${{x}}cd"])
def test_a_variable_within_a_key_is_noticed(text) -> None:
    """In lower case and next to other text, too: no key contains a dollar sign."""
    refused("unexpanded_variable", "api_key", api_key=text.format(KEY[:30]), api_secret=SECRET)


def test_a_passphrase_may_contain_a_dollar_sign() -> None:
    """A wrong one is not taken for a variable."""
    assert "does not open" in refused(
        "wrong_passphrase", "passphrase", api_key=KEY, private_key=encrypted("a"), passphrase="a$b"
    )


def test_a_comment_behind_a_signer_selects_no_member() -> None:
    """It is a comment, as behind any other value."""
    refused("comment", "signer", api_key=KEY, signer=f"ssh-agent:SHA256:{'A' * 43} # main")
