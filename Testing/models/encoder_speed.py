"""Seconds a slice and agreement of MedSAM's image encoder, computed in other ways than float32.

    python -m Testing.models.encoder_speed [--size small|vit-b] [--slices N] [--ways WAY ...]

``small`` is the bundled model, whose masks are compared; ``vit-b`` is the official size with random
weights, whose features are compared. ``onnx`` and ``openvino`` need these libraries, which HERMES
itself does not use; a way that does not work here is printed with its reason. Times are those of
the processor with one thread, the ways in turn on each slice, so that they can be compared on a
busy computer.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK
import torch
from torch import nn

from HermesLib.metrics.overlap import dice
from HermesLib.models.medsam.adapter import MedSam, model_images
from HermesLib.models.medsam.network import MedSamConfig, MedSamNetwork
from HermesLib.models.protocol import Embedding
from HermesLib.models.registry import load_model
from HermesLib.prompts.boxes import Box
from HermesLib.samples.prostate_phantom import prostate_phantom

Encode = Callable[[torch.Tensor], torch.Tensor]
#: Rows and columns of the phantom.
_SIDE = 192


def autocast(network: nn.Module, _: torch.Tensor) -> Encode:
    def encode(images: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return network(images).float()

    return encode


def bfloat16(network: nn.Module, _: torch.Tensor) -> Encode:
    import copy

    converted = copy.deepcopy(network).to(torch.bfloat16)
    return lambda images: converted(images.to(torch.bfloat16)).float()


def int8(network: nn.Module, _: torch.Tensor) -> Encode:
    from torch.ao.quantization import quantize_dynamic

    return quantize_dynamic(network, {nn.Linear}, dtype=torch.qint8)


def compiled(network: nn.Module, example: torch.Tensor) -> Encode:
    encode = torch.compile(network)
    encode(example)
    return encode


def onnx(network: nn.Module, example: torch.Tensor, quantised: bool = False) -> Encode:
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "encoder.onnx"
        torch.onnx.export(network, (example,), str(path), dynamo=False, opset_version=17)
        if quantised:
            from onnxruntime.quantization import QuantType, quantize_dynamic

            plain, path = path, path.with_name("int8.onnx")
            # Convolutions in integers run slower than in float32.
            quantize_dynamic(
                plain, path, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"]
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda images: torch.from_numpy(session.run(None, {name: images.numpy()})[0])


def onnx_int8(network: nn.Module, example: torch.Tensor) -> Encode:
    return onnx(network, example, quantised=True)


def openvino(network: nn.Module, example: torch.Tensor) -> Encode:
    import openvino as ov

    model = ov.convert_model(network, example_input=example)
    settings = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    ready = ov.compile_model(model, "CPU", settings)
    return lambda images: torch.from_numpy(np.array(ready([images.numpy()])[0]))


WAYS = {
    "bf16-autocast": autocast,
    "bf16": bfloat16,
    "int8-dynamic": int8,
    "compile": compiled,
    "onnx": onnx,
    "onnx-int8": onnx_int8,
    "openvino": openvino,
}


def load(size: str) -> MedSam:
    if size == "small":
        return load_model("medsam", "bundled", torch.device("cpu"))
    torch.manual_seed(0)
    return MedSam(MedSamNetwork(MedSamConfig()))


def phantom_slices(count: int) -> tuple[torch.Tensor, np.ndarray]:
    """Slices (N, 1, H, W) of 0..1 and their masks (N, H, W, bool), from the middle of the organ."""
    phantom = prostate_phantom(1, _SIDE, 24, (1.0, 1.0, 3.0))
    image, label = (SimpleITK.GetArrayFromImage(part) for part in (phantom.image, phantom.label))
    shown = [k for k in range(len(label)) if (label[k] > 0).sum() > 200]
    middle = shown[(len(shown) - count) // 2 :][:count]
    pixels = image[middle].astype(np.float32)
    pixels = (pixels - pixels.min()) / (pixels.max() - pixels.min())
    return torch.from_numpy(pixels)[:, None], label[middle] > 0


def box_of(mask: np.ndarray) -> Box:
    rows, columns = np.nonzero(mask)
    return Box(columns.min() - 3, rows.min() - 3, columns.max() + 4, rows.max() + 4)


@torch.inference_mode()
def measure(size: str, count: int, ways: list[str]) -> None:
    model = load(size)
    images, truth = phantom_slices(count)
    prepared = model_images(images, model.network.config.image_size).contiguous()
    network = model.network.image_encoder.eval()
    boxes = [box_of(mask) for mask in truth]
    for way in ways:
        try:
            encode = WAYS[way](network, prepared[:1])
        except Exception as error:  # Whatever a library raises is a result here.
            reason = (str(error).strip().splitlines() or [""])[0][:100]
            print(f"{way} does not work here: {type(error).__name__}: {reason}", flush=True)
            continue
        plain, plain_seconds, found, seconds = in_turn(network, encode, prepared)
        # One way at a time: official networks take gigabytes each.
        del encode
        masks, others = (
            (model.predict(Embedding(images, features), boxes).probability > 0.5).numpy()
            for features in (plain, found)
        )
        same = [dice(a, b) for a, b in zip(masks, others, strict=True)]
        error = float((found - plain).norm() / plain.norm())
        print(
            f"{size} {way}: {seconds / count:.3f} s a slice, fp32 {plain_seconds / count:.3f} s,"
            f" {plain_seconds / seconds:.2f} times as fast, features differ by {error:.1e},"
            f" Dice with fp32 at least {min(same):.4f}",
            flush=True,
        )


def in_turn(
    plain: Encode, other: Encode, prepared: torch.Tensor
) -> tuple[torch.Tensor, float, torch.Tensor, float]:
    """Features and processor seconds of two encoders that take the images one after the other."""
    features: tuple[list[torch.Tensor], list[torch.Tensor]] = ([], [])
    seconds = [0.0, 0.0]
    for image in prepared.split(1):
        for k, encode in enumerate((plain, other)):
            start = time.process_time()
            features[k].append(encode(image))
            seconds[k] += time.process_time() - start
    return torch.cat(features[0]), seconds[0], torch.cat(features[1]), seconds[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=["small", "vit-b"], default="small")
    parser.add_argument("--slices", type=int, default=8)
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    measure(arguments.size, arguments.slices, arguments.ways)


if __name__ == "__main__":
    main()
