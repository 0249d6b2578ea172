from pathlib import Path

import pytest

from assay.project.exposed import is_open
from tests.cli.commands import assay, project, remote

KEY = {"ASSAY_TEST_KEY": "sk-0123456789abcdef"}


@pytest.mark.parametrize(
    ("url", "open_"),
    [
        ("http://models.example.org/v1", True),
        ("HTTP://10.0.0.7:8000/v1", True),
        ("http://[2001:db8::1]/v1", True),
        ("http://localhost.example.org/v1", True),
        ("http://127.0.0.1.example.org/v1", True),
        ("https://models.example.org/v1", False),
        ("http://localhost:8000/v1", False),
        ("http://LOCALHOST./v1", False),
        ("http://gpu.localhost/v1", False),
        ("http://127.0.0.1:8000/v1", False),
        ("http://127.9.9.9/v1", False),
        ("http://[::1]:8000/v1", False),
    ],
)
def test_plain_http_to_another_machine_is_open(url: str, open_: bool) -> None:
    assert is_open(url) is open_


def test_a_key_that_would_go_over_plain_http_is_pointed_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_TEST_KEY", "sk-0123456789abcdef")
    project(tmp_path, who=remote("http://models.invalid/v1", ", key_env: ASSAY_TEST_KEY"))
    described = (
        "annotator 'one' sends the key in ASSAY_TEST_KEY to http://models.invalid/v1 unencrypted"
    )
    assert described in assay(tmp_path, "check", "task.yaml").stdout
    assert described in assay(tmp_path, "run", "task.yaml").stderr


def test_a_password_in_the_address_too_and_it_is_not_shown(tmp_path: Path) -> None:
    project(tmp_path, who=remote("http://me:hunter2@models.invalid/v1"))
    done = assay(tmp_path, "check", "task.yaml")
    assert "sends its password to http://me:***@models.invalid/v1 unencrypted" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


def test_without_a_key_or_with_https_nothing_is_said(tmp_path: Path) -> None:
    for url in ("http://models.invalid/v1", "https://models.invalid/v1"):
        project(tmp_path, who=remote(url))
        assert "unencrypted" not in assay(tmp_path, "check", "task.yaml").stdout
