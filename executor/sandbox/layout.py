"""Where a sandbox keeps its things: one folder of mode 0700, laid out the same way every time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths inside one sandbox's folder. `folder` is absolute and without links."""

    folder: Path

    @property
    def state(self) -> Path:
        """Written last when the sandbox comes up: who it is (pid, start) and where its hosts listen."""
        return self.folder / "sandbox.json"

    @property
    def lock(self) -> Path:
        return self.folder / "sandbox.lock"

    @property
    def log(self) -> Path:
        return self.folder / "sandbox.log"

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory.yml"

    @property
    def key(self) -> Path:
        """The private key that the hosts let in; its public half lies beside it as `.pub`."""
        return self.folder / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def hosts(self) -> Path:
        """The hosts' home directories. Whatever has a HOME in here belongs to this sandbox."""
        return self.folder / "hosts"

    @property
    def database(self) -> Path:
        """The one database that all hosts share."""
        return self.folder / "database" / "app.sqlite3"

    @property
    def project(self) -> Path:
        """The demo's project: what an operator would have checked out."""
        return self.folder / "project"

    @property
    def origin(self) -> Path:
        """The bare git repository that the project was cloned from."""
        return self.folder / "origin.git"

    def home(self, host: str) -> Path:
        return self.hosts / host

    @property
    def made(self) -> tuple[Path, ...]:
        """Everything that a sandbox makes in its folder: what `down` may remove, and nothing else."""
        return (
            self.state,
            self.log,
            self.inventory,
            self.key,
            self.key.with_suffix(".pub"),
            self.known_hosts,
            self.hosts,
            self.database.parent,
            self.project,
            self.origin,
        )


def default_folder() -> Path:
    """The user's own sandbox: `runbook/sandbox` in their state directory."""
    from platformdirs import user_state_path  # noqa: PLC0415 - only commands about the sandbox need it

    return user_state_path("runbook") / "sandbox"


def inventory_path(folder: Path | None = None) -> Path:
    """The inventory that `-i sandbox` means (default: of the user's own sandbox). It exists while the sandbox is up."""
    return Layout(folder or default_folder()).inventory
