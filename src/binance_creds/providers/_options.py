"""The options of each built-in scheme, and which of them count only where a source was named.

A configuration that lies in the working directory may be anybody's: it came with a repository that
was cloned. It may say which secret is wanted. It may not say where a login or a secret is sent,
what is used as a login, which identity is assumed, or which check is skipped; nor does a location
that names a host outside the store's own domains. docs/explanation/trust.md gives the reasons.
"""

from __future__ import annotations

from binance_creds._files._paths import ON_THIS_MACHINE
from binance_creds._late import re
from binance_creds._typing import TYPE_CHECKING, NamedTuple
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from binance_creds._uri import SourceURI

__all__ = [
    "AWS_LOGIN",
    "GOOGLE_LOGIN",
    "SCHEMES",
    "VAULT_LOGIN",
    "Distrusted",
    "check_options",
    "distrusted",
    "distrusted_target",
]


class Distrusted(NamedTuple):
    """A part of a source that counts only where the source was named.

    Attributes:
        what: the part, such as `the option 'address'`.
        decides: what it decides.
        variable: the environment variable that says the same, or an empty text.
    """

    what: str
    decides: str
    variable: str = ""


_SENT: Final = "where a login or a secret is sent"
_LOGIN: Final = "what is used as a login"
_IDENTITY: Final = "which identity is assumed"
_CHECK: Final = "which check is skipped"
_PROGRAM: Final = "which program is run"
_WRITTEN: Final = "whose store a secret is written to"

_OWN_VAULT: Final = (  # one label: whoever answers below these domains is Azure
    r"[a-zA-Z0-9-]+(\.vault\.(azure\.net|azure\.cn|usgovcloudapi\.net))?/.*"
)
# Not all of amazonaws.com: machines, load balancers and functions of anybody have names there.
_OWN_SQS: Final = (
    r"https://(vpce-[a-z0-9-]+\.)?sqs(-fips)?\.[a-z0-9-]+\.(vpce\.)?amazonaws\.com(\.cn)?/.*"
)
_OWN_QUEUE: Final = (
    r"https://[a-z0-9]+\.queue\.core\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)/.*"
)
_NOWHERE: Final = r"(?!)"


class Scheme(NamedTuple):
    """What a source of one scheme may say.

    Attributes:
        options: honoured wherever the source stands.
        named: honoured only where the source was named; what each decides, and the variable that
            says the same in the environment.
        has_members: whether `#member` selects a part of what the source holds.
        location: what the location of a found source matches as a whole.
        owner: what a location matches that names whose store it is, with that name as its group.
        own: the variable that says what the user's own is called.
        decides: what the scheme itself decides, where it counts only if the source was named.
    """

    options: str = ""
    named: Mapping[str, tuple[str, str]] = {}
    has_members: bool = False
    location: str = ""
    decides: str = ""
    owner: str = ""
    own: str = ""


_FILE_NAMED: Final = {"permissions": (_CHECK, ""), "pipe": (_LOGIN, "")}
AWS_LOGIN: Final = Scheme(
    "profile region",  # `profile` chooses among what the user's own AWS configuration holds
    {
        "endpoint_url": (_SENT, "AWS_ENDPOINT_URL"),
        "external_id": (_IDENTITY, "AWS_PROFILE"),
        "role_arn": (_IDENTITY, "AWS_PROFILE"),
    },
)
AZURE_LOGIN: Final = Scheme(
    "auth client_id cloud",
    {
        "authority": (_SENT, "AZURE_AUTHORITY_HOST"),
        "tenant_id": (_SENT, "AZURE_TENANT_ID"),
    },
    location=_OWN_VAULT,
)
GOOGLE_LOGIN: Final = Scheme(
    "transport",
    {
        "credentials_file": (_LOGIN, "GOOGLE_APPLICATION_CREDENTIALS"),
        "endpoint": (_SENT, ""),
        "impersonate": (_IDENTITY, ""),
    },
)
VAULT_LOGIN: Final = Scheme(
    "auth role wrapped",
    {
        "address": (_SENT, "VAULT_ADDR"),
        "auth_mount": (_SENT, ""),  # a mount of Kubernetes forwards the login to any host
        "header_value": (_CHECK, ""),  # ties a login by AWS to one server
        "jwt_env": (_LOGIN, "VAULT_JWT"),
        "jwt_file": (_LOGIN, ""),
        "namespace": (_SENT, "VAULT_NAMESPACE"),  # the mounts of another tenant
        "password_file": (_LOGIN, "VAULT_PASSWORD"),
        "secret_id_file": (_LOGIN, "VAULT_SECRET_ID"),
        "token_file": (_LOGIN, "VAULT_TOKEN"),
    },
)
"""What says how to log in, for secrets and for keys that sign there."""

_VAULT: Final = Scheme(
    f"{VAULT_LOGIN.options} kv mount version", VAULT_LOGIN.named, has_members=True
)
_REDIS: Final = Scheme("channel stream", location=_NOWHERE)

SCHEMES: Final[Mapping[str, Scheme]] = {
    "aws-sm": Scheme(
        f"{AWS_LOGIN.options} stage version_id",
        # The agent's port is one where any user may listen.
        {"endpoint": (_SENT, ""), **AWS_LOGIN.named},
        has_members=True,
        owner=r"arn:(?:[^:]*:){3}([^:]*):.*",
    ),
    "azure-kv": Scheme(
        f"{AZURE_LOGIN.options} version", AZURE_LOGIN.named, has_members=True, location=_OWN_VAULT
    ),
    "command": Scheme("prefix", has_members=True, decides=_PROGRAM),
    "dotenv": Scheme("prefix", _FILE_NAMED, location=ON_THIS_MACHINE),
    "env": Scheme("", {"permissions": (_CHECK, "")}),
    "file": Scheme("prefix", _FILE_NAMED, has_members=True, location=ON_THIS_MACHINE),
    "gcp-sm": Scheme(
        f"{GOOGLE_LOGIN.options} location version",
        GOOGLE_LOGIN.named,
        has_members=True,
        owner=r"/*(?:projects/)?([^/]*)/.*",
        own="GOOGLE_CLOUD_PROJECT",
    ),
    "keyring": Scheme("backend layout", {"allow_plaintext": (_CHECK, "")}, has_members=True),
    "memory": Scheme(),
    "openbao": _VAULT,
    "pubsub": Scheme(
        "",
        {
            "credentials_file": (_LOGIN, "GOOGLE_APPLICATION_CREDENTIALS"),
            "endpoint": (_SENT, ""),
        },
    ),
    "redis": _REDIS,
    "rediss": _REDIS,
    "signal": Scheme(),
    "sqs": Scheme("profile region", {"endpoint_url": (_SENT, "")}, location=_OWN_SQS),
    "storage-queue": Scheme(
        "auth client_id",
        {
            "authority": (_SENT, "AZURE_AUTHORITY_HOST"),
            "tenant_id": (_SENT, "AZURE_TENANT_ID"),
        },
        location=_OWN_QUEUE,
    ),
    "vault": _VAULT,
}
"""By scheme, sources of credentials and of announcements alike."""


def check_options(uri: SourceURI) -> None:
    """Refuse what a source of its scheme cannot honour: an unknown option, or a `#member`.

    Raises:
        ConfigurationError: with the valid options.
    """
    scheme = SCHEMES[uri.scheme]
    uri.allow_options(*scheme.options.split(), *scheme.named)
    if uri.field is not None and not scheme.has_members:
        msg = f"a source of {uri.scheme!r} has no members, so '#' selects nothing."
        hint = "Leave out '#' and what follows; write options behind '?'."
        raise ConfigurationError(msg, source=uri.redacted, hint=hint)


def distrusted(uri: SourceURI, scheme: Scheme) -> Distrusted | None:
    """Return the first part of a source that counts only where the source was named."""
    if scheme.decides:
        return Distrusted(f"the scheme {uri.scheme!r}", scheme.decides)
    for name in uri.options:
        if name in scheme.named:
            return Distrusted(f"the option {name!r}", *scheme.named[name])
    if scheme.location and not re.fullmatch(scheme.location, uri.location, re.DOTALL):
        return Distrusted("the host in the location", _SENT)
    return None


def distrusted_target(uri: SourceURI, environ: Mapping[str, str]) -> Distrusted | None:
    """Return the part of a source by which a secret could be written into a store of anybody.

    A store of another account takes what its owner lets others write. Azure and Vault have no such
    account: a login there is good for one tenant or server.
    """
    scheme = SCHEMES.get(uri.scheme, Scheme())
    found = re.fullmatch(scheme.owner, uri.location, re.DOTALL) if scheme.owner else None
    if found is None or found[1] == environ.get(scheme.own):
        return None
    return Distrusted("the location, which names an owner,", _WRITTEN, scheme.own)
