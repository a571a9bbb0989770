"""The diagnosis by a peer: how often each unit of each ReLU is above and below zero.

    python benchmarks/diagnose_peer.py --peer onnxruntime --network resnet50 --folder target/diagnose

ONNX Runtime runs the same file with the counts added to its graph; PyTorch counts in hooks. Prints one line
of JSON: seconds from the files to the counts, imports left out, and the counts.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

BATCH = 16


def onnxruntime(path: Path, threads: int) -> list:
    """Seconds, and the counts above and below zero for each ReLU."""
    import onnx
    import onnxruntime as ort
    from onnx import TensorProto, helper

    start = time.perf_counter()
    x = np.load(path.with_suffix(".npz"))["x"]
    model = onnx.load(path)
    graph, outputs = model.graph, []
    graph.initializer.append(helper.make_tensor("diagnose.zero", TensorProto.FLOAT, [], [0.0]))
    graph.initializer.append(helper.make_tensor("diagnose.axes2", TensorProto.INT64, [1], [0]))
    graph.initializer.append(helper.make_tensor("diagnose.axes4", TensorProto.INT64, [3], [0, 2, 3]))
    inferred = onnx.shape_inference.infer_shapes(model).graph
    ranks = {info.name: len(info.type.tensor_type.shape.dim) for info in [*inferred.value_info, *inferred.output]}
    for index, node in enumerate([node for node in graph.node if node.op_type == "Relu"]):
        axes = f"diagnose.axes{ranks[node.output[0]]}"
        for operator in ["Greater", "Less"]:
            name = f"diagnose.{index}.{operator}"
            graph.node.append(helper.make_node(operator, [node.input[0], "diagnose.zero"], [name]))
            graph.node.append(helper.make_node("Cast", [name], [f"{name}.float"], to=TensorProto.FLOAT))
            graph.node.append(helper.make_node("ReduceSum", [f"{name}.float", axes], [f"{name}.sum"], keepdims=0))
            graph.output.append(helper.make_tensor_value_info(f"{name}.sum", TensorProto.FLOAT, [None]))
            outputs.append(f"{name}.sum")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    totals = [0.0] * len(outputs)
    for first in range(0, len(x), BATCH):
        found = session.run(outputs, {name: x[first : first + BATCH]})
        totals = [total + part.astype(np.float64) for total, part in zip(totals, found, strict=True)]
    return [time.perf_counter() - start, totals[0::2], totals[1::2]]


def pytorch(path: Path, network: str, threads: int) -> list:
    """The same with hooks."""
    import torch

    from diagnose_networks import build

    torch.set_num_threads(threads)
    module, counts = build(network), {}
    start = time.perf_counter()
    x = np.load(path.with_suffix(".npz"))["x"]

    def count(name: str, values: torch.Tensor) -> None:
        dims = [0, *range(2, values.ndim)]
        found = torch.stack([(values > 0).sum(dims), (values < 0).sum(dims)])
        counts[name] = counts.get(name, 0) + found

    for name, layer in module.named_modules():
        if isinstance(layer, torch.nn.ReLU):
            layer.register_forward_pre_hook(lambda _, args, name=name: count(name, args[0]))
    with torch.inference_mode():
        for batch in torch.from_numpy(x).split(BATCH):
            module(batch)
    found = [both.numpy() for both in counts.values()]
    return [time.perf_counter() - start, [both[0] for both in found], [both[1] for both in found]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", choices=["onnxruntime", "pytorch"], required=True)
    parser.add_argument("--network", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    path = options.folder / f"{options.network}.onnx"
    if options.peer == "onnxruntime":
        seconds, above, below = onnxruntime(path, options.threads)
    else:
        seconds, above, below = pytorch(path, options.network, options.threads)
    dead = sum(int((layer == 0).sum()) for layer in above)
    units = sum(len(layer) for layer in above)
    always_on = sum(int((layer == 0).sum()) for layer in below)
    print(json.dumps({"seconds": seconds, "units": units, "dead": dead, "always_on": always_on}))


if __name__ == "__main__":
    main()
