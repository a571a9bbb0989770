"""Cases of the gradient fixtures: what moves, repeats, cuts and resizes values."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gradient_cases import Case

SHAPE = (3, 4, 5)


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def moved(
    name: str, operator: str, reference, opset: int = 17, x=SHAPE, constants=None, **attributes
) -> Case:
    return Case(name, operator, {"x": x}, reference, opset, constants or {}, attributes=attributes)


def shaped(name: str, reference, shape: np.ndarray, opset: int = 17, **attributes) -> Case:
    return moved(name, "Reshape", reference, opset, constants={"shape": shape}, **attributes)


ORDER = [
    moved("flatten", "Flatten", lambda x: x.reshape(3, 20), opset=7),
    moved("flatten-axis-0", "Flatten", lambda x: x.reshape(1, 60), opset=9, axis=0),
    moved("flatten-negative-axis", "Flatten", lambda x: x.reshape(12, 5), axis=-1),
    shaped("reshape", lambda x: x.reshape(2, 30), ints(2, -1), opset=7),
    shaped("reshape-keeping-a-size", lambda x: x.reshape(3, 2, 10), ints(0, 2, -1)),
    moved("transpose", "Transpose", lambda x: x.permute(2, 1, 0), opset=7),
    moved("transpose-axes", "Transpose", lambda x: x.permute(1, 2, 0), perm=[1, 2, 0]),
    moved("squeeze-attribute", "Squeeze", lambda x: x[:, 0], opset=11, x=(3, 1, 5), axes=[1]),
    moved("squeeze", "Squeeze", lambda x: x[0, :, 0], x=(1, 3, 1), constants={"axes": ints(0, -1)}),
    moved("squeeze-all", "Squeeze", lambda x: x[0, :, 0], x=(1, 3, 1)),
    moved("unsqueeze-attribute", "Unsqueeze", lambda x: x[None, :, :, None], 11, x=(3, 4), axes=[0, 3]),
    moved("unsqueeze", "Unsqueeze", lambda x: x[:, None, :, None], x=(3, 4), constants={"axes": ints(1, -1)}),
    Case(
        "concat",
        "Concat",
        {"a": (2, 3, 4), "b": (2, 1, 4), "c": (2, 2, 4)},
        lambda *parts: torch.cat(parts, 1),
        opset=7,
        attributes={"axis": 1},
    ),
    Case(
        "concat-negative-axis",
        "Concat",
        {"a": (2, 3), "b": (2, 4)},
        lambda *parts: torch.cat(parts, -1),
        attributes={"axis": -1},
    ),
    moved(
        "depth-to-space",
        "DepthToSpace",
        lambda x: F.pixel_shuffle(x, 2),
        x=(2, 8, 2, 3),
        blocksize=2,
        mode="CRD",
    ),
    moved(
        "space-to-depth",
        "SpaceToDepth",
        lambda x: x.reshape(2, 3, 2, 2, 3, 2).permute(0, 3, 5, 1, 2, 4).reshape(2, 12, 2, 3),
        x=(2, 3, 4, 6),
        blocksize=2,
    ),
    moved("trilu", "Trilu", lambda x: x.triu(1), constants={"k": np.array(1, dtype=np.int64)}),
    Case("expand", "Expand", {"x": (3, 1)}, lambda x: x.expand(2, 3, 4), constants={"shape": ints(2, 1, 4)}),
    Case("tile", "Tile", {"x": (2, 3)}, lambda x: x.repeat(2, 3), constants={"repeats": ints(2, 3)}),
    Case(
        "split-equally",
        "Split",
        {"x": (2, 6)},
        lambda x: x.chunk(3, 1),
        opset=13,
        outputs=3,
        attributes={"axis": 1},
    ),
    Case(
        "split-attribute",
        "Split",
        {"x": (2, 6)},
        lambda x: x.split([1, 5], 1),
        opset=11,
        outputs=2,
        attributes={"axis": 1, "split": [1, 5]},
    ),
    Case(
        "split",
        "Split",
        {"x": SHAPE},
        lambda x: x.split([2, 1, 2], 2),
        constants={"split": ints(2, 1, 2)},
        outputs=3,
        attributes={"axis": -1},
    ),
    Case(
        "split-unevenly-by-number",
        "Split",
        {"x": (7, 2)},
        lambda x: x.split([3, 3, 1], 0),
        opset=18,
        outputs=3,
        attributes={"num_outputs": 3},
    ),
]


def cut(name: str, reference, opset: int = 13, x=SHAPE, **parts: list[int]) -> Case:
    return moved(name, "Slice", reference, opset, x, {k: ints(*v) for k, v in parts.items()})


FAR = 2**63 - 1
SLICES = [
    moved(
        "slice-attributes",
        "Slice",
        lambda x: x[:, 1:3, :-1],
        opset=9,
        axes=[1, 2],
        starts=[1, 0],
        ends=[3, -1],
    ),
    cut("slice", lambda x: x[1:3, 0:2], starts=[1, 0], ends=[3, 2]),
    cut("slice-axes", lambda x: x[..., 2:], opset=10, starts=[2], ends=[FAR], axes=[-1]),
    cut("slice-steps", lambda x: x[:, ::2, 1::3], starts=[0, 1], ends=[FAR, FAR], axes=[1, 2], steps=[2, 3]),
    cut("slice-backwards", lambda x: x.flip(2), starts=[-1], ends=[-FAR], axes=[2], steps=[-1]),
    cut(
        "slice-backwards-from-below",
        lambda x: x[:, :1],
        starts=[-10],
        ends=[-FAR],
        axes=[1],
        steps=[-1],
    ),
    cut(
        "slice-backwards-by-two",
        lambda x: x[:, [3, 1]],
        starts=[10],
        ends=[0],
        axes=[1],
        steps=[-2],
    ),
]


def gathered(name: str, reference, indices: np.ndarray, axis: int, opset: int = 13) -> Case:
    return moved(name, "Gather", reference, opset, (5, 4, 3), {"indices": indices}, axis=axis)


ROWS = np.array([[0, 4], [2, 2]])
INDEXED = [
    gathered("gather-rows", lambda x: x[torch.from_numpy(ROWS)], ROWS, 0, opset=7),
    gathered("gather-axis", lambda x: x[:, [3, 0, 3]], ints(3, 0, 3), 1),
    gathered("gather-negative", lambda x: x[..., [2, 0]], ints(-1, -3), -1),
    gathered("gather-scalar", lambda x: x[:, 2], np.array(2, dtype=np.int64), 1),
    gathered("gather-by-int32", lambda x: x[[1, 1]], np.array([1, 1], dtype=np.int32), 0),
]


def padded(
    name: str, reference, pads: list[int], opset: int = 13, value=None, axes=None, mode="constant"
) -> Case:
    constants = {"pads": ints(*pads)}
    order = ["x", "pads", ""]
    if value is not None:
        constants["value"] = np.array(value, dtype=np.float32)
        order[2] = "value"
    if axes is not None:
        constants["axes"] = ints(*axes)
        order.append("axes")
    while order[-1] == "":
        order.pop()
    return Case(name, "Pad", {"x": (2, 3, 5)}, reference, opset, constants, order, attributes={"mode": mode})


PADS = [
    moved(
        "pad-attributes",
        "Pad",
        lambda x: F.pad(x, (2, 1, 0, 1), value=0.5),
        opset=10,
        x=(2, 3, 5),
        pads=[0, 0, 2, 0, 1, 1],
        value=0.5,
    ),
    padded("pad", lambda x: F.pad(x, (1, 2)), [0, 0, 1, 0, 0, 2]),
    padded("pad-value", lambda x: F.pad(x, (0, 1, 2, 0), value=-3.0), [0, 2, 0, 0, 0, 1], value=-3.0),
    padded("pad-negative", lambda x: F.pad(x, (-1, 2)), [0, 0, -1, 0, 0, 2]),
    padded("pad-reflect", lambda x: F.pad(x, (3, 2), mode="reflect"), [0, 0, 3, 0, 0, 2], mode="reflect"),
    padded("pad-edge", lambda x: F.pad(x, (3, 2), mode="replicate"), [0, 0, 3, 0, 0, 2], 11, mode="edge"),
    padded("pad-wrap", lambda x: F.pad(x, (2, 1), mode="circular"), [0, 0, 2, 0, 0, 1], 19, mode="wrap"),
    padded("pad-axes", lambda x: F.pad(x, (1, 2)), [1, 2], 18, axes=[-1]),
]


def resized(
    name: str,
    reference,
    x: tuple[int, ...] = (1, 2, 4, 5),
    scales: list[float] | None = None,
    sizes: list[int] | None = None,
    opset: int = 13,
    **attributes,
) -> Case:
    if sizes is not None:
        constants, order = {"sizes": ints(*sizes)}, ["x", "", "", "sizes"]
    else:
        constants = {"scales": np.array(scales, dtype=np.float32)}
        # The region of interest came with opset 11, and could be left out from opset 13 on.
        order = ["x", "scales"] if opset == 10 else ["x", "", "scales"]
        if opset == 11:
            constants["region"], order[1] = np.array([], dtype=np.float32), "region"
    return Case(name, "Resize", {"x": x}, reference, opset, constants, order, attributes=attributes)


def nearest_by_rows_and_columns(rows: list[int], columns: list[int]):
    return lambda x: x[:, :, rows][..., columns]


def linear_at(positions: list[list[float]]):
    """Linear interpolation of the last two axes at the given coordinates, held within the image."""

    def along(x: Tensor, at: list[float], axis: int) -> Tensor:
        size = x.shape[axis]
        where = torch.tensor(at, dtype=x.dtype).clamp(0, size - 1)
        low = where.floor().long().clamp(max=size - 2)
        share = (where - low).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
        return x.index_select(axis, low) * (1 - share) + x.index_select(axis, low + 1) * share

    return lambda x: along(along(x, positions[0], 2), positions[1], 3)


RESIZES = [
    resized(
        "resize-nearest-opset-10",
        lambda x: F.interpolate(x, scale_factor=2, mode="nearest"),
        scales=[1, 1, 2, 2],
        opset=10,
    ),
    resized(
        "resize-nearest",
        lambda x: F.interpolate(x, scale_factor=(2, 3), mode="nearest"),
        scales=[1, 1, 2, 3],
        opset=11,
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    ),
    resized(
        "resize-nearest-half-pixel",
        nearest_by_rows_and_columns([0, 0, 1, 2, 2, 3], [0, 0, 1, 2, 2, 3, 4, 4]),
        sizes=[1, 2, 6, 8],
    ),
    resized(
        "resize-nearest-round-ceil",
        nearest_by_rows_and_columns([0, 1, 1, 2, 2, 3, 3, 3], [0, 1, 1, 2, 2, 3, 3, 4, 4, 4]),
        scales=[1, 1, 2, 2],
        coordinate_transformation_mode="asymmetric",
        nearest_mode="round_prefer_ceil",
    ),
    resized(
        "resize-nearest-smaller",
        nearest_by_rows_and_columns([0, 2], [0, 1, 3]),
        sizes=[1, 2, 2, 3],
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    ),
    resized(
        "resize-linear",
        lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
        scales=[1, 1, 2, 2],
        mode="linear",
    ),
    resized(
        "resize-linear-sizes",
        lambda x: F.interpolate(x, size=(7, 3), mode="bilinear"),
        sizes=[1, 2, 7, 3],
        mode="linear",
        coordinate_transformation_mode="pytorch_half_pixel",
    ),
    resized(
        "resize-linear-align-corners",
        lambda x: F.interpolate(x, size=(7, 9), mode="bilinear", align_corners=True),
        sizes=[1, 2, 7, 9],
        opset=19,
        mode="linear",
        coordinate_transformation_mode="align_corners",
    ),
    resized(
        "resize-linear-asymmetric",
        linear_at([[i / 2 for i in range(8)], [i / 2 for i in range(10)]]),
        scales=[1, 1, 2, 2],
        opset=11,
        mode="linear",
        coordinate_transformation_mode="asymmetric",
    ),
    resized(
        "resize-linear-1d",
        lambda x: F.interpolate(x, scale_factor=2, mode="linear"),
        x=(1, 2, 5),
        scales=[1, 1, 2],
        opset=18,
        mode="linear",
    ),
    resized(
        "resize-nearest-1d",
        lambda x: F.interpolate(x, scale_factor=3, mode="nearest"),
        x=(1, 2, 5),
        scales=[1, 1, 3],
        opset=18,
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    ),
    moved(
        "upsample-attribute",
        "Upsample",
        lambda x: F.interpolate(x, scale_factor=2, mode="nearest"),
        opset=7,
        x=(1, 2, 3, 4),
        scales=[1.0, 1.0, 2.0, 2.0],
        mode="nearest",
    ),
    moved(
        "upsample-nearest",
        "Upsample",
        lambda x: F.interpolate(x, scale_factor=(2, 3), mode="nearest"),
        opset=9,
        x=(1, 2, 3, 4),
        constants={"scales": np.array([1, 1, 2, 3], dtype=np.float32)},
    ),
    moved(
        "upsample-linear",
        "Upsample",
        linear_at([[i / 2 for i in range(6)], [i / 2 for i in range(8)]]),
        opset=9,
        x=(1, 2, 3, 4),
        constants={"scales": np.array([1, 1, 2, 2], dtype=np.float32)},
        mode="linear",
    ),
]

CASES = [*ORDER, *SLICES, *INDEXED, *PADS, *RESIZES]
