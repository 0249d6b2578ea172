"""Agreement between annotators: coefficients that fit the answers, baselines, intervals."""

from assay.quality.agreement.agree import Agreement, Asked, Overall, agree
from assay.quality.agreement.base import Estimate, Resampling

__all__ = ["Agreement", "Asked", "Estimate", "Overall", "Resampling", "agree"]
