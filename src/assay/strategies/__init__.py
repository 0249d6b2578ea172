from assay.strategies.base import Answer, Ask, Strategy
from assay.strategies.single import Single
from assay.strategies.vote import Vote

__all__ = ["Answer", "Ask", "Single", "Strategy", "Vote"]
