"""Chapter 3, Neural collaborative filtering: its exercises, figures, exhibits and quiz."""
