"""`ssh-agent:SHA256:FINGERPRINT?socket=PATH`: sign with a key of an SSH agent, on paramiko.

The fingerprint is what `ssh-add -l` prints. Without `socket` the variable SSH_AUTH_SOCK names it.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.providers.signing.agent._ssh_agent import AgentKey

__all__ = ["AgentKey"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="ssh-agent")
