"""Every row of the table from botocore's errors to ours, provoked; and that none of them leaks."""

from __future__ import annotations

import hashlib
import json

import botocore.exceptions
import pytest
import trustme
from botocore.credentials import SSOProvider
from fault_proxy import FaultProxy, answer, refusing_address, status
from support import caught, token
from waiting import PATIENCE

from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
    ThrottledError,
)
from binance_creds.providers import Deadline, SourceURI
from binance_creds.providers.aws._errors import TABLE, translated
from binance_creds.providers.aws._login import CLIENTS
from binance_creds.providers.aws.secrets_manager import SecretsManagerProvider
from binance_creds.testing import assert_no_leak, watch_for_leaks

KINDS = {
    "AccessDenied": (AccessDeniedError, "trust policy"),
    "AccessDeniedException": (AccessDeniedError, "secretsmanager:GetSecretValue"),
    "DecryptionFailure": (SecretDisabledError, "Enable the key"),
    "ExpiredToken": (AuthenticationError, "temporary credentials"),
    "ExpiredTokenException": (AuthenticationError, "temporary credentials"),
    "ForbiddenException": (AccessDeniedError, "secretsmanager:GetSecretValue"),
    "IDPRejectedClaim": (AuthenticationError, "web identity token"),
    "IncompleteSignature": (AuthenticationError, "clock"),
    "InternalFailure": (ProviderUnavailableError, "internal error"),
    "InternalServiceError": (ProviderUnavailableError, "internal error"),
    "InvalidClientTokenId": (AuthenticationError, "access key"),
    "InvalidIdentityToken": (AuthenticationError, "web identity token"),
    "InvalidParameterException": (ConfigurationError, "must agree"),
    "InvalidRequestException": (ConfigurationError, "must agree"),
    "InvalidSignatureException": (AuthenticationError, "clock"),
    "LimitExceededException": (ThrottledError, "Poll less often"),
    "MissingAuthenticationToken": (AuthenticationError, "access key"),
    "NotAuthorized": (AccessDeniedError, "secretsmanager:GetSecretValue"),
    "OptInRequired": (AccessDeniedError, "secretsmanager:GetSecretValue"),
    "RequestExpired": (AuthenticationError, "temporary credentials"),
    "RequestLimitExceeded": (ThrottledError, "Poll less often"),
    "ResourceExistsException": (ConflictError, "Read it again"),
    "ResourceNotFoundException": (SecretNotFoundError, "full ARN"),
    "ServiceUnavailable": (ProviderUnavailableError, "internal error"),
    "SignatureDoesNotMatch": (AuthenticationError, "clock"),
    "Throttling": (ThrottledError, "Poll less often"),
    "ThrottlingException": (ThrottledError, "Poll less often"),
    "TooManyRequestsException": (ThrottledError, "Poll less often"),
    "UnrecognizedClientException": (AuthenticationError, "access key"),
    "ValidationException": (ConfigurationError, "must agree"),
    "SomethingNewException": (ProviderUnavailableError, "an unknown reason (HTTP 400)"),
    "BandwidthLimitExceeded": (ThrottledError, "Poll less often"),
    "IDPCommunicationError": (ProviderUnavailableError, "cannot reach the identity provider"),
    "InternalServerError": (ProviderUnavailableError, "internal error"),
    "RegionDisabledException": (ConfigurationError, "not activated STS"),
    "RequestThrottled": (ThrottledError, "Poll less often"),
    "RequestThrottledException": (ThrottledError, "Poll less often"),
    "RequestTimeTooSkewed": (AuthenticationError, "clock is wrong"),
    "SlowDown": (ThrottledError, "Poll less often"),
    "ThrottledException": (ThrottledError, "Poll less often"),
    "ValidationError": (ProviderUnavailableError, "an unknown reason"),  # of STS alone
}


def refusal(source: str) -> BaseException:
    """Return what a read fails with."""
    return caught(SecretsManagerProvider(SourceURI.parse(source)).fetch, Deadline(PATIENCE))


def test_the_cases_cover_the_table() -> None:
    codes = {sign for sign in TABLE.rows if isinstance(sign, str)}
    assert KINDS.keys() - {"SomethingNewException"} == codes


@pytest.mark.parametrize("code", KINDS)
def test_a_code_of_the_service(account, code) -> None:
    """Most arrive as HTTP 400, throttling too."""
    kind, says = KINDS[code]
    secret = token()
    body = json.dumps({"__type": code, "message": f"about {secret}"}).encode()
    with account.proxy.failing(status(400, body)), watch_for_leaks(secret):
        error = refusal(account.source("bot/x"))
    assert type(error) is kind
    assert says in str(error)
    assert error.source == "aws-sm:bot/x?region=...&endpoint_url=..."
    assert_no_leak(secret, error)


@pytest.mark.parametrize(
    ("code", "message", "kind", "says"),
    [
        ("AccessDeniedException", "Access to KMS is not allowed", AccessDeniedError, "kms:Decrypt"),
        (
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
            SecretDisabledError,
            "restore-secret",
        ),
        (
            "InvalidSignatureException",
            "Credential should be scoped to a valid region.",
            ConfigurationError,
            "of another region",
        ),
        (
            "InvalidSignatureException",
            "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z",
            AuthenticationError,
            "clock is wrong",
        ),
        (
            "InvalidSignatureException",
            "Signature not yet current: 20260101T001000Z is still later than 20260101T000000Z",
            AuthenticationError,
            "clock is wrong",
        ),
        (
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret value for staging label: X",
            SecretNotFoundError,
            "`stage`",
        ),
    ],
)
def test_a_code_with_several_meanings(account, code, message, kind, says) -> None:
    with account.proxy.failing(
        status(400, json.dumps({"__type": code, "Message": message}).encode())
    ):
        error = refusal(account.source("bot/x"))
    assert type(error) is kind
    assert says in str(error)


def test_what_is_not_found_tells_the_region_that_was_asked(account) -> None:
    """It may come from a profile or a variable; it is no secret, as other option values may be."""
    source = account.source("bot/not-here")
    region = SourceURI.parse(source).option("region")
    error = refusal(source)
    assert type(error) is SecretNotFoundError
    assert f"The region asked was {region}. Check name and region" in str(error)


def without_credentials(machine) -> None:
    machine.delenv("AWS_ACCESS_KEY_ID")
    machine.delenv("AWS_SECRET_ACCESS_KEY")


def no_credentials(account, machine, tmp_path):
    without_credentials(machine)
    return account.source("bot/x")


def half_credentials(account, machine, tmp_path):
    machine.delenv("AWS_SECRET_ACCESS_KEY")
    return account.source("bot/x")


def failing_process(account, machine, tmp_path):
    without_credentials(machine)
    (tmp_path / "config").write_text("[default]\ncredential_process = false\n")
    return account.source("bot/x")


def sso_never_logged_in(account, machine, tmp_path):
    (tmp_path / "config").write_text(
        "[profile desk]\nsso_start_url = https://desk.example\nsso_region = eu-west-1\n"
        "sso_account_id = 123456789012\nsso_role_name = bot\n"
    )
    machine.setenv("HOME", str(tmp_path))
    return account.source("bot/x", "&profile=desk")


def sso_session_expired(account, machine, tmp_path):
    (tmp_path / "config").write_text(
        "[profile desk]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = bot\n"
        "[sso-session s]\nsso_start_url = https://desk.example\nsso_region = eu-west-1\n"
    )
    machine.setenv("HOME", str(tmp_path))
    return account.source("bot/x", "&profile=desk")


def login_never_begun(account, machine, tmp_path):
    """`aws login`, which keeps a session of the console."""
    (tmp_path / "config").write_text("[profile desk]\nlogin_session = desk\n")
    machine.setenv("AWS_LOGIN_CACHE_DIRECTORY", str(tmp_path))
    machine.setattr("botocore.credentials.EC", object())  # of botocore[crt]; installed or not
    return account.source("bot/x", "&profile=desk")


def login_without_its_package(account, machine, tmp_path):
    source = login_never_begun(account, machine, tmp_path)
    machine.setattr("botocore.credentials.EC", None)
    return source


def role_without_credentials(account, machine, tmp_path):
    without_credentials(machine)
    return account.source("bot/x", "&role_arn=arn:aws:iam::123456789012:role/bot")


def unknown_profile(account, machine, tmp_path):
    return account.source("bot/x", "&profile=nobody")


def no_region(account, machine, tmp_path):
    return "aws-sm://bot/x"


def odd_region(account, machine, tmp_path):
    return "aws-sm://bot/x?region=not_a_region!"


def odd_version(account, machine, tmp_path):
    return account.source("bot/x", "&version_id=short")


def odd_address(account, machine, tmp_path):
    return account.source("bot/x", url="localhost")


def broken_address(account, machine, tmp_path):
    return account.source("bot/x", url="http://[::1")


def missing_token_file(account, machine, tmp_path):
    without_credentials(machine)
    machine.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "nothing"))
    machine.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/ci")
    return account.source("bot/x")


def unreadable_configuration(account, machine, tmp_path):
    (tmp_path / "config").write_text("[profile\nx")
    return account.source("bot/x")


def nobody_listens(account, machine, tmp_path):
    return account.source("bot/x", url=f"http://{refusing_address()}")


def no_such_host(account, machine, tmp_path):
    return account.source("bot/x", url="http://nothing.invalid")


def dead_proxy(account, machine, tmp_path):
    machine.setenv("HTTPS_PROXY", f"http://user:{CANARY}@{refusing_address()}")
    return account.source("bot/x", url="https://vpce.example")


def not_json(account, machine, tmp_path):
    account.proxy.fault = status(200, f"<html>{CANARY}</html>".encode())
    return account.source("bot/x")


def not_xml_from_sts(account, machine, tmp_path):
    account.proxy.fault = status(200, f"<html {CANARY}".encode())
    machine.setenv("AWS_ENDPOINT_URL_STS", account.proxy.url)
    return account.source("bot/x", "&role_arn=arn:aws:iam::123456789012:role/bot")


CANARY = token()
KNOWS_LOGIN = pytest.mark.skipif(
    not hasattr(botocore.exceptions, "LoginError"), reason="this botocore has no `aws login`"
)


@pytest.mark.filterwarnings("ignore:a store is read over http")
@pytest.mark.parametrize(
    ("arrange", "kind", "says"),
    [
        (no_credentials, AuthenticationError, "AWS_PROFILE"),
        (half_credentials, AuthenticationError, "AWS_PROFILE"),
        (role_without_credentials, AuthenticationError, "AWS_PROFILE"),
        (failing_process, AuthenticationError, "credential_process"),
        (sso_never_logged_in, AuthenticationError, "aws sso login"),
        (sso_session_expired, AuthenticationError, "aws sso login"),
        pytest.param(login_never_begun, AuthenticationError, "aws login", marks=KNOWS_LOGIN),
        pytest.param(login_without_its_package, ConfigurationError, "[crt]", marks=KNOWS_LOGIN),
        (unknown_profile, ConfigurationError, "list-profiles"),
        (no_region, ConfigurationError, "AWS_REGION"),
        (odd_region, ConfigurationError, "`region`"),
        (odd_version, ConfigurationError, "`version_id`"),
        (odd_address, ConfigurationError, "endpoint_url"),
        (broken_address, ConfigurationError, "endpoint_url"),
        (missing_token_file, ConfigurationError, "AWS_WEB_IDENTITY_TOKEN_FILE"),
        (unreadable_configuration, ConfigurationError, "get-caller-identity"),
        (nobody_listens, ProviderUnavailableError, "does not answer"),
        (no_such_host, ProviderUnavailableError, "does not resolve"),
        (dead_proxy, ProviderUnavailableError, "the proxy does not answer"),
        (not_json, ProviderUnavailableError, "not from AWS"),
        (not_xml_from_sts, ProviderUnavailableError, "not from AWS"),
    ],
)
def test_a_fault_of_the_machine_or_the_way(account, machine, tmp_path, arrange, kind, says) -> None:
    with watch_for_leaks(CANARY):
        source = arrange(account, machine, tmp_path)
        error = refusal(source)
    assert type(error) is kind, str(error)
    assert says in str(error)
    assert_no_leak(CANARY, error)


@pytest.mark.parametrize(
    ("code", "kind"), [(404, "ResourceNotFoundException"), (403, "ForbiddenException")]
)
def test_an_sso_role_that_is_not_there_is_no_absent_secret(
    account, machine, tmp_path, code, kind
) -> None:
    """The portal has the same word for it, and only an absent secret moves a chain on."""
    address = "https://desk.example"
    (tmp_path / "config").write_text(
        f"[profile desk]\nsso_start_url = {address}\nsso_region = eu-west-1\n"
        "sso_account_id = 123456789012\nsso_role_name = bot\n"
    )
    login = {"accessToken": CANARY, "expiresAt": "2099-01-01T00:00:00Z", "startUrl": address}
    name = hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()
    (tmp_path / f"{name}.json").write_text(json.dumps(login))
    machine.setattr(SSOProvider, "_SSO_TOKEN_CACHE_DIR", str(tmp_path))
    machine.setenv("AWS_ENDPOINT_URL_SSO", account.proxy.url)
    said = status(code, b'{"message":"no"}', X_Amzn_ErrorType=kind)
    with account.proxy.failing(said), watch_for_leaks(CANARY):
        error = refusal(account.source("bot/x", "&profile=desk"))
    assert type(error) is AccessDeniedError
    assert "sso_role_name" in str(error)
    assert_no_leak(CANARY, error)


def test_every_class_of_the_table_is_there_to_be_raised() -> None:
    classes = {sign for sign in TABLE.rows if not isinstance(sign, str)}
    assert all(issubclass(kind, Exception) for kind in classes)
    assert botocore.exceptions.BotoCoreError in classes


def test_an_error_of_no_known_class_is_unavailable_and_names_only_its_class() -> None:
    error = translated(KeyError(CANARY))
    assert type(error) is ProviderUnavailableError
    assert_no_leak(CANARY, error)


def test_an_answer_that_ends_early_is_unavailable() -> None:
    error = translated(botocore.exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2))
    assert type(error) is ProviderUnavailableError


def test_a_certificate_that_is_not_trusted_is_permanent(account, moto, machine, tmp_path) -> None:
    """And is accepted once its authority is named, by the variable that AWS users know."""
    import ssl

    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    secure = FaultProxy(moto, server_tls=tls)
    account.put("bot/tls", {"api_key": token(), "api_secret": token()})
    try:
        error = refusal(account.source("bot/tls", url=secure.url))
        assert isinstance(error, ConfigurationError)
        assert "AWS_CA_BUNDLE" in str(error)
        assert secure.requests == []
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        machine.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        CLIENTS.clear()
        it = SecretsManagerProvider(SourceURI.parse(account.source("bot/tls", url=secure.url)))
        assert it.fetch(Deadline(PATIENCE)).version
    finally:
        secure.close()


def test_the_value_is_in_no_log_even_at_debug(account) -> None:
    """botocore logs whole answers; other threads and other records keep their say."""
    fields = {"api_key": token(), "api_secret": token()}
    account.put("bot/quiet", fields)
    it = SecretsManagerProvider(SourceURI.parse(account.source("bot/quiet")))
    for canary in fields.values():
        with watch_for_leaks(canary):
            raw = it.fetch(Deadline(PATIENCE))
            it.store(raw.fields, Deadline(PATIENCE), expected_version=raw.version)
            it.fetch_many([it], Deadline(PATIENCE))
    CLIENTS.clear()


def test_an_sdk_answer_with_an_unknown_member_is_still_an_answer(account) -> None:
    def more(handler, code, head, body):
        answer(handler, code, head, json.dumps({**json.loads(body), "New": {"x": 1}}).encode())

    account.put("bot/new", {"api_key": token(), "api_secret": token()})
    with account.proxy.failing(more):
        it = SecretsManagerProvider(SourceURI.parse(account.source("bot/new")))
        assert it.fetch(Deadline(PATIENCE)).version
