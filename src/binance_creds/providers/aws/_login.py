"""Who asks AWS, and where: from a source to a client of boto3, and what goes wrong on the way."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import boto3
import botocore.exceptions
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

from binance_creds._loopback import is_loopback_url
from binance_creds._version import __version__
from binance_creds.errors import AuthenticationError, ConfigurationError
from binance_creds.providers.aws._agent import AgentClient
from binance_creds.providers.remote._call import ATTEMPT_SECONDS, CONNECT_SECONDS, warn_if_plain
from binance_creds.providers.remote._error_row import ErrorRow

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = ["LOGIN_ERRORS", "AwsLogin", "DirectSession", "client_of", "identity_of", "login_of"]

_ARN: Final = re.compile(r"arn:[\w-]+:secretsmanager:([\w-]+):\d{12}:secret:[\w/+=.@-]+")
_NAME: Final = re.compile(r"[\w/+=.@-]{1,512}")  # API reference, CreateSecret, Name
_STS_VARIABLES: Final = ("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL")  # those of botocore
_CONFIG: Final = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=ATTEMPT_SECONDS,
    retries={"total_max_attempts": 1},  # botocore's retries know no deadline
    max_pool_connections=16,  # a batch uses eight at a time
    user_agent_extra=f"binance-creds/{__version__}",
)


class AwsLogin(NamedTuple):
    """What tells one client from another."""

    region: str | None
    endpoint_url: str | None
    profile: str | None
    role_arn: str | None
    external_id: str | None
    is_agent: bool


def login_of(uri: SourceURI) -> AwsLogin:
    """Return what the location and the options say.

    Raises:
        ConfigurationError: no name or ARN, or options that contradict it or each other.
    """
    arn = _ARN.fullmatch(uri.location)
    if arn is None and not _NAME.fullmatch(uri.location):
        msg = "the location is a secret's name or ARN, such as aws-sm://prod/binance/main."
        raise ConfigurationError(msg, source=uri.redacted)
    region = uri.option("region")
    if arn is not None and region not in {None, arn[1]}:
        msg = "the option 'region' contradicts the ARN."
        raise ConfigurationError(msg, source=uri.redacted, hint="Leave the option out.")
    is_agent = uri.option("endpoint") is not None and uri.choice("endpoint", "agent") == "agent"
    clash = [name for name in ("region", "profile", "role_arn", "external_id") if uri.option(name)]
    if is_agent and clash:
        msg = f"the agent has a region and an identity of its own: {clash[0]!r} is not honoured."
        raise ConfigurationError(msg, source=uri.redacted)
    if uri.option("external_id") and not uri.option("role_arn"):
        msg = "'external_id' belongs to 'role_arn'."
        raise ConfigurationError(msg, source=uri.redacted)
    warn_if_plain(uri.option("endpoint_url"))
    return AwsLogin(
        region=arn[1] if arn else region,
        endpoint_url=uri.option("endpoint_url"),
        profile=uri.option("profile"),
        role_arn=uri.option("role_arn"),
        external_id=uri.option("external_id"),
        is_agent=is_agent,
    )


class DirectSession(botocore.session.Session):  # type: ignore[misc]  # botocore has no types
    """A session whose clients, also those that log in, reach this machine past every proxy."""

    def create_client(self, *args: Any, config: Config | None = None, **options: Any) -> Any:
        """Build a client; another where only the first one tells that it asks this machine."""
        if not is_loopback_url(options.get("endpoint_url") or ""):
            client = super().create_client(*args, config=config, **options)
            if not is_loopback_url(client.meta.endpoint_url):
                return client
        direct = (config or Config()).merge(Config(proxies={}))
        return super().create_client(*args, config=direct, **options)


def client_of(login: AwsLogin) -> Any:
    """Build a client; reads files and the environment, and may log in."""
    if login.is_agent:
        return AgentClient(login.endpoint_url)
    return _session(login).client("secretsmanager", endpoint_url=login.endpoint_url, config=_CONFIG)


def _session(login: AwsLogin) -> boto3.Session:
    session = _boto3_session(login.profile, login.region)
    if session.region_name is None:  # boto3 reads only AWS_DEFAULT_REGION; the other SDKs this
        region = os.environ.get("AWS_REGION")
        session = _boto3_session(login.profile, region)
    if login.role_arn is None:
        return session
    return _assumed(session, login)


def _boto3_session(profile: str | None, region: str | None) -> boto3.Session:
    return boto3.Session(botocore_session=DirectSession(), profile_name=profile, region_name=region)


def _assumed(session: boto3.Session, login: AwsLogin) -> boto3.Session:
    """Return a session of the role, which renews itself."""
    source = session.get_credentials()
    if source is None:
        raise botocore.exceptions.NoCredentialsError
    core = session._session  # noqa: SLF001  # boto3 gives no other way to what assumes a role
    external = {"ExternalId": login.external_id} if login.external_id else {}
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=lambda *args, **more: core.create_client(
            *args, **{"region_name": session.region_name, **more}, config=_CONFIG
        ),
        source_credentials=source,
        role_arn=login.role_arn,
        extra_args={"RoleSessionName": "binance-creds", **external},
    )
    assumed = DirectSession()
    assumed._credentials = DeferredRefreshableCredentials(  # noqa: SLF001  # as above
        fetcher.fetch_credentials, method="assume-role"
    )
    return boto3.Session(botocore_session=assumed, region_name=session.region_name)


def identity_of(login: AwsLogin) -> str:
    """Ask STS who this is; beside an emulator or a VPC's endpoint only one that is named."""
    is_elsewhere = login.endpoint_url or os.environ.get("AWS_ENDPOINT_URL_SECRETS_MANAGER")
    if is_elsewhere and not any(os.environ.get(name) for name in _STS_VARIABLES):
        return "not found out: name the STS that belongs to the endpoint, AWS_ENDPOINT_URL_STS"
    try:
        return str(_session(login).client("sts", config=_CONFIG).get_caller_identity()["Arn"])
    except botocore.exceptions.BotoCoreError:  # STS cannot be reached from here
        return "not found out: STS does not answer"


_NO_CREDENTIALS: Final = ErrorRow(
    AuthenticationError,
    "no AWS credentials were found.",
    "Give the machine a role, set AWS_PROFILE, or name one: ?profile=...",
)
_SSO: Final = ErrorRow(
    AuthenticationError,
    "the SSO session has expired.",
    "Run: aws sso login --profile ...",
)

LOGIN_ERRORS: Final[dict[type[Exception], ErrorRow]] = {
    # The chain ended without any, the container or instance gave none, or half of a pair is set.
    botocore.exceptions.NoCredentialsError: _NO_CREDENTIALS,
    botocore.exceptions.CredentialRetrievalError: _NO_CREDENTIALS,
    botocore.exceptions.PartialCredentialsError: _NO_CREDENTIALS,
    # `aws sso login` was never run here, or is too long ago.
    botocore.exceptions.SSOError: _SSO,
    botocore.exceptions.TokenRetrievalError: _SSO,
    # The profile is one of `aws login`, and this botocore lacks what that needs.
    botocore.exceptions.MissingDependencyException: ErrorRow(
        ConfigurationError,
        "the profile's login needs a package that is not installed.",
        "Run: pip install 'botocore[crt]'",
    ),
    # ?profile= or AWS_PROFILE names none that is in ~/.aws/config.
    botocore.exceptions.ProfileNotFound: ErrorRow(
        ConfigurationError,
        "the AWS configuration has no such profile.",
        "Check ?profile= or AWS_PROFILE against: aws configure list-profiles",
    ),
    # Neither the source nor the environment nor the profile says it.
    botocore.exceptions.NoRegionError: ErrorRow(
        ConfigurationError,
        "no AWS region is given.",
        "Write ?region=... into the source, use the ARN, or set AWS_REGION.",
    ),
    # It could be no part of a host's name.
    botocore.exceptions.InvalidRegionError: ErrorRow(
        ConfigurationError, "this is not the name of an AWS region.", "Check the option 'region'."
    ),
    # The token file of a web identity, or another file that the configuration names.
    OSError: ErrorRow(
        ConfigurationError,
        "a file that the AWS configuration names cannot be read.",
        "Check AWS_WEB_IDENTITY_TOKEN_FILE and AWS_CONFIG_FILE.",
    ),
    # ~/.aws/config is not readable as such, an address is no URL, and other faults of set-up.
    botocore.exceptions.BotoCoreError: ErrorRow(
        ConfigurationError,
        "the AWS configuration of this machine is not usable.",
        "Check it with: aws sts get-caller-identity",
    ),
}
if hasattr(botocore.exceptions, "LoginError"):  # pragma: no branch  # botocore has it since 2025
    # `aws login` was never run here, or its session is over.
    LOGIN_ERRORS[botocore.exceptions.LoginError] = ErrorRow(
        AuthenticationError, "the session of `aws login` is over.", "Run: aws login --profile ..."
    )
