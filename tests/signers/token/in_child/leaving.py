"""Leave the program while a call into the module hangs."""

import os
import signal
import sys

from binance_creds import CredentialsError
from binance_creds._time._deadline import Deadline
from binance_creds.providers.signing import opened_signer
from binance_creds.signers import SignerURI

signer = opened_signer(SignerURI.parse(sys.argv[1]), Deadline(30))
os.killpg(int(sys.argv[2]), signal.SIGSTOP)
try:
    signer.sign(b"timestamp=2")
except CredentialsError as error:
    print(error.message)
