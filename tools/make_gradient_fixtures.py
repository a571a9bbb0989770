"""Rebuild `fixtures/gradients`: single operators with their outputs and gradients.

For each case `NAME.onnx`, and `NAME.safetensors` with `input:NAME` for every input of the graph,
`output:NAME` as ONNX Runtime computes it, `weight:NAME`, an arbitrary factor for each output, and
`gradient:NAME`, PyTorch's gradient of sum(output * weight) to each float input. A case is written only where
PyTorch's output equals ONNX Runtime's to 1e-5; otherwise the script ends with an error that names it.
"""

from pathlib import Path

import torch

import gradient_cases_elementwise
import gradient_cases_layers
import gradient_cases_picking
import gradient_cases_products
import gradient_cases_sequences
import gradient_cases_shapes
from gradient_cases import write

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "gradients"


def main() -> None:
    torch.set_num_threads(1)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    modules = (
        gradient_cases_products,
        gradient_cases_layers,
        gradient_cases_elementwise,
        gradient_cases_shapes,
        gradient_cases_sequences,
        gradient_cases_picking,
    )
    cases = [case for module in modules for case in module.CASES]
    assert len({case.name for case in cases}) == len(cases), "two cases share a name"
    size, failed = 0, []
    for case in cases:
        try:
            size += write(case, FOLDER)
        except Exception as error:
            failed.append(f"{case.name}: {error}")
    operators = sorted({case.operator for case in cases})
    print(f"{len(cases) - len(failed)} cases of {len(operators)} operators, {size / 1024:.0f} KiB")
    print(" ".join(operators))
    if failed:
        raise SystemExit("\n".join(["not written:", *failed]))


if __name__ == "__main__":
    main()
