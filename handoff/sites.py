"""Which site passkeys are good for: the configured address, never what a request claims."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import Request

from handoff.auth import AuthError
from handoff.passkeys import Site

LOCAL = "localhost"
"""The one name that needs no configuration: a browser takes it for this machine alone."""


class PasskeyImpossible(AuthError):
    """A passkey belongs to a name, and this house has none here: use the password."""


class Sites:
    """Knows the house as a browser must know it."""

    def __init__(self, address: str | None) -> None:
        """Take the configured public address; None: only this machine's own name is good."""
        self._configured = None if address is None else _site(address)

    def of(self, request: Request) -> Site:
        """Return the site that a passkey is made for and answered to.

        Raises:
            PasskeyImpossible: the house has no name, or only a number.
        """
        site = self._configured or _site(f"http://{request.headers.get('host', '')}")
        if not _is_name(site.host) or (self._configured is None and site.host != LOCAL):
            raise PasskeyImpossible("passkey_by_number")
        return site

    def usable(self, request: Request) -> bool:
        """Tell whether a browser that opened this page can use a passkey on it."""
        try:
            return self.of(request).host == (request.url.hostname or "")
        except PasskeyImpossible:
            return False


def _site(address: str) -> Site:
    """Read an address as browsers write an origin: no path, no default port."""
    try:
        parts = urlsplit(address.lower())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return Site("", "")
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    return Site(f"{parts.scheme}://{host}{f':{port}' if port not in (None, usual) else ''}", host)


def _is_name(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return bool(host)
    return False
