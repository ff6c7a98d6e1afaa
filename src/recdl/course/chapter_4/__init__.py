"""Chapter 4, The dataset: its exercises, figures, exhibits and quiz."""
