from assay.run.engine import Job, Settings, Summary, label
from assay.run.progress import Progress, live, plain
from assay.run.stop import Reason

__all__ = ["Job", "Progress", "Reason", "Settings", "Summary", "label", "live", "plain"]
