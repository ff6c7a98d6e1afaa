"""Chapter 1, Recommender systems: its exercises, figures, exhibits and quiz."""
