"""The embedded picture model on labelled pictures that registry packages carry, and its speed.

    python bench/pictures.py

Photographs: the 60 of foolbox 3.3.4 (MIT): 20 each of ImageNet, CIFAR-10 and CIFAR-100 with their
classes. Everyday labels for the ImageNet ones and the five coarse labels are ours, in this file.
Simulated fabrics: conformal-clip-data 0.1.4 (MIT), 2,000 pictures of three kinds. The lesion
photographs are read where `../shared/data` is there. Zero-shot accuracy stands beside chance and
the commonest label; fitted classifiers are cross-validated in ten folds, never tested on what
they were fitted on.
"""

import argparse
import asyncio
import re
import resource
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from assay.annotators.picture import Pictures, ZeroShotPicture, fit_pictures
from assay.core.annotation import Annotation, Request
from assay.core.record import ImagePart, Record
from assay.core.schema import Choice, Label
from assay.core.task import Task
from assay.core.value import Value
from assay.models.cache import Entry, download
from assay.models.efficientnet import SIDES, EfficientNetLite
from assay.models.imagenet import ImageNet
from assay.quality.metrics.accuracy import Share

FOOLBOX = Entry("foolbox", "foolbox", "3.3.4", "", "", 0, "MIT", "60 labelled photographs")
FABRICS = Entry("fabrics", "conformal-clip-data", "0.1.4", "", "", 0, "MIT", "simulated fabrics")
FOLDS = 10
ROUNDS = 8
MOST = 400  # fabrics looked at

EVERYDAY = {
    243: "dog", 251: "dog", 559: "furniture", 438: "laboratory glassware", 990: "nut",
    949: "fruit", 853: "roof", 609: "car", 915: "tent", 455: "lid", 541: "musical instrument",
    630: "shoe", 741: "carpet", 471: "weapon", 129: "bird", 99: "bird", 22: "bird", 317: "insect",
    305: "insect",
}  # fmt: skip
WORDS10 = "airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck"
WORDS100 = (
    "apple,aquarium fish,baby,bear,beaver,bed,bee,beetle,bicycle,bottle,bowl,boy,bridge,bus,"
    "butterfly,camel,can,castle,caterpillar,cattle,chair,chimpanzee,clock,cloud,cockroach,couch,"
    "crab,crocodile,cup,dinosaur,dolphin,elephant,flatfish,forest,fox,girl,hamster,house,kangaroo,"
    "keyboard,lamp,lawn mower,leopard,lion,lizard,lobster,man,maple tree,motorcycle,mountain,mouse,"
    "mushroom,oak tree,orange,orchid,otter,palm tree,pear,pickup truck,pine tree,plain,plate,poppy,"
    "porcupine,possum,rabbit,raccoon,ray,road,rocket,rose,sea,seal,shark,shrew,skunk,skyscraper,"
    "snail,snake,spider,squirrel,streetcar,sunflower,sweet pepper,table,tank,telephone,television,"
    "tiger,tractor,train,trout,tulip,turtle,wardrobe,whale,willow tree,wolf,woman,worm"
)
CIFAR10, CIFAR100 = WORDS10.split(","), WORDS100.split(",")
COARSE = {
    "animal": "bird cat deer dog frog horse seal camel butterfly skunk lion wolf insect",
    "vehicle": "airplane automobile ship truck car streetcar rocket",
    "plant": "nut fruit mushroom tulip apple rose orange",
    "landscape": "mountain forest sea cloud",
}
MEANING = {
    "plant": "flower, fruit or tree",
    "landscape": "mountain, forest, sea or sky",
    "object": "tool, furniture, clothing or building",
}


@dataclass(frozen=True, slots=True)
class Labelled:
    name: str
    schema: Choice
    gold: Mapping[str, str]
    records: Sequence[Record]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fabrics", type=int, default=MOST, help="0 leaves them out")
    options = parser.parse_args()
    classes = ImageNet()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        photographs = foolbox(folder)
        sets = [*photographs, *([fabrics(folder, options.fabrics)] if options.fabrics else [])]
        print(
            f"{'set':<22}{'model':<20}{'n':>5}{'labels':>7}{'chance':>8}{'commonest':>11}  accuracy"
        )
        for name in SIDES:
            pictures = Pictures(EfficientNetLite(name))
            for one in sets:
                zero = asyncio.run(zero_shot(ZeroShotPicture(pictures, classes), one))
                show(one, f"{name[-5:]} zero-shot", zero)
        pictures = Pictures(EfficientNetLite())
        for one in (photographs[-1], *sets[len(photographs) :], *lesions()):
            show(one, "lite0 fitted", asyncio.run(fitted(pictures, one)))
        for name in SIDES:
            speed(EfficientNetLite(name), photographs[0].records)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")


def show(one: Labelled, how: str, right: int) -> None:
    n, most_frequent = len(one.records), Counter(one.gold.values()).most_common(1)[0][1]
    print(
        f"{one.name:<22}{how:<20}{n:>5}{len(one.schema.names):>7}{1 / len(one.schema.names):>8.1%}"
        f"{most_frequent / n:>11.1%}  {Share(right, n)}", flush=True,
    )  # fmt: skip


async def zero_shot(who: ZeroShotPicture, one: Labelled) -> int:
    task = Task(one.name, "What is it?", one.schema)
    requests = [Request(task, record, who.id) for record in one.records]
    return right([a async for a in who.annotate(requests)], one)


async def fitted(pictures: Pictures, one: Labelled) -> int:
    task, hits = Task(one.name, "What is it?", one.schema), 0
    for fold in range(FOLDS):
        held = one.records[fold::FOLDS]
        ids = {record.id for record in held}
        gold: list[tuple[Record, Value]] = [
            (r, one.gold[r.id]) for r in one.records if r.id not in ids
        ]
        who = fit_pictures(pictures, gold, one.schema)
        requests = [Request(task, record, who.id) for record in held]
        hits += right([a async for a in who.annotate(requests)], one)
    return hits


def right(answers: Sequence[Annotation], one: Labelled) -> int:
    return sum(a.value == one.gold[a.record] for a in answers)


def speed(eye: EfficientNetLite, records: Sequence[Record]) -> None:
    parts = [part for record in records for part in record.images]
    eye.look([p for p in eye.read(parts[:1]) if not isinstance(p, Exception)])
    read = looked = 0.0
    for _ in range(ROUNDS):
        start = time.perf_counter()
        pixels = [p for p in eye.read(parts) if not isinstance(p, Exception)]
        middle = time.perf_counter()
        eye.look(pixels)
        read += middle - start
        looked += time.perf_counter() - middle
    n = ROUNDS * len(parts)
    print(
        f"{eye.name}: {n / (read + looked):.0f} pictures/s on {eye.side} px "
        f"(reading {n / read:.0f}/s, network {n / looked:.0f}/s)", flush=True,
    )  # fmt: skip


def foolbox(folder: Path) -> list[Labelled]:
    """ImageNet with everyday labels, CIFAR-10, CIFAR-100, and all of them with coarse labels."""
    found: dict[str, dict[str, tuple[Record, int]]] = {}
    with zipfile.ZipFile(download(FOOLBOX, folder / "foolbox")) as wheel:
        for member in sorted(wheel.namelist()):
            named = re.search(r"(imagenet|cifar10|cifar100)_\d+_(\d+)\.(jpg|png)$", member)
            if named:
                record = stored(folder, member.replace("/", "-"), wheel.read(member))
                found.setdefault(named[1], {})[record.id] = (record, int(named[2]))
    words = {"imagenet": EVERYDAY, "cifar10": dict(enumerate(CIFAR10)),
             "cifar100": dict(enumerate(CIFAR100))}  # fmt: skip
    fine = {
        id: words[name][label] for name, members in found.items()
        for id, (_, label) in members.items()
    }  # fmt: skip
    sets = []
    for name, members in found.items():
        known = dict.fromkeys(words[name].values())
        records = [record for record, _ in members.values()]
        sets.append(
            Labelled(name, Choice(list(known)), {r.id: fine[r.id] for r in records}, records)
        )
    coarse = {id: coarse_of(word) for id, word in fine.items()}
    schema = Choice([Label(n, MEANING.get(n, "")) for n in (*COARSE, "object")])
    every = [record for one in sets for record in one.records]
    return [*sets, Labelled("all 60, coarse", schema, coarse, every)]


def coarse_of(word: str) -> str:
    return next((name for name, words in COARSE.items() if word in words.split()), "object")


def fabrics(folder: Path, most: int) -> Labelled:
    with zipfile.ZipFile(download(FABRICS, folder / "fabrics")) as wheel:
        members = sorted(n for n in wheel.namelist() if re.search(r"simulated/\w+/[^/]+$", n))
        members = sorted(members, key=lambda n: sha256(n.encode()).digest())[:most]
        records = [stored(folder, n.replace("/", "-"), wheel.read(n)) for n in members]
    gold = {r.id: n.split("/")[-2] for r, n in zip(records, members, strict=True)}
    schema = Choice([
        Label("nominal", "fabric without a defect"), Label("local", "fabric with one spot or hole"),
        Label("global", "fabric woven wrongly all over"),
    ])  # fmt: skip
    return Labelled("fabrics", schema, gold, records)


def lesions() -> list[Labelled]:
    from assay.quality.replacement.reference import majority
    from assay.studies.lesion.study import STEPS, load

    folder = Path(__file__).parents[2] / "shared" / "data" / "alttest" / "lesion"
    if not folder.is_dir():
        print("lesions: ../shared/data is not there, left out")
        return []
    data, sets = load(folder), []
    for name in STEPS:
        gold = {id: f"{step:g}" for id, step in majority(data.ratings(data.people, name)).items()}
        records = [data.records[id] for id in gold]
        sets.append(Labelled(f"lesion {name}", Choice(sorted(set(gold.values()))), gold, records))
    return sets


def stored(folder: Path, name: str, content: bytes) -> Record:
    path = folder / name
    path.write_bytes(content)
    return Record(name, (ImagePart(str(path), sha256(content).hexdigest()),))


if __name__ == "__main__":
    main()
