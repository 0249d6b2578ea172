"""What the adapters of endpoints share: one call with its pictures, its key, its connection."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from assay.core.errors import InputError
from assay.core.redact import hidden, remember_place
from assay.core.shown import Shown
from assay.models.base import Completion, Keeping, Message, Options
from assay.models.http import Call, Http, key_from
from assay.models.image_tokens import Family, counted
from assay.models.images import NO_PICTURES, Gallery, ShownParts
from assay.models.limits import DEFAULT_LIMITS, Endpoint, Limits


@dataclass(frozen=True, slots=True, repr=False)
class Address(Shown):
    """Where a model answers; the key is read from the environment and held nowhere else."""

    base_url: str
    key_variable: str | None = None
    limits: Limits = field(default=DEFAULT_LIMITS)

    def facts(self) -> Mapping[str, object]:
        return {"base_url": hidden(self.base_url), "key_variable": _variable(self.key_variable)}


def _variable(name: str | None) -> str | None:
    """Not shown where it is no name: it may be the key itself, given by mistake."""
    return "***" if name is not None and not name.isidentifier() else name


class Hosted(ABC):
    """A model behind an endpoint; a family says how a call is written and a reply is read."""

    takes_images = True
    family: ClassVar[Family]

    def __init__(self, model: str, address: Address, gallery: Gallery | None = None) -> None:
        self.model = model
        key = key_from(address.key_variable)
        remember_place(address.base_url)
        self.url = address.base_url.rstrip("/") + self.path
        self.gallery = gallery or Gallery()
        self._headers = {"Content-Type": "application/json", **self.headers(key)}
        self._http = Http(Endpoint(hidden(address.base_url), address.limits), key)

    @property
    def id(self) -> str:
        return self.model

    @property
    def endpoint(self) -> Endpoint:
        return self._http.endpoint

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        return await self.complete_and_keep(messages, options, None)

    async def complete_and_keep(
        self, messages: Sequence[Message], options: Options, keeping: Keeping | None
    ) -> Completion:
        try:
            pictures = await self.gallery.shown(messages, options.view)
        except InputError as bad:  # a picture that cannot be used is this record's trouble alone
            return Completion("", error=str(bad))
        body = json.dumps(self.body(messages, options, pictures), ensure_ascii=False)
        call = Call(self.url, self._headers, body.encode("utf-8", "replace"))

        def parse(reply: Any) -> Completion:
            said = self.parse(reply)
            return counted(said, pictures.values(), self.family, options.view, self.model)

        return await self._http.ask(call, parse, keeping)

    async def aclose(self) -> None:
        self.gallery.close()
        await self._http.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.model!r}, {self.endpoint.name!r})"

    @property
    @abstractmethod
    def path(self) -> str:
        """What follows the base URL."""

    @abstractmethod
    def headers(self, key: str | None) -> Mapping[str, str]:
        """The headers that carry the key, and what else the family wants."""

    @abstractmethod
    def body(
        self, messages: Sequence[Message], options: Options, pictures: ShownParts = NO_PICTURES
    ) -> dict[str, Any]: ...

    @abstractmethod
    def parse(self, reply: Any) -> Completion: ...
