"""Chapter 10, Beyond one machine: its exercises, figures, exhibits and quiz."""
