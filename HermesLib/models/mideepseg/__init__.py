"""MIDeepSeg: adapter, network, geodesic distances and graph cuts."""
