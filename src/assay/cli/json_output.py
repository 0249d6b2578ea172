"""Output of a command for other programs."""

import json

import click


def print_json(content: object) -> None:
    """As JSON, not escaped to ASCII; ValueError for a number that JSON does not have."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False))
