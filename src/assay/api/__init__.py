"""The Python interface to the commands, for data frames, lists and files.

`labelling` is the entry point: `orders` reads what it is given (`tables`, `rows`, `questions`,
`annotators`), `result` is what it gives (`answers`, `certified`, `metrics`). `opened` does the
same with task files.
"""

from assay.api.labelling import alabel as alabel
from assay.api.labelling import label as label
from assay.api.opened import Opened as Opened
from assay.api.opened import aimport_annotations as aimport_annotations
from assay.api.opened import import_annotations as import_annotations
from assay.api.opened import load as load
from assay.api.result import Result as Result
