"""A user's own organ: from a folder of images and masks to a preset with its weights, a report and a model card."""
