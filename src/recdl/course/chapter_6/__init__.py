"""Chapter 6, Evaluation: its exercises, figures, exhibits and quiz."""
