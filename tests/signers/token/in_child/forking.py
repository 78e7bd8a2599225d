"""Sign, fork, and sign in the parent and in the child; the exit code tells."""

import os
import sys
import warnings

from softhsm import verify

from binance_creds._time._deadline import Deadline
from binance_creds.providers.signing import opened_signer
from binance_creds.signers import SignerURI

signer = opened_signer(SignerURI.parse(sys.argv[1]), Deadline(30))
verify(signer)
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns beside threads
child = os.fork()
verify(signer)
if child == 0:
    os._exit(0)
_, status = os.waitpid(child, 0)
verify(signer)
sys.exit(os.waitstatus_to_exitcode(status))
