"""Chapter 7, How sure are we?: its exercises, figures, exhibits and quiz."""
