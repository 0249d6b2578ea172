"""Warnings for keys that would be sent unencrypted."""

import ipaddress
import os
from urllib.parse import urlsplit

from assay.core.redact import hidden, password_of
from assay.project.annotators import HOSTS
from assay.taskfile.hosted import Hosted
from assay.taskfile.specs import TaskFile


def exposed(file: TaskFile) -> list[str]:
    """A line for each annotator whose key or password would be sent over plain http to another
    host.
    """
    described = []
    for name, spec in file.annotators.items():
        if not isinstance(spec, Hosted) or spec.base_url is None:
            continue
        variable = spec.key_env or HOSTS[spec.kind][1]
        key = f"the key in {variable}" if variable and os.environ.get(variable) else None
        secret = key or ("its password" if password_of(spec.base_url) else None)
        if secret is not None and is_open(spec.base_url):
            described.append(
                f"annotator {name!r} sends {secret} to {hidden(spec.base_url)} unencrypted, where "
                "others can read it; use https"
            )
    return described


def is_open(url: str) -> bool:
    """Plain http to another machine than this one."""
    parts = urlsplit(url.strip())
    if parts.scheme.casefold() != "http":
        return False
    host = (parts.hostname or "").rstrip(".").casefold()
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")
