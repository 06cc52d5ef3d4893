"""Assess every mask in a folder and write one row for each slice to a CSV file.

An image and its mask have the same file name in two folders.

Usage: python examples/judge_masks.py IMAGES MASKS SCORES.csv
"""

import csv
import sys
from pathlib import Path

import HermesLib as hermes

COLUMNS = ("mask", "slice", "status", "pdsc", "pdsc_low", "pdsc_high")


def main(images: Path, masks: Path, scores: Path) -> None:
    """Assess the masks and write the scores, the worst first."""
    rows = []
    for mask in sorted(masks.glob("*.nii.gz")):
        result = hermes.assess(images / mask.name, mask, preset="prostate-t2")
        for index in result.slice_indices:
            if result.status[index] != "absent":
                low, high = result.interval[index]
                numbers = (f"{value:.3f}" for value in (result.pdsc[index], low, high))
                rows.append((mask.name, index, result.status[index], *numbers))
    rows.sort(key=lambda row: float(row[3]))
    with open(scores, "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    print(f"{len(rows)} slices in {scores}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
