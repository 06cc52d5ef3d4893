"""What a prompt is, how the first ones are drawn, and how a pseudo ground truth refines them."""
