from assay.report.evidence import Evidence, Reference, Story, gather
from assay.report.page import write_report

__all__ = ["Evidence", "Reference", "Story", "gather", "write_report"]
