"""Chapter 2, Neurons and multilayer perceptrons: its exercises, figures, exhibits and quiz."""
