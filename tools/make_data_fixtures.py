"""Write `fixtures/data/`: samples as pandas writes tables of them.

`expected.safetensors` holds what they are.
"""

from pathlib import Path

import numpy as np
import pandas
from safetensors.numpy import save_file

FOLDER = Path(__file__).parent.parent / "fixtures" / "data"
SAMPLES = 6


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(11)
    x = random.normal(size=(SAMPLES, 3)) * np.array([1.0, 1e-7, 1e6])
    y = random.integers(0, 3, SAMPLES)
    table = pandas.DataFrame(x, columns=["width, cm", "depth", "height"])
    table["flag"] = x[:, 0] > 0
    expected = np.column_stack([x, x[:, 0] > 0])
    # With pandas' index in a first column without a name, and the answers between the features.
    table.insert(1, "label", y)
    table.to_csv(FOLDER / "table.csv")
    table.to_csv(FOLDER / "table.tsv", sep="\t", index=False, lineterminator="\r\n")
    table.assign(label=x[:, 2]).to_csv(FOLDER / "values.csv", index=False)

    arrays = {"table": expected, "labels": y}
    save_file(arrays, FOLDER / "expected.safetensors")


if __name__ == "__main__":
    main()
