"""The paper's tables on real patients: every model, threshold and source of the pGT side by side."""
