"""Which proxy the environment names."""

import pytest

from assay.models.proxy import proxy_for


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy_for.cache_clear()
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("no_proxy", "inside.test")


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://x.test/v1", "http://proxy.test:3128"),
        ("http://x.test/v1", None),
        ("https://inside.test/v1", None),
        ("https://localhost/v1", None),
        ("https://127.0.0.1:9/v1", None),
    ],
)
def test_a_call_goes_through_the_proxy_of_its_scheme(url: str, proxy: str | None) -> None:
    assert proxy_for(url) == proxy
    proxy_for.cache_clear()


def test_a_proxy_of_another_protocol_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "socks5://proxy.test:1080")
    assert proxy_for("https://x.test") is None
    proxy_for.cache_clear()
