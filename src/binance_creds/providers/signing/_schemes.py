"""The schemes of signers: where each is built, and which options count only where it was named.

As with sources, a file that was merely found may say which key is wanted. It may not say which
code runs, where a login is sent, or what is used as one; docs/explanation/trust.md gives the
reasons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.providers._options import (
    AWS_LOGIN,
    AZURE_LOGIN,
    GOOGLE_LOGIN,
    VAULT_LOGIN,
    Scheme,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BUILT_IN", "SIGNERS"]

_CODE: Final = "which code runs"
_LOGIN: Final = "what is used as a login"

BUILT_IN: Final[Mapping[str, str]] = {
    "aws-kms": "providers.aws.kms.key:KmsKey",
    "azure-keys": "providers.azure.keys.key:VaultKey",
    "gcp-kms": "providers.google.kms.key:CloudKmsKey",
    "pkcs11": "providers.signing.token.pkcs11:TokenKey",
    "ssh-agent": "providers.signing.agent.ssh_agent:AgentKey",
    "vault-transit": "providers.vault.transit.signing_key:TransitKey",
}
"""As entry points are written: a module below this package, and what takes the URI in it."""

SIGNERS: Final[Mapping[str, Scheme]] = {
    "aws-kms": AWS_LOGIN,
    "azure-keys": AZURE_LOGIN._replace(options=f"{AZURE_LOGIN.options} version"),
    "gcp-kms": GOOGLE_LOGIN,
    "pkcs11": Scheme(
        "",
        {
            "module-name": (_CODE, "PKCS11_MODULE_PATH"),
            "module-path": (_CODE, "PKCS11_MODULE_PATH"),
            "pin-source": (_LOGIN, "PKCS11_PIN_SOURCE"),
        },
    ),
    "ssh-agent": Scheme("", {"socket": (_CODE, "SSH_AUTH_SOCK")}),
    "vault-transit": Scheme(f"{VAULT_LOGIN.options} key_version", VAULT_LOGIN.named),
}
"""By scheme; `timeout` is an option of each."""
