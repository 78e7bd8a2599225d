"""Make a key of AWS KMS and give it its alias, which are two calls.

CreateKey takes no token by which a second call would be the first, and what was made shows some
seconds later, in rare cases minutes. So the description of a key says that it is being made and for
which alias, until it has one; and where the answer to CreateKey is lost, the key is looked for and
no other is made.

Source: API reference of AWS KMS, CreateKey, CreateAlias, ListKeys; Developer Guide, "AWS KMS
eventual consistency"; 2026-11-27.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from binance_creds._enums import KeyType
from binance_creds.errors import ConflictError
from binance_creds.providers.aws.kms._errors import NOT_SEEN, UNSPREAD
from binance_creds.signers._making import not_made, unnameable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from binance_creds.signers import KeyVersion

__all__ = ["Creation"]

_ALIAS: Final = re.compile(r"alias/(?!aws/)[\w/-]{1,250}", re.ASCII)  # aws/ is for AWS itself
_SPECS: Final = {KeyType.ED25519: "ECC_NIST_EDWARDS25519", KeyType.RSA: "RSA_2048"}
_FAULT: Final = 500
_PAGE: Final = {"list_aliases": 100, "list_keys": 1000}  # the longest that each gives


class Creation:
    """One key that is being made; an attempt goes on from where the last one stopped.

    Args:
        alias: that the key shall have.
        key_type: of the key.
        client: returns that of KMS.
        described: returns a key by its ARN or an alias.

    Raises:
        ConfigurationError: KMS makes no keys of this type, or the name is none of a new key.
    """

    def __init__(
        self,
        alias: str,
        key_type: KeyType,
        client: Callable[[], Any],
        described: Callable[[str], KeyVersion],
    ) -> None:
        if key_type not in _SPECS:
            raise not_made("AWS KMS", key_type)
        if not _ALIAS.fullmatch(alias):
            raise unnameable(
                "AWS names its keys itself: write an alias, aws-kms://alias/NAME; aws/ is its own."
            )
        self._alias = alias
        self._key_type = key_type
        self._client = client
        self._described = described
        self._arn: str | None = None
        self._is_asked = False  # CreateKey was sent, and nothing says that it was refused

    def attempt(self) -> KeyVersion:
        """Return the key that has the alias, made where there was none.

        Raises:
            ConflictError: the alias was given to another key meanwhile.
            ProviderUnavailableError: what was made is not to be seen yet.
        """
        client = self._client()
        if self._arn is None:
            with suppress(client.exceptions.NotFoundException):
                return self._described(self._alias)
            self._arn = self._unfinished(client) or self._made(client)
        with suppress(client.exceptions.NotFoundException):
            return self._with_alias(client, self._arn)
        raise UNSPREAD.error()

    def _with_alias(self, client: Any, arn: str) -> KeyVersion:
        try:
            client.create_alias(AliasName=self._alias, TargetKeyId=arn)
        except client.exceptions.AlreadyExistsException:  # by an attempt before, or somebody else
            holder = self._described(self._alias).name
        else:
            holder = arn
        if holder != arn:
            raise ConflictError(
                "the alias was given to another key while this one was made.",
                hint=f"Delete what nobody uses: aws kms schedule-key-deletion --key-id {arn}",
            )
        with suppress(ClientError):  # it has its alias; this tidies up
            client.update_key_description(KeyId=arn, Description=f"Binance: {self._alias}")
        return self._described(arn)

    def _made(self, client: Any) -> str:
        if self._is_asked:
            raise NOT_SEEN.error()
        self._is_asked = True
        try:
            made = client.create_key(
                KeySpec=_SPECS[self._key_type], KeyUsage="SIGN_VERIFY", Description=self._marked
            )
        except ClientError as error:
            self._is_asked = error.response["ResponseMetadata"]["HTTPStatusCode"] >= _FAULT
            raise
        return str(made["KeyMetadata"]["Arn"])

    def _unfinished(self, client: Any) -> str | None:
        """Return the key of an attempt that did not come to its alias."""
        named = {alias.get("TargetKeyId") for alias in _all(client, "list_aliases", "Aliases")}
        found = [
            (key["CreationDate"], key["Arn"])
            for listed in _all(client, "list_keys", "Keys")
            if listed["KeyId"] not in named
            for key in _shown(client, listed["KeyArn"])
            if key.get("Description") == self._marked
            and (key["KeySpec"], key["KeyState"]) == (_SPECS[self._key_type], "Enabled")
        ]
        return min(found)[1] if found else None

    @property
    def _marked(self) -> str:
        return f"Binance: {self._alias}, being made by binance-creds"


def _all(client: Any, operation: str, member: str) -> Iterator[dict[str, Any]]:
    sized = {"PageSize": _PAGE[operation]}
    for page in client.get_paginator(operation).paginate(PaginationConfig=sized):
        yield from page[member]


def _shown(client: Any, arn: str) -> Iterator[dict[str, Any]]:
    """Give what is known of a key; nothing if it is gone, or hidden by its own policy."""
    try:
        yield client.describe_key(KeyId=arn)["KeyMetadata"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"AccessDeniedException", "NotFoundException"}:
            raise
