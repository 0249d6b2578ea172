"""What the adapters of endpoints share: one call with its pictures, its key, its connection."""

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from assay.core.errors import InputError
from assay.core.headers import filled, over
from assay.core.redact import hidden, remember_place
from assay.core.shown import Shown
from assay.models.base import Completion, Keeping, Message, Options
from assay.models.http import Call, Http, key_from
from assay.models.image_tokens import Family, counted
from assay.models.images import NO_PICTURES, Gallery, ShownParts
from assay.models.learnt import Learnt
from assay.models.limits import DEFAULT_LIMITS, Endpoint, Limits

LESSONS = 6  # times that a request is sent again as a server's rejections teach


@dataclass(frozen=True, slots=True, repr=False)
class Address(Shown):
    """Where a model answers; the key is read from the environment and held nowhere else."""

    base_url: str
    key_variable: str | None = None
    limits: Limits = field(default=DEFAULT_LIMITS)
    headers: Mapping[str, str] = field(default_factory=dict)  # `${NAME}`: from the environment

    def facts(self) -> Mapping[str, object]:
        return {"base_url": hidden(self.base_url), "key_variable": _variable(self.key_variable)}

    def below(self, path: str) -> str:
        """The URL of a path; what a base URL asks for (`?api-version=…`) is asked for there."""
        base, mark, query = self.base_url.partition("?")
        return base.rstrip("/") + path + mark + query


def _variable(name: str | None) -> str | None:
    """Not shown where it is no name: it may be the key itself, given by mistake."""
    return "***" if name is not None and not name.isidentifier() else name


def merged(body: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Both; where each has an object, so are these."""
    found = dict(body)
    for name, part in extra.items():
        inner = found.get(name)
        both = isinstance(inner, Mapping) and isinstance(part, Mapping)
        found[name] = merged(inner, part) if both else part  # type: ignore[arg-type]
    return found


@dataclass(frozen=True, slots=True)
class _Checked:
    """Looks, in the place of a call, whether there is still use in it."""

    learnt: Learnt
    inner: Keeping | None

    def check(self) -> None:
        self.learnt.check()
        if self.inner is not None:
            self.inner.check()

    async def keep(self, completion: Completion) -> None:
        if self.inner is not None:
            await self.inner.keep(completion)


class Hosted(ABC):
    """A model behind an endpoint; a family says how a call is written and a reply is read."""

    takes_images = True
    family: ClassVar[Family]

    def __init__(self, model: str, address: Address, gallery: Gallery | None = None) -> None:
        self.model = model
        key = key_from(address.key_variable)
        remember_place(address.base_url)
        self.url = address.below(self.path)
        self.gallery = gallery or Gallery()
        self.learnt = Learnt(model)
        own = {"Content-Type": "application/json", **self.headers(key)}
        self._headers = over(own, filled(address.headers, os.environ))
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
        for _ in range(LESSONS):
            fitted = self.learnt.fitted(options)
            body = self.request(messages, fitted, pictures)
            said = await self._sent(body, fitted, pictures, keeping)
            if said.rejection is None or not self.learnt.taught(said.rejection, fitted, body):
                break
        return self._judged(said, bool(pictures))

    def _judged(self, said: Completion, pictures: bool) -> Completion:
        """ModelError where a rejection shows that there is no use in asking on."""
        no = said.rejection
        if no is not None:
            self.learnt.refused(no, pictures)
            if no.filtered:
                return replace(said, error=None, rejection=None, refused=True)
        return said

    async def _sent(
        self,
        body: Mapping[str, Any],
        options: Options,
        pictures: ShownParts,
        keeping: Keeping | None,
    ) -> Completion:
        encoded = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")

        def parse(reply: Any) -> Completion:
            said = self.parse(reply)
            self.learnt.received(said, options, bool(pictures))
            return counted(said, pictures.values(), self.family, options.view, self.model)

        call = Call(self.url, self._headers, encoded)
        return await self._http.ask(call, parse, _Checked(self.learnt, keeping))

    def request(
        self, messages: Sequence[Message], options: Options, pictures: ShownParts
    ) -> dict[str, Any]:
        """The body, with the further parts that the user gives."""
        return merged(self.body(messages, options, pictures), options.extra or {})

    async def aclose(self) -> None:
        self.gallery.close()
        self.learnt.stopped = None
        await self._http.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.model!r}, {self.endpoint.name!r})"

    @property
    @abstractmethod
    def path(self) -> str:
        """What follows the base URL."""

    def headers(self, key: str | None) -> Mapping[str, str]:
        """The headers that carry the key, and what else the family wants."""
        return {"Authorization": f"Bearer {key}"} if key else {}

    @abstractmethod
    def body(
        self, messages: Sequence[Message], options: Options, pictures: ShownParts = NO_PICTURES
    ) -> dict[str, Any]: ...

    @abstractmethod
    def parse(self, reply: Any) -> Completion: ...
