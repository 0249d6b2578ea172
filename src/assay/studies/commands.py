"""`assay study`: each study is a package of its own, with its data, its page and its command."""

import click

from assay.cli.lazy import Commands, LazyGroup

STUDIES: Commands = {
    "Studies": {
        "celeba": ("assay.studies.celeba.command", "Face attributes by a VLM and by people."),
        "cifar10h": ("assay.studies.cifar10h.command", "People and a model together on CIFAR-10H."),
        "golden": ("assay.studies.golden.command", "Golden questions, simulated."),
        "lesion": ("assay.studies.lesion.command", "Skin lesions by four VLMs and six people."),
        "vader": (
            "assay.studies.vader.command",
            "Sentiment of tweets: vote, chain, hybrid, people.",
        ),
        "wnut17": ("assay.studies.wnut17.command", "Named entities in noisy text."),
    }
}


@click.group("study", cls=LazyGroup, listed=STUDIES)
def study_command() -> None:
    """Reproduce a published study from its label files."""
