"""Chapter 9, What deep learning adds: its exercises, figures, exhibits and quiz."""
