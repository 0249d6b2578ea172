"""The proxy that the environment names for an address: HTTPS_PROXY, HTTP_PROXY, NO_PROXY."""

from functools import lru_cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from assay.core.redact import remember_place


@lru_cache(maxsize=64)
def proxy_for(url: str) -> str | None:
    """None for this machine itself, and where none is named."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host == "localhost" or host.startswith("127.") or host == "::1" or proxy_bypass(host):
        return None
    named = getproxies()
    proxy = named.get(parts.scheme) or named.get("all")
    if proxy is None or not proxy.startswith(("http://", "https://")):
        return None
    remember_place(proxy)
    return proxy
