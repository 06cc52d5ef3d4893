"""nnInteractive (Isensee et al. 2025): a 3D model that answers prompts on a server of its own."""
