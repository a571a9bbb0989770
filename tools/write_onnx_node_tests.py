"""Write the node tests that the `onnx` package carries as code into a folder, one folder a test.

Each holds `model.onnx`, `tolerance.txt` (relative and absolute, as the package sets them) and, for each set
of data N, `N/input_I.pb` and `N/output_I.pb`: a tensor each, or nothing where ONNX has a sequence, a map or
an optional value, or no value at all.
"""

import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, numpy_helper
from onnx.backend.test.case.node import collect_testcases


def write_value(value: object, path: Path) -> None:
    if isinstance(value, TensorProto):
        path.write_bytes(value.SerializeToString())
    elif isinstance(value, np.ndarray | np.generic):
        path.write_bytes(numpy_helper.from_array(np.asarray(value)).SerializeToString())


def main(folder: Path) -> None:
    cases = [case for case in collect_testcases(None) if case.kind == "node"]
    for case in cases:
        target = folder / case.name
        target.mkdir(parents=True)
        (target / "model.onnx").write_bytes(case.model.SerializeToString())
        (target / "tolerance.txt").write_text(f"{case.rtol} {case.atol}\n")
        for number, (inputs, outputs) in enumerate(case.data_sets):
            data = target / str(number)
            data.mkdir()
            for index, value in enumerate(inputs):
                write_value(value, data / f"input_{index}.pb")
            for index, value in enumerate(outputs):
                write_value(value, data / f"output_{index}.pb")
    print(f"{len(cases)} node tests in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
