import pytest

from assay.models.cache import BY_NAME, default_cache
from assay.models.encoder import MiniLM
from assay.models.llama import Llama


def there(name: str) -> None:
    if not default_cache().has(BY_NAME[name]):
        pytest.skip(f"{name} is not in the cache: assay models fetch {name}")


@pytest.fixture(scope="session")
def llama() -> Llama:
    there("smollm2-135m-instruct")
    return Llama(default_cache().path(BY_NAME["smollm2-135m-instruct"]))


@pytest.fixture(scope="session")
def minilm() -> MiniLM:
    there("minilm-l6-int8")
    there("minilm-l6-tokenizer")
    return MiniLM()
