"""A stand-in of nnU-Net v2: the parts that its authors document for prediction from Python."""
