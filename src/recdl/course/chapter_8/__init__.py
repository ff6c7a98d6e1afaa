"""Chapter 8, Is it any good?: its exercises, figures, exhibits and quiz."""
