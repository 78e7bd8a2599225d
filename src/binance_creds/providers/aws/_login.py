"""Who asks AWS, and where: from a source to a client of boto3, and what goes wrong on the way."""

from __future__ import annotations

import os
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import boto3
import botocore.exceptions
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

from binance_creds._loopback import is_loopback_url
from binance_creds._version import __version__
from binance_creds.errors import ConfigurationError
from binance_creds.providers.aws._agent import AgentClient
from binance_creds.providers.aws._errors import TABLE
from binance_creds.providers.aws._instance import is_mute
from binance_creds.providers.aws._login_errors import BAD_LOGIN, MUTE_INSTANCE
from binance_creds.providers.remote._call import (
    ATTEMPT_SECONDS,
    CONNECT_SECONDS,
    SIGNING_LANES,
    warn_if_plain,
)
from binance_creds.providers.remote._client_pool import ClientPool
from binance_creds.providers.remote._error_row import NO_URL

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = [
    "CLIENTS",
    "LOGGERS",
    "AwsLogin",
    "DirectSession",
    "built",
    "client_of",
    "identity_of",
    "login_of",
    "named_login",
    "new_client",
]

LOGGERS: Final = ("boto3", "botocore", "urllib3")
CLIENTS: Final = ClientPool[Any]()

_ARN: Final = re.compile(r"arn:[\w-]+:secretsmanager:([\w-]+):\d{12}:secret:[\w/+=.@-]+")
_NAME: Final = re.compile(r"[\w/+=.@-]{1,512}")  # API reference, CreateSecret, Name
_ROLE: Final = r"|arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]+"
_STS_VARIABLES: Final = ("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL")  # those of botocore
_LOGIN_ADDRESSES: Final = (
    "Check AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_EC2_METADATA_SERVICE_ENDPOINT."
)
_CONFIG: Final = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=ATTEMPT_SECONDS,
    retries={"total_max_attempts": 1},  # botocore's retries know no deadline
    max_pool_connections=SIGNING_LANES,  # a batch uses eight at a time
    user_agent_extra=f"binance-creds/{__version__}",
)


class AwsLogin(NamedTuple):
    """What tells one client from another."""

    region: str | None
    endpoint_url: str | None
    profile: str | None
    role_arn: str | None
    external_id: str | None
    is_agent: bool = False


def login_of(uri: SourceURI) -> AwsLogin:
    """Return what the location and the options say.

    Raises:
        ConfigurationError: no name or ARN, or options that contradict it or each other.
    """
    arn = _ARN.fullmatch(uri.location)
    if arn is None and not _NAME.fullmatch(uri.location):
        msg = "the location must be a secret's name or ARN, such as aws-sm://prod/binance/main."
        raise ConfigurationError(msg, source=uri.redacted)
    is_agent = uri.option("endpoint") is not None and uri.choice("endpoint", "agent") == "agent"
    clash = [name for name in ("region", "profile", "role_arn", "external_id") if uri.option(name)]
    if is_agent and clash:
        msg = f"the agent uses its own region and identity: {clash[0]!r} cannot be honoured."
        raise ConfigurationError(msg, source=uri.redacted)
    return named_login(uri, region=arn[1] if arn else None)._replace(is_agent=is_agent)


def named_login(uri: SourceURI, *, region: str | None) -> AwsLogin:
    """Return what the options say.

    Args:
        uri: of any service.
        region: that of the ARN in the location, if there is one.

    Raises:
        ConfigurationError: options that contradict the ARN or each other.
    """
    if region is not None and uri.option("region") not in {None, region}:
        msg = "the option 'region' contradicts the ARN."
        raise ConfigurationError(msg, source=uri.redacted, hint="Leave the option out.")
    if uri.option("external_id") and not uri.option("role_arn"):
        msg = "the option 'external_id' needs 'role_arn'."
        raise ConfigurationError(msg, source=uri.redacted)
    if not re.fullmatch(_ROLE, uri.option("role_arn") or ""):
        msg = "the option `role_arn` is not the ARN of a role."
        hint = "Write it as arn:aws:iam::123456789012:role/NAME."
        raise ConfigurationError(msg, source=uri.redacted, hint=hint)
    warn_if_plain(uri.option("endpoint_url"))
    return AwsLogin(
        region=region or uri.option("region"),
        endpoint_url=uri.option("endpoint_url"),
        profile=uri.option("profile"),
        role_arn=uri.option("role_arn"),
        external_id=uri.option("external_id"),
    )


class DirectSession(botocore.session.Session):  # type: ignore[misc]  # botocore has no types
    """A session whose clients, also those that log in, reach this machine past every proxy."""

    def create_client(self, *args: Any, config: Config | None = None, **options: Any) -> Any:
        """Build a client; another where only the first shows that its address is this machine.

        Those that botocore makes to log in wait no longer, and ask no oftener, than ours.
        """
        config = _CONFIG.merge(config) if config else _CONFIG
        if not is_loopback_url(options.get("endpoint_url") or ""):
            client = super().create_client(*args, config=config, **options)
            if not is_loopback_url(client.meta.endpoint_url):
                return client
        direct = config.merge(Config(proxies={}))
        return super().create_client(*args, config=direct, **options)


def client_of(login: AwsLogin) -> Any:
    """Return the client of a login, built at first use; may log in."""
    return CLIENTS.get(login, lambda: _client_of(login))


def _client_of(login: AwsLogin) -> Any:
    if login.is_agent:
        return AgentClient(login.endpoint_url)
    return new_client(login, "secretsmanager")


def new_client(login: AwsLogin, service: str) -> Any:
    """Build a client of a service; may log in.

    Raises:
        ConfigurationError: the address of the service is not a URL.
    """
    return built(_session(login), service, endpoint_url=login.endpoint_url, config=_CONFIG)


def built(session: boto3.Session, service: str, **options: Any) -> Any:
    """Build a client of a service, whose login is found first.

    Raises:
        ConfigurationError: the address of the service is not a URL.
    """
    _credentials_of(session)  # first, so that a fault of the login is not one of the address
    try:
        return session.client(service, **options)
    except botocore.exceptions.BotoCoreError:  # some are a ValueError too
        raise
    except ValueError:  # botocore's answer to an address that it cannot parse
        pass
    raise TABLE.error(NO_URL)


def _credentials_of(session: boto3.Session) -> Any:
    """Return what the SDK's chain finds, `None` for nothing."""
    try:
        found = session.get_credentials()
    except botocore.exceptions.BotoCoreError:
        raise
    except ValueError as error:  # of an agent's address, a token, or a date
        row = TABLE.row(type(error).__mro__, str(error)) or BAD_LOGIN
    else:
        if found is None and is_mute():
            raise TABLE.error(MUTE_INSTANCE)
        return found
    hint = _LOGIN_ADDRESSES if row.message == NO_URL.message else None
    raise TABLE.error(row, hint=hint)


def _session(login: AwsLogin) -> boto3.Session:
    session = _boto3_session(login.profile, login.region)
    if session.region_name is None:  # boto3 reads only AWS_DEFAULT_REGION; the other SDKs this
        session = _boto3_session(login.profile, os.environ.get("AWS_REGION"))
    if login.role_arn is not None:
        _assume(login, session)
    return session


def _boto3_session(profile: str | None, region: str | None) -> boto3.Session:
    return boto3.Session(botocore_session=DirectSession(), profile_name=profile, region_name=region)


def _assume(login: AwsLogin, session: boto3.Session) -> None:
    """Give a session the credentials of the role, which renew themselves.

    It stays the same session, so that everything else that its profile says is kept.
    """
    source = _credentials_of(session)
    if source is None:
        raise botocore.exceptions.NoCredentialsError
    core = session._session  # noqa: SLF001  # boto3 gives no other way to what assumes a role
    external = {"ExternalId": login.external_id} if login.external_id else {}
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=partial(core.create_client, region_name=session.region_name, config=_CONFIG),
        source_credentials=source,
        role_arn=login.role_arn,
        extra_args={"RoleSessionName": "binance-creds", **external},
    )
    core._credentials = DeferredRefreshableCredentials(  # noqa: SLF001  # as above
        fetcher.fetch_credentials, method="assume-role"
    )


def identity_of(login: AwsLogin) -> str:
    """Ask STS who this is; where the endpoint is an emulator or in a VPC, only a named STS."""
    is_elsewhere = login.endpoint_url or os.environ.get("AWS_ENDPOINT_URL_SECRETS_MANAGER")
    if is_elsewhere and not any(os.environ.get(name) for name in _STS_VARIABLES):
        return "unknown: set AWS_ENDPOINT_URL_STS to the STS that belongs to the endpoint"
    try:
        return str(built(_session(login), "sts", config=_CONFIG).get_caller_identity()["Arn"])
    except botocore.exceptions.BotoCoreError:  # STS cannot be reached from here
        return "unknown: STS does not answer"
