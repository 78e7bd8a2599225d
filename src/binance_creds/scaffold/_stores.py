"""What a project can choose between, with a source to begin with."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["StoreChoice", "store_choices"]


class StoreChoice(NamedTuple):
    """One kind of place for credentials.

    Attributes:
        title: what people call it.
        source: an example, to be changed.
        is_writable: whether `put` can write into such a source.
    """

    title: str
    source: str
    is_writable: bool = True

    @property
    def scheme(self) -> str:
        """The scheme of its sources."""
        return self.source.partition(":")[0]


_CHOICES: Final = (
    StoreChoice("a .env file beside the program", "dotenv:.env"),
    StoreChoice("environment variables", "env://BINANCE", is_writable=False),
    StoreChoice("a mounted file or folder", "file:/run/secrets/binance", is_writable=False),
    StoreChoice("the keychain of this computer", "keyring://binance/main"),
    StoreChoice("AWS Secrets Manager", "aws-sm://prod/binance/main?region=eu-central-1"),
    StoreChoice("HashiCorp Vault (openbao:// for OpenBao)", "vault://secret/prod/binance"),
    StoreChoice("GCP Secret Manager", "gcp-sm://my-project/binance-main"),
    StoreChoice("Azure Key Vault", "azure-kv://my-vault/binance"),
    StoreChoice("a program, such as pass, op or bw", "command:pass", is_writable=False),
)


def store_choices() -> tuple[StoreChoice, ...]:
    """Return the places for credentials that `init` offers, the usual ones first."""
    return _CHOICES
