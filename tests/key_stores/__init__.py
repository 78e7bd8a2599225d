"""Every place where a key can stay while a bot signs with it, each with the same few verbs.

A test is given a class of `STORES`, makes a key with it, and may let the store fail and recover.
"""

from __future__ import annotations

from key_stores.aws import AwsKms
from key_stores.azure import AzureKeys
from key_stores.google import GoogleKms
from key_stores.hsm import Token
from key_stores.ssh import SshAgent
from key_stores.transit import Transit

STORES = (SshAgent, Transit, Token, AwsKms, GoogleKms, AzureKeys)
