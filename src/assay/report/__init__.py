from assay.report.breakdown import Reference, entities_of
from assay.report.evidence import Evidence, ReportContext, gather
from assay.report.page import write_report

__all__ = ["Evidence", "Reference", "ReportContext", "entities_of", "gather", "write_report"]
