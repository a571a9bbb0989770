"""Write the array files of the dataset tests, as NumPy and safetensors write them.

Every array has the shape [5, 2, 3]; its element number i, counted in C order, is i - 12 for signed
types, i for unsigned ones, (i - 12) / 2 for floats, and whether i is a multiple of 3 for booleans.
The file of odd ends has what real files carry beside the data.

    python tools/make_array_fixtures.py
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

FILES = Path(__file__).parent.parent / "crates/leaky-cure/tests/data/files"
SHAPE = (5, 2, 3)
COUNT = 30


def values(kind: str) -> np.ndarray:
    """The elements as numbers that every type of this kind holds exactly."""
    numbers = np.arange(COUNT).reshape(SHAPE)
    match kind:
        case "f":
            return (numbers - 12) / 2
        case "i":
            return numbers - 12
        case "u":
            return numbers
        case "b":
            return numbers % 3 == 0
    raise ValueError(kind)


def numpy_arrays() -> dict[str, np.ndarray]:
    """Each type in C order, in Fortran order, and with the highest byte first."""
    arrays = {}
    for name in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]:
        array = values(name[0]).astype(name)
        arrays[name] = array
        arrays[f"{name}_fortran"] = np.asfortranarray(array)
        arrays[f"{name}_big"] = array.astype(array.dtype.newbyteorder(">"))
    arrays["f4_fortran_big"] = np.asfortranarray(arrays["f4_big"])
    return arrays


def torch_tensors() -> dict[str, torch.Tensor]:
    """Each type that both formats have, and bfloat16."""
    tensors = {name: torch.from_numpy(array) for name, array in numpy_arrays().items() if "_" not in name}
    tensors["bf16"] = tensors["f4"].to(torch.bfloat16)
    return tensors


def main() -> None:
    """Write all files."""
    FILES.mkdir(parents=True, exist_ok=True)
    arrays = numpy_arrays()
    np.savez(FILES / "stored.npz", **arrays)
    np.savez_compressed(FILES / "deflated.npz", **arrays)
    np.save(FILES / "x.npy", arrays["f4"])
    np.save(FILES / "labels.npy", np.array([2, 0, 1, 2, 0], dtype=np.uint8))
    save_file(torch_tensors(), FILES / "stored.safetensors", metadata={"format": "pt"})
    np.savez(
        FILES / "odd-ends.npz",
        x=arrays["f4"],
        classes=np.array(["ant", "bee", "cat"]),
        notes=np.array({"source": "a field"}, dtype=object),
        spectrum=np.zeros(3, dtype=np.complex64),
        records=np.zeros(2, dtype=[("a", "<f4", (2,)), ("b", "<i2")]),
        mean=np.float64(0.5),
        nothing=np.zeros((0, 3), dtype=np.float32),
    )


if __name__ == "__main__":
    main()
