from assay.report.page import Reference, Story, write_report

__all__ = ["Reference", "Story", "write_report"]
