"""MedSAM: adapter, network, and the small convolutional image encoder."""
