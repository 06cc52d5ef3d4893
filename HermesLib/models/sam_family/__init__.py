"""What the models built on Segment Anything (SAM) share: network, prompt tokens, adapter."""
