"""Approvals: sealed plans signed with SSH keys, as `ssh-keygen -Y sign` does it and `ssh-keygen -Y verify` reads it."""
