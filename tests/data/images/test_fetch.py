"""Pictures behind URLs, from a server on this machine."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from assay.core.errors import InputError
from assay.data.images.fetch import Fetch
from assay.data.images.source import Store
from tests.data.images.hostile import jpeg


class Pictures(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/a.jpg":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(jpeg())
        elif self.path.startswith("/to="):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to="))
            self.end_headers()
        else:
            self.send_error(404)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Pictures.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Pictures) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()
        thread.join()


def test_a_picture_is_fetched_once_and_then_kept(server: str, tmp_path: Path) -> None:
    for _ in range(3):
        assert Fetch(Store(tmp_path), ("127.0.0.1",))(f"{server}/a.jpg") == jpeg()
    assert Pictures.asked == ["/a.jpg"]


def test_this_machine_is_asked_only_where_it_is_listed(server: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"this machine or a private network"):
        Fetch(Store(tmp_path))(f"{server}/a.jpg")
    with pytest.raises(InputError, match=r"is on 127\.0\.0\.1, which `data\.urls` does not list"):
        Fetch(Store(tmp_path), ("example.org",))(f"{server}/a.jpg")
    assert Pictures.asked == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/gone.jpg", "cannot be fetched (status 404)"),
        ("/to=http://example.org/a.jpg", "is on example.org, which `data.urls` does not list"),
        ("/to=file:///etc/passwd", "cannot be fetched (status 302)"),
        ("/to=/to=/to=/to=/to=/to=/a.jpg", "cannot be fetched"),
    ],
)
def test_trouble_is_one_line(server: str, tmp_path: Path, path: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        Fetch(Store(tmp_path), ("127.0.0.1",))(f"{server}{path}")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/a.jpg", "http://", "http://[::1", "http://a b/c"])
def test_odd_urls_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError):
        Fetch(Store(tmp_path), ("127.0.0.1",))(url)
