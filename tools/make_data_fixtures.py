"""Write `fixtures/data/`: samples as pandas writes tables of them, and images as Pillow writes them.

`expected.safetensors` holds what they are.
"""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas
from PIL import Image
from safetensors.numpy import save_file

from fixture_training import digits

FOLDER = Path(__file__).parent.parent / "fixtures" / "data"
SAMPLES = 6
SIZE = (5, 7)


def written(image, top, folder, name, mode="RGB"):
    """Writes an image, and gives what it holds."""
    path = FOLDER / top / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return np.asarray(Image.open(path).convert(mode))


def extremes(dtype):
    """The least, the greatest and another number of a type."""
    if dtype == bool:
        return np.array([False, True, True])
    limits = np.iinfo(dtype) if dtype.kind in "iu" else np.finfo(dtype)
    return np.array([limits.min, limits.max, 3], dtype)


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

    # The same in Parquet, in several row groups, with an index that is a column without a name of the table's own.
    backwards = table.set_index(np.arange(SAMPLES)[::-1])
    backwards.to_parquet(FOLDER / "table.parquet", row_group_size=4)
    table.assign(label=x[:, 2]).to_parquet(FOLDER / "values.parquet", index=False)
    # Every kind of number, with and without a dictionary; what is no number, and what is missing.
    kinds = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "bool"]
    numbers = pandas.DataFrame({kind: extremes(np.dtype(kind)) for kind in kinds})
    numbers.to_parquet(FOLDER / "numbers.parquet", use_dictionary=False, data_page_version="2.0")
    numbers.to_parquet(FOLDER / "dictionary.parquet", compression=None)
    others = {
        "text": ["a", "b"],
        "lists": [[1, 2], [3]],
        "decimals": [Decimal("1.5"), Decimal("2.5")],
        "dates": pandas.to_datetime(["2020-01-01", "2020-01-02"]),
        "missing": [1.0, None],
    }
    for name, column in others.items():
        pandas.DataFrame({"a": [1, 2], name: column}).to_parquet(FOLDER / f"{name}.parquet")
    for compression in ["gzip", "zstd"]:
        numbers.to_parquet(FOLDER / f"{compression}.parquet", compression=compression)

    # Lossless kinds hold the numbers themselves; of a JPEG what Pillow reads again is what it is.
    random = np.random.default_rng(12)
    pixels = [Image.fromarray(image) for image in random.integers(0, 256, (4, *SIZE, 3), dtype=np.uint8)]
    pixels[1] = pixels[1].quantize(8)
    pixels[2] = pixels[2].resize((2, 2)).resize(SIZE[::-1], Image.Resampling.BICUBIC)
    pixels[3].putalpha(128)
    kinds = [("cat", "a.png"), ("cat", "palette.png"), ("dog", "a.jpg"), ("dog", "opacity.PNG")]
    images = [written(pixels, "images", *kind) for pixels, kind in zip(pixels, kinds, strict=True)]
    (FOLDER / "images" / "notes.txt").write_text("not an image\n")
    grey = [Image.fromarray(image) for image in random.integers(0, 256, (2, *SIZE), dtype=np.uint8)]
    grey[1] = grey[1].convert("1", dither=Image.Dither.NONE)
    grey = [written(image, "grey", "all", f"{number}.png", "L") for number, image in enumerate(grey)]

    # Four of each of the digits, for the networks of the other fixtures.
    handwritten, labels = digits()
    for digit in range(10):
        for number, image in enumerate(handwritten[labels == digit][:4, 0]):
            written(Image.fromarray((image * 255).astype(np.uint8)), "digits", str(digit), f"{number}.png")

    arrays = {"table": expected, "labels": y, "classes": np.array([0, 0, 1, 1])}
    arrays["numbers"] = numbers.to_numpy(np.float64)
    arrays["images"] = np.moveaxis(np.stack(images), -1, 1).astype(np.float64) / 255
    arrays["grey"] = np.stack(grey)[:, None].astype(np.float64) / 255
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    save_file(arrays, FOLDER / "expected.safetensors")


if __name__ == "__main__":
    main()
