import pytest

from assay.models.cache import BY_NAME, default_cache
from assay.models.encoder import MiniLM
from assay.models.llama import Llama
from tests.needs import needs_models


@pytest.fixture(scope="session")
def llama() -> Llama:
    needs_models("smollm2-135m-instruct")
    return Llama(default_cache().path(BY_NAME["smollm2-135m-instruct"]))


@pytest.fixture(scope="session")
def minilm() -> MiniLM:
    needs_models("minilm-l6-int8", "minilm-l6-tokenizer")
    return MiniLM()
