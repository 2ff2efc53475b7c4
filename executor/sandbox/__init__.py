"""SSH hosts to try things on, on this machine alone: real logins, real shells, a real service, a load balancer."""

from executor.sandbox.control import down, status, up
from executor.sandbox.info import HostStatus, SandboxHost, SandboxInfo, SandboxStatus
from executor.sandbox.layout import default_folder, inventory_path

__all__ = [
    "HostStatus",
    "SandboxHost",
    "SandboxInfo",
    "SandboxStatus",
    "default_folder",
    "down",
    "inventory_path",
    "status",
    "up",
]
