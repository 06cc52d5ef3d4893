# What the real file does only matters for packages.
