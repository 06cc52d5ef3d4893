"""SAM 2.1 and MedSAM2: adapters and their network, in parts."""
