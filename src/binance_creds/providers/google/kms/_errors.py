"""What goes wrong with a key of Google Cloud KMS, and which of our errors that is."""

from __future__ import annotations

from typing import Final

from google.api_core import exceptions

from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    ConflictError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
)
from binance_creds.providers.google._errors import PERIMETER, table_of
from binance_creds.providers.remote._error_row import ErrorRow, NotReadyError

__all__ = ["DAMAGED", "KEYS", "NO_FIRST"]

DAMAGED: Final = ErrorRow(
    ProviderUnavailableError,
    "what was sent or received was damaged on its way: its checksum is another.",
)
NO_FIRST: Final = ErrorRow(
    ConflictError,
    "a key has this name, and no version 1.",
    "Choose another name, or make a version: gcloud kms keys versions create ...",
)
_ENABLE: Final = "Enable it: gcloud kms keys versions enable ..."
_OFF: Final = (
    # For some seconds after the key was made; in an HSM longer.
    ErrorRow(
        NotReadyError,
        "the key version is still being generated.",
        "Wait a moment, and run it again.",
        says="PENDING_GENERATION",
    ),
    ErrorRow(SecretDisabledError, "the key version is disabled.", _ENABLE, says="DISABLED"),
    ErrorRow(
        SecretDisabledError,
        "the key version is scheduled for destruction.",
        "Bring it back: gcloud kms keys versions restore ..., and enable it.",
        says="DESTROY_SCHEDULED",
    ),
    ErrorRow(
        SecretDisabledError,
        "the key version is destroyed.",
        "Make another, and register its public half at Binance.",
        says="DESTROYED",
    ),
    ErrorRow(
        SecretDisabledError,
        "the key version is in a state in which it does not sign.",
        "See which with: gcloud kms keys versions describe ...",
    ),
)

KEYS: Final = table_of(
    {
        exceptions.NotFound: ErrorRow(
            SecretNotFoundError,
            "there is no such key version.",
            "Check project, location, key ring, key and version.",
        ),
        # The first two come before IAM is asked; without a grant absent keys are denied too.
        exceptions.Forbidden: (
            ErrorRow(
                ConfigurationError,
                "the Cloud KMS API is off in this project.",
                "Run: gcloud services enable cloudkms.googleapis.com",
                says="SERVICE_DISABLED",
            ),
            ErrorRow(
                ConfigurationError,
                "the project has no active billing account.",
                "Link one: gcloud billing projects link ...",
                says="BILLING_DISABLED",
            ),
            PERIMETER,
            # The default access scopes of a virtual machine do not reach Cloud KMS.
            ErrorRow(
                AccessDeniedError,
                "the token's scopes do not reach Cloud KMS.",
                "Give the virtual machine the scope cloud-platform.",
                says="ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            ),
            ErrorRow(
                AccessDeniedError,
                "this identity may not make a key in this key ring.",
                "Grant it cloudkms.cryptoKeys.create and cloudkms.cryptoKeyVersions.viewPublicKey"
                " on the key ring, and check the ring's name.",
                says="cloudkms.cryptoKeys.create",
            ),
            ErrorRow(
                AccessDeniedError,
                "this identity may not use the key.",
                "Grant it roles/cloudkms.signerVerifier on the key, and check its name.",
            ),
        ),
        "FAILED_PRECONDITION": _OFF,
        exceptions.BadRequest: ErrorRow(
            ConfigurationError,
            "Google refuses the request as invalid.",
            "Check that the key is of the purpose ASYMMETRIC_SIGN, and its name.",
        ),
    },
    store="Cloud KMS",
    address="the options `endpoint` and `transport`",
)
