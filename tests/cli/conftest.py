import pytest

from assay.models.limits import Endpoint


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that failed is tried again without a pause: how long one is, is tested elsewhere."""
    monkeypatch.setattr(Endpoint, "pause", lambda endpoint, attempt: 0.0)
