"""Whose pages may send: browsers let any page send to any host, and say which page it was."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from service.errors import ServiceError
from service.state import AppState, app_state


def check_origin(connection: HTTPConnection) -> None:
    """The server's own pages may, and those of `allowed_origins`.

    A page is of the server's origin, too, whose owner points its name to this machine: where nobody
    is asked for a key, only names that cannot be pointed are heeded. Raises ServiceError
    `origin_not_allowed`.
    """
    state = app_state(connection)
    origin, host = connection.headers.get("origin"), connection.headers.get("host", "")
    if asks_nobody(state) and not _is_fixed(_name_in(host)):
        fault = f"without keys {host} is not heeded: use localhost, add a key or set open_access"
        raise ServiceError("origin_not_allowed", fault)
    if origin is None or origin in state.settings.allowed_origins:
        return
    if _host_in(origin) != host:
        raise ServiceError("origin_not_allowed", f"origin {origin} is not in allowed_origins")


def asks_nobody(state: AppState) -> bool:
    """Whether neither the server nor anything before it asks for a key."""
    return state.authenticator.single_user and not state.settings.open_access


def _is_fixed(name: str) -> bool:
    """Whether a name leads where it says, and nobody can point it elsewhere (RFC 6761, 6.3)."""
    try:
        ip_address(name)
    except ValueError:
        return f".{name.rstrip('.')}".endswith(".localhost")
    return True


def _host_in(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _name_in(host: str) -> str:
    """Without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
