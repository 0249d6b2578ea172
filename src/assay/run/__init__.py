from assay.run.engine import Job, Settings, label
from assay.run.progress import Progress, Tally, plain
from assay.run.stop import Reason, Stop
from assay.run.summary import Summary

__all__ = ["Job", "Progress", "Reason", "Settings", "Stop", "Summary", "Tally", "label", "plain"]
