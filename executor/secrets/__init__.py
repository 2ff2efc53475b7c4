"""Secrets of a run: fetched once, opened for what is performed, and taken out of everything that is shown or kept."""

from __future__ import annotations

from executor.secrets.answers import without_secrets
from executor.secrets.redact import NOTHING_TO_HIDE, Redactor, Stream
from executor.secrets.vault import NO_SECRETS, Vault, vault

__all__ = ["NOTHING_TO_HIDE", "NO_SECRETS", "Redactor", "Stream", "Vault", "vault", "without_secrets"]
