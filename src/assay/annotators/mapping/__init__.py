from assay.annotators.mapping.base import Mapping, Reading
from assay.annotators.mapping.jsons import Json
from assay.annotators.mapping.likelihood import Likelihood
from assay.annotators.mapping.pattern import LastLine, Pattern

__all__ = ["BY_NAME", "Json", "LastLine", "Likelihood", "Mapping", "Pattern", "Reading"]

BY_NAME: dict[str, Mapping] = {m.name: m for m in (Pattern(), LastLine(), Json(), Likelihood())}
