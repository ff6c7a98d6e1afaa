"""Chapter 5, Training, with the library and in Keras: its exercises, figures, exhibits and quiz."""
