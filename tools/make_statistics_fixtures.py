"""Writes fixtures/statistics.json: paired t-tests by SciPy and Holm's correction by statsmodels.

Needs numpy, scipy and statsmodels.
"""

import json
from pathlib import Path

import numpy
import scipy.stats
from statsmodels.stats.multitest import multipletests

OUTPUT = Path(__file__).parent.parent / "fixtures" / "statistics.json"


def paired_cases():
    generator = numpy.random.default_rng(0)
    for count, shift in [(2, 0.1), (3, 0.0), (5, 0.02), (5, 0.5), (10, 0.01), (30, 0.05)]:
        one = generator.normal(0.9, 0.02, count)
        other = one - shift + generator.normal(0.0, 0.02, count)
        yield {
            "one": one.tolist(),
            "other": other.tolist(),
            "mean": float(numpy.mean(one)),
            "std": float(numpy.std(one, ddof=1)),
            "p_value": float(scipy.stats.ttest_rel(one, other).pvalue),
        }


def holm_cases():
    generator = numpy.random.default_rng(1)
    cases = [generator.uniform(0, 0.1, count).tolist() for count in (1, 3, 6)]
    cases.append([0.5, 0.01, 0.01, 0.9])
    for p_values in cases:
        corrected = multipletests(p_values, method="holm")[1]
        yield {"p_values": p_values, "corrected": corrected.tolist()}


def main():
    fixtures = {"paired": list(paired_cases()), "holm": list(holm_cases())}
    OUTPUT.write_text(json.dumps(fixtures, indent=1) + "\n")


if __name__ == "__main__":
    main()
