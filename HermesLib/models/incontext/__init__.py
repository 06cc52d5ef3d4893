"""Models that segment a slice by the example of others: UniverSeg and MultiverSeg."""
