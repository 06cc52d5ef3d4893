"""The structures of each task; a part of them."""

class_map = {
    "total": {1: "spleen", 2: "kidney_right", 3: "kidney_left", 5: "liver", 22: "prostate"},
    "total_mr": {1: "spleen", 2: "kidney_right", 3: "kidney_left", 5: "liver", 17: "prostate"},
}
