"""Keys in an SSH agent: OpenSSH's, gpg-agent, those of password managers, a forwarded one.

* `ssh_agent`: the key.
* `_connection`: one conversation with the agent, within a deadline.
* `_public_half`: which of the agent's keys a fingerprint names, and what is registered of it.
"""

__all__: list[str] = []
