"""Pictures behind URLs, fetched only where the user allows it, once each."""

import hashlib
import ipaddress
import socket
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assay.core.errors import InputError
from assay.data.images.decode import MOST_BYTES
from assay.data.images.source import Store, write_atomically

SECONDS = 20.0
URLS = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Fetch:
    """Fetches from `hosts`, or where there are none from any host on the public internet.

    Without a list of hosts, addresses of the machine itself and of private networks are refused,
    so that data from elsewhere cannot make this machine ask its neighbours.
    """

    store: Store
    hosts: Sequence[str] = ()

    def __call__(self, url: str) -> bytes:
        name = hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()
        known = self.store.root / "urls" / name[:2] / name
        if known.is_file():
            kept = Path(known.read_text(encoding="utf-8"))
            if kept.is_file():
                return kept.read_bytes()
        content = self._get(url)
        with suppress(OSError):  # then it is fetched again next time
            write_atomically(known, self.store.keep(content).encode("utf-8"), self.store.root)
        return content

    def _get(self, url: str) -> bytes:
        opener = urllib.request.build_opener(Redirects(self))
        try:
            self.check(url)
            request = urllib.request.Request(url, headers={"User-Agent": "assay"})
            with opener.open(request, timeout=SECONDS) as reply:
                return bytes(reply.read(MOST_BYTES + 1))
        except urllib.error.HTTPError as bad:
            bad.close()
            raise InputError(f"cannot be fetched (status {bad.code})") from None
        except urllib.error.URLError as bad:
            raise InputError(f"cannot be fetched ({str(bad.reason)[:80]})") from None
        except (OSError, HTTPException, ValueError) as bad:
            raise InputError(f"cannot be fetched ({str(bad)[:80] or type(bad).__name__})") from None

    def check(self, url: str) -> None:
        """InputError for an address that may not be asked."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https") or not host:
            raise InputError("is not at an http or https URL")
        if self.hosts:
            if host not in self.hosts:
                raise InputError(f"is on {host}, which `data.urls` does not list")
            return
        for *_, address in socket.getaddrinfo(host, None):
            if not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_global:
                raise InputError(
                    f"is on {host}, an address of this machine or a private network; list the "
                    "host in `data.urls` to allow it"
                )


class Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to where a URL of the data itself might lead."""

    max_redirections = 3

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def redirect_request(self, request: Any, reply: Any, *given: Any) -> Any:
        try:
            self._fetch.check(given[-1])
        except (InputError, OSError):
            reply.close()
            raise
        return super().redirect_request(request, reply, *given)
