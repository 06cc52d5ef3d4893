"""What a prompt is, how the first ones are drawn, and how a pseudo ground truth refines them."""

from HermesLib.prompts.boxes import BoxStrategy, bounding_box
from HermesLib.prompts.clicks import ClickStrategy, deepest_clicks
from HermesLib.prompts.margin import margin_clicks
from HermesLib.prompts.scribbles import ScribbleStrategy
from HermesLib.prompts.seeds import slice_rng, slice_seed
from HermesLib.prompts.strategies import STRATEGIES, PromptStrategy, strategy_for
from HermesLib.prompts.strokes import centerline_scribbles, contour_scribbles, line_scribbles, random_scribbles
from HermesLib.prompts.summary import prompt_summary
from HermesLib.prompts.types import PROMPT_KINDS, Box, Clicks, Prompt, Scribbles

__all__ = [
    "PROMPT_KINDS",
    "STRATEGIES",
    "Box",
    "BoxStrategy",
    "ClickStrategy",
    "Clicks",
    "Prompt",
    "PromptStrategy",
    "ScribbleStrategy",
    "Scribbles",
    "bounding_box",
    "centerline_scribbles",
    "contour_scribbles",
    "deepest_clicks",
    "line_scribbles",
    "margin_clicks",
    "prompt_summary",
    "random_scribbles",
    "slice_rng",
    "slice_seed",
    "strategy_for",
]
