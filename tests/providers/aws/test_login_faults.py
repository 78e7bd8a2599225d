"""Logins to AWS that fail: each is told by its own cause, and what may pass is waited for."""

from __future__ import annotations

import json
import socket
import ssl

import pytest
import trustme
from botocore.utils import ContainerMetadataFetcher
from fault_proxy import FaultProxy, refusing_address, status
from support import caught, pair, token
from waiting import PATIENCE

from binance_creds import SourceURI, load_credentials
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    ProviderUnavailableError,
)
from binance_creds.providers.aws.sqs import SqsAnnouncements
from binance_creds.providers.remote._retries import ATTEMPTS, with_retries
from binance_creds.testing import assert_no_leak, watch_for_leaks

CANARY = token()
AGENT = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
QUEUE = "sqs:http://127.0.0.1:1/123456789012/rotations?region=eu-west-1"
ROLE = "&role_arn=arn:aws:iam::123456789012:role/bot"


@pytest.fixture
def container(machine):
    """An agent as that of ECS or EKS, the only login there is; it gives credentials at once."""
    agent = FaultProxy("http://127.0.0.1:1")
    agent.fault = status(200, json.dumps(GRANTED).encode())
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        machine.delenv(name)
    machine.setenv(AGENT, f"{agent.url}/creds")
    machine.setattr(ContainerMetadataFetcher, "SLEEP_TIME", 0)
    yield agent
    agent.close()


GRANTED = {
    "AccessKeyId": "ASIACONTAINER0000000",
    "SecretAccessKey": token()[:40],
    "Token": token(),
    "Expiration": "2099-01-01T00:00:00Z",
}


SHORT = 3  # seconds; to make a client of boto3 takes up to one where every core is busy


def refusal(source: str, seconds: float = 5) -> BaseException:
    with watch_for_leaks(CANARY):
        error = caught(load_credentials, source, timeout_seconds=seconds)
    assert_no_leak(CANARY, error)
    return error


def test_an_agent_that_is_not_ready_is_waited_for(account, container) -> None:
    """It starts beside the program: a dozen refusals are no reason to give up."""
    account.put("bot/late", pair())
    granted, refusals = container.fault, iter([status(503)] * 40)
    container.fault = lambda *answer: next(refusals, granted)(*answer)
    container.fault.needs_no_upstream = True
    assert load_credentials(account.source("bot/late"), timeout_seconds=60)
    assert len(container.requests) == 41


def test_an_agent_that_is_not_there_is_unavailable(account, container, machine) -> None:
    machine.setenv(AGENT, f"http://{refusing_address()}")
    error = refusal(account.source("bot/x"), seconds=SHORT)
    assert type(error) is ProviderUnavailableError
    assert "the agent that gives this container its credentials does not answer" in str(error)
    assert error.retryable


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (status(500, CANARY.encode()), ProviderUnavailableError, "agent"),
        (status(429), ProviderUnavailableError, "agent"),
        (status(200, f"<html>{CANARY}".encode()), ProviderUnavailableError, "agent"),
        (status(200, b"[]"), ProviderUnavailableError, "is not from AWS"),
        (status(200, b"{}"), ProviderUnavailableError, "is not from AWS"),
        (status(401, CANARY.encode()), AuthenticationError, "refuses the login"),
        (status(404, CANARY.encode()), AuthenticationError, "refuses the login"),
    ],
)
def test_what_an_agent_answers_is_told_apart(account, container, answer, kind, says) -> None:
    container.fault = answer
    error = refusal(account.source("bot/x"), seconds=SHORT)
    assert type(error) is kind
    assert says in str(error)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("holder", [TOKEN, FILE])
def test_a_line_end_in_the_agents_token_is_named(
    account, container, machine, tmp_path, holder, line_end
) -> None:
    value = CANARY + line_end
    if holder == FILE:
        (tmp_path / "token").write_text(value)
        value = str(tmp_path / "token")
    machine.setenv(holder, value)
    error = refusal(account.source("bot/x"))
    assert type(error) is ConfigurationError
    assert "authorization token has a line end" in str(error)
    assert TOKEN in str(error)


@pytest.mark.parametrize("host", ["10.0.0.1", "agent.example", "[fd00::1]"])
def test_a_host_that_credentials_may_not_come_from_is_named(
    account, container, machine, host
) -> None:
    machine.setenv(AGENT, f"http://{host}/creds")
    error = refusal(account.source("bot/x"))
    assert type(error) is ConfigurationError
    assert AGENT in str(error)
    assert "endpoint_url" not in error.hint


def test_an_agents_address_that_is_no_url_is_not_the_endpoints(account, container, machine) -> None:
    machine.setenv(AGENT, "http://[::1")
    error = refusal(account.source("bot/x"))
    assert type(error) is ConfigurationError
    assert "endpoint_url" not in error.hint


@pytest.mark.parametrize("variable", [FILE, "AWS_WEB_IDENTITY_TOKEN_FILE"])
@pytest.mark.parametrize("is_folder", [True, False])
def test_a_token_file_that_cannot_be_read_is_named_by_its_variable(
    account, container, machine, tmp_path, variable, is_folder
) -> None:
    """And not by its path, in whose place some put the token itself."""
    if variable != FILE:
        machine.delenv(AGENT)
        machine.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/ci")
    machine.setenv(variable, str(tmp_path) if is_folder else CANARY)
    error = refusal(account.source("bot/x"))
    assert type(error) is ConfigurationError
    assert f"Check the file that {variable} names" in str(error)


def test_a_program_that_is_not_there_is_not_called_a_token_file(
    account, container, machine, tmp_path
) -> None:
    machine.delenv(AGENT)
    (tmp_path / "config").write_text("[default]\ncredential_process = no-such-program-here\n")
    error = refusal(account.source("bot/x"))
    assert type(error) is ConfigurationError
    assert "credential_process" in str(error)


def test_an_instance_whose_metadata_service_is_silent_is_waited_for(
    account, container, machine, tmp_path
) -> None:
    """Where the profile says that this is an instance."""
    machine.delenv(AGENT)
    machine.delenv("AWS_EC2_METADATA_DISABLED")
    machine.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://{refusing_address()}")
    (tmp_path / "config").write_text(
        "[profile p]\nrole_arn = arn:aws:iam::123456789012:role/x\n"
        "credential_source = Ec2InstanceMetadata\n"
    )
    error = refusal(account.source("bot/x", "&profile=p"), seconds=SHORT)
    assert type(error) is ProviderUnavailableError
    assert "metadata service" in str(error)


def test_a_token_service_whose_address_is_no_url_is_named(account, machine) -> None:
    machine.setenv("AWS_ENDPOINT_URL_STS", "sts.example")
    error = refusal(account.source("bot/x", ROLE))
    assert type(error) is ConfigurationError
    assert "AWS_ENDPOINT_URL" in str(error)


class TestProfileAndRole:
    """`?profile=P&role_arn=R` assumes the role, and keeps whatever else the profile says."""

    @pytest.fixture
    def say(self, machine, tmp_path, moto):
        """Write a profile that may assume the role."""
        machine.setenv("AWS_ENDPOINT_URL_STS", moto)

        def write(*lines: str) -> None:
            key = ("aws_access_key_id=AKIATRADERTRADER0000", f"aws_secret_access_key={CANARY[:40]}")
            (tmp_path / "config").write_text("\n".join(["[profile p]", *key, *lines]))

        return write

    @pytest.mark.parametrize(
        ("lines", "host"),
        [
            (["use_fips_endpoint = true"], "secretsmanager-fips.us-east-1.amazonaws.com"),
            ([], "secretsmanager.us-east-1.amazonaws.com"),
        ],
    )
    def test_its_endpoints_and_region(self, machine, say, lines, host) -> None:
        say(*lines, "region = us-east-1")
        asked, resolve = [], socket.getaddrinfo

        def noted(name, *more, **options):
            asked.append(name)
            return resolve("127.0.0.1" if name == "127.0.0.1" else "", *more, **options)

        machine.setattr(socket, "getaddrinfo", noted)
        machine.setenv("NO_PROXY", "*")
        refusal(f"aws-sm://bot/{host}?profile=p{ROLE}", seconds=60)
        assert host in asked

    def test_its_own_endpoint_of_the_service(self, account, say) -> None:
        """Source: AWS SDKs and Tools Reference Guide, service-specific endpoints."""
        account.put("bot/services", pair())
        services = ("[services s]", "secrets_manager =", f"  endpoint_url = {account.proxy.url}")
        say("region = ap-northeast-1", "services = s", *services)
        assert load_credentials(f"aws-sm://bot/services?profile=p{ROLE}")
        assert "ASIA" in account.proxy.heads[-1]["Authorization"]

    def test_its_bundle_of_authorities(self, account, say, moto, tmp_path) -> None:
        authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        authority.issue_cert("127.0.0.1").configure_cert(tls)
        say(f"ca_bundle = {tmp_path / 'ca.pem'}")
        account.put("bot/bundle", pair())
        secure = FaultProxy(moto, server_tls=tls)
        try:
            assert load_credentials(
                account.source("bot/bundle", f"&profile=p{ROLE}", url=secure.url)
            )
        finally:
            secure.close()


@pytest.mark.parametrize("end", ["\n", "\nx", "\r"])
@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"])
def test_a_line_break_in_a_key_is_not_a_silent_store(account, machine, name, end) -> None:
    """It is copied along from a console, or is the last byte of a mounted file."""
    machine.setenv(name, CANARY + end)
    error = refusal(account.source("bot/x"))
    assert type(error) is ConfigurationError
    assert "the login holds a line break" in str(error)


STALE = {**GRANTED, "Expiration": "2001-01-01T00:00:00Z"}
BROKEN = {**GRANTED, "Token": f"{CANARY}\nx"}


@pytest.mark.parametrize(
    ("granted", "kind", "says"),
    [
        (STALE, ProviderUnavailableError, "have expired already"),
        (BROKEN, ConfigurationError, "the login holds a line break"),
    ],
    ids=["stale", "broken"],
)
def test_what_an_agent_gives_may_be_of_no_use(account, container, granted, kind, says) -> None:
    container.fault = status(200, json.dumps(granted).encode())
    error = refusal(account.source("bot/x"))
    assert type(error) is kind
    assert says in str(error)


@pytest.mark.parametrize("content", [b"\xff\xfe", CANARY.encode("utf-16")], ids=["", "utf-16"])
def test_a_token_file_that_is_no_text_is_not_an_answer_of_another(
    account, machine, tmp_path, container, content
) -> None:
    (tmp_path / "token").write_bytes(content)
    machine.setenv(FILE, str(tmp_path / "token"))
    error = refusal(account.source("bot/x"))
    assert type(error) is ConfigurationError
    assert FILE in str(error)


@pytest.mark.parametrize("printed", ["hello", "", '{"Version": 2}'])
def test_a_program_that_prints_no_credentials_is_named(account, machine, tmp_path, printed) -> None:
    (tmp_path / "printed").write_text(printed)
    (tmp_path / "config").write_text(
        f"[profile desk]\ncredential_process = cat {tmp_path}/printed\n"
    )
    machine.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    error = refusal(account.source("bot/x", "&profile=desk"))
    assert type(error) is AuthenticationError
    assert "credential_process" in str(error)


class TestWebIdentity:
    """As in a pod of EKS or a job of CI: a role for a token in a file."""

    @pytest.fixture
    def sts(self, machine, tmp_path):
        (tmp_path / "token").write_text(CANARY)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            machine.delenv(name)
        machine.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
        machine.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/bot")
        server = FaultProxy("http://127.0.0.1:1")
        machine.setenv("AWS_ENDPOINT_URL_STS", server.url)
        yield server
        server.close()

    @pytest.mark.parametrize(
        ("code", "kind", "says"),
        [
            ("AccessDenied", AccessDeniedError, "may not assume the role"),
            ("ExpiredTokenException", AuthenticationError, "web identity token has expired"),
            ("InvalidIdentityToken", AuthenticationError, "identity provider in IAM"),
            ("IDPRejectedClaim", AuthenticationError, "identity provider in IAM"),
            ("IDPCommunicationError", ProviderUnavailableError, "reach the identity provider"),
            ("RegionDisabledException", ConfigurationError, "not activated STS"),
            ("ValidationError", ConfigurationError, "AWS_ROLE_ARN"),
            ("Throttling", ProviderUnavailableError, "fewer requests"),
            ("InternalFailure", ProviderUnavailableError, "internal error"),
        ],
    )
    def test_what_sts_refuses_is_told_by_its_cause(self, account, sts, code, kind, says) -> None:
        sts.fault = refused_by_sts(code)
        error = refusal(account.source("bot/x"))
        assert isinstance(error, kind)
        assert says in str(error)

    def test_a_queue_is_not_told_of_a_role(self, sts) -> None:
        """Its own `AccessDenied` is another."""
        sts.fault = refused_by_sts("AccessDenied")
        queue = SqsAnnouncements(SourceURI.parse(QUEUE))
        error = caught(queue.wait, 1)
        assert "may not assume the role" in str(error)

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"", "the web identity token is empty"),
            (b"\xff\xfe", "not UTF-8 text"),
            (CANARY.encode("utf-16"), "not UTF-8 text"),
        ],
        ids=["empty", "binary", "utf-16"],
    )
    def test_a_file_without_a_token(self, account, sts, tmp_path, content, says) -> None:
        (tmp_path / "token").write_bytes(content)
        error = refusal(account.source("bot/x"))
        assert type(error) is ConfigurationError
        assert says in str(error)
        assert "AWS_WEB_IDENTITY_TOKEN_FILE" in str(error)

    def test_a_role_that_is_none(self, account, sts, machine) -> None:
        machine.setenv("AWS_ROLE_ARN", "bot")
        error = refusal(account.source("bot/x"))
        assert type(error) is ConfigurationError
        assert "AWS_ROLE_ARN" in str(error)

    def test_sts_is_asked_as_often_as_we_say(self, account, sts, machine) -> None:
        """botocore makes this client itself, with five attempts and a minute for each."""
        machine.setitem(with_retries.__kwdefaults__, "sleep", lambda _: None)
        sts.fault = refused_by_sts("Throttling")
        refusal(account.source("bot/x"), seconds=PATIENCE)
        assert len(sts.requests) == ATTEMPTS


@pytest.mark.parametrize("more", ["&role_arn=bot", f"{ROLE}&external_id=x"])
def test_a_role_of_another_form_is_not_a_wrong_name(account, more) -> None:
    error = refusal(account.source("bot/x", more))
    assert type(error) is ConfigurationError
    assert "`role_arn`" in str(error)


def refused_by_sts(code: str):
    return status(
        400,
        f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>".encode(),
        Content_Type="text/xml",
    )


@pytest.mark.parametrize(
    "proxy",
    ["http://127.0.0.1:99999", f"http://user:a#{CANARY}@127.0.0.1:1", "http://[::1"],
    ids=["port", "password", "host"],
)
def test_a_proxy_whose_address_is_no_url_is_named(account, machine, proxy) -> None:
    machine.setenv("HTTPS_PROXY", proxy)
    error = refusal("aws-sm://bot/x?region=eu-west-1")
    assert type(error) is ConfigurationError
    assert "HTTPS_PROXY" in str(error)


class TestInstance:
    """The default chain on EC2, where botocore finds nothing whatever the service says."""

    @pytest.fixture
    def imds(self, machine):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED"):
            machine.delenv(name, raising=False)
        machine.setenv("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "1")
        server = FaultProxy("http://127.0.0.1:1")
        machine.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url)
        yield server
        server.close()

    @pytest.mark.parametrize("code", [429, 500, 503])
    def test_a_service_that_is_asked_too_often_is_waited_for(self, account, imds, code) -> None:
        imds.fault = status(code)
        error = refusal(account.source("bot/x"), seconds=SHORT)
        assert type(error) is ProviderUnavailableError
        assert "the instance's metadata service gives no credentials" in str(error)

    def test_one_that_is_not_there_is_waited_for(self, account, imds) -> None:
        imds.close()
        error = refusal(account.source("bot/x"), seconds=SHORT)
        assert type(error) is ProviderUnavailableError

    @pytest.mark.parametrize("code", [401, 403, 404])
    def test_an_instance_without_a_role_has_no_credentials(self, account, imds, code) -> None:
        imds.fault = status(code)
        error = refusal(account.source("bot/x"), seconds=SHORT)
        assert type(error) is AuthenticationError
        assert "no AWS credentials were found" in str(error)
