"""What all parts of a task file share: no unknown keys, and rules between keys."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assay.core.document_path import at_path
from assay.core.errors import SpecError

Money = Annotated[float, Field(ge=0, le=1e9)]  # beyond it, sums of nanos leave 64 bits

LabelColumns = Annotated[
    str | dict[str, str],
    Field(
        description="column of the label; of a form, the column of each attribute, or left out "
        "where all attributes have columns of their own name"
    ),
]
RECORD_COLUMN = Field(
    None, description="column of record ids; default `record`, or else the name that `data.id` has"
)


class Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False
    )

    def refuse(self, unused: Iterable[str], which: str) -> None:
        """SpecError at the first of these keys that was given: an option that nobody reads would
        be taken for one that works. A key without a value says nothing."""
        for name in unused:
            if name in self.model_fields_set and getattr(self, name) is not None:
                with at_path(name):
                    raise SpecError(f"{which} does not use it; leave it out")
