"""Label text and images with models and people, with proof and with the bill."""
