"""The whole cure in plain PyTorch: what `leaky cure` is measured against.

    python benchmarks/cure.py --network mlp --weights mlp.pt --data mlp.npz --epochs 5 -o cured.pt

Diagnoses with hooks, revives dead units, swaps ReLU for Leaky ReLU, trains with Adam, keeps the epoch that
validates best, diagnoses again and writes the weights. Prints one line of JSON: seconds of the whole process
from its first line on (importing PyTorch included), seconds of training, peak memory, and what came of it.
"""

import time

START = time.perf_counter()

import argparse  # noqa: E402
import copy  # noqa: E402
import json  # noqa: E402
import resource  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from cure_networks import CASES, Case, Hidden  # noqa: E402

EVALUATION_BATCH = 256
# As many samples as revival looks at to centre a unit.
CENTRING_SAMPLES = 1024


@torch.no_grad()
def diagnose(network: nn.Module, x: Tensor) -> list[Tensor]:
    """For each rectifier, the share of samples and positions on which each unit is above zero."""
    counts, totals, hooks = {}, {}, []

    def count(name: str, values: Tensor) -> None:
        above = (values > 0).movedim(1, 0).flatten(1)
        counts[name] = counts.get(name, 0) + above.sum(1)
        totals[name] = totals.get(name, 0) + above.shape[1]

    for name, layer in network.named_modules():
        if isinstance(layer, (nn.ReLU, nn.LeakyReLU)):
            hook = layer.register_forward_pre_hook(lambda _, args, name=name: count(name, args[0]))
            hooks.append(hook)
    for batch in x.split(EVALUATION_BATCH):
        network(batch)
    for hook in hooks:
        hook.remove()
    return [counts[name] / totals[name] for name in counts]


@torch.no_grad()
def revive(network: nn.Module, x: Tensor, alpha: float) -> int:
    """Draws dead units' incoming weights afresh, centred on the data, and sets the outgoing to zero.

    One pass: each layer is renewed when its input arrives. Units that more than one layer hears (residual
    sums, skip connections) are left as they are.
    """
    revived = 0

    def renew(hidden: Hidden, values: Tensor) -> None:
        nonlocal revived
        layer, normalization = hidden.layer, hidden.normalization
        made = layer(values)
        units = (normalization(made) if normalization else made).movedim(1, 0).flatten(1)
        dead = (units <= 0).all(1).nonzero().flatten()
        if not len(dead):
            return
        fresh = copy.deepcopy(layer)
        nn.init.kaiming_normal_(fresh.weight, a=alpha)
        if fresh.bias is not None:
            fresh.bias.zero_()
        drawn = fresh(values).movedim(1, 0).flatten(1)[dead]
        scale, median = 1 / drawn.std(1).clamp_min(1e-6), drawn.median(1).values
        if normalization:
            layer.weight[dead] = fresh.weight[dead]
            normalization.running_mean[dead] = median
            normalization.running_var[dead] = 1.0
            normalization.weight[dead], normalization.bias[dead] = scale, torch.zeros_like(scale)
        else:
            layer.weight[dead] = fresh.weight[dead] * scale.view(-1, *[1] * (layer.weight.ndim - 1))
            layer.bias[dead] = -median * scale
        # A flattened channel reaches the hearer through as many columns as it has positions.
        outgoing = hidden.hearer.weight.view(hidden.hearer.weight.shape[0], len(units), -1)
        outgoing[:, dead] = 0
        revived += len(dead)

    working = False

    def once(hidden: Hidden, values: Tensor) -> None:
        nonlocal working
        if not working:
            working = True
            renew(hidden, values)
            working = False

    hooks = [
        hidden.layer.register_forward_pre_hook(lambda _, args, hidden=hidden: once(hidden, args[0]))
        for hidden in network.hidden()
    ]
    network(x[:CENTRING_SAMPLES])
    for hook in hooks:
        hook.remove()
    return revived


def leak(module: nn.Module, alpha: float) -> None:
    """Puts a Leaky ReLU in the place of each ReLU."""
    for name, child in module.named_children():
        if isinstance(child, nn.ReLU):
            setattr(module, name, nn.LeakyReLU(alpha))
        else:
            leak(child, alpha)


@torch.no_grad()
def evaluate(network: nn.Module, case: Case, x: Tensor, y: Tensor) -> tuple[float, float]:
    """Mean loss, and accuracy; the Dice coefficient for masks."""
    loss, shared, sizes = 0.0, 0, 0
    for batch, wanted in zip(x.split(EVALUATION_BATCH), y.split(EVALUATION_BATCH), strict=True):
        found = network(batch)
        loss += case.loss(found, wanted, "sum").item()
        if case.masks:
            mask = found > 0
            shared += 2 * (mask * wanted).sum().item()
            sizes += mask.sum().item() + wanted.sum().item()
        else:
            shared += (found.argmax(1) == wanted).sum().item()
            sizes += len(wanted)
    return loss / y.numel(), shared / sizes


def train(network: nn.Module, case: Case, train_set: tuple, validation_set: tuple, options: argparse.Namespace) -> None:
    """Adam over shuffled batches; the network is left as it was in the epoch that validated best."""
    x, y = train_set
    optimizer = torch.optim.Adam(network.parameters(), lr=options.lr)
    best_loss, best = evaluate(network, case, *validation_set)[0], copy.deepcopy(network.state_dict())
    for _ in range(options.epochs):
        for batch in torch.randperm(len(x)).split(options.batch_size):
            optimizer.zero_grad()
            case.loss(network(x[batch]), y[batch]).backward()
            optimizer.step()
        loss, _ = evaluate(network, case, *validation_set)
        if loss < best_loss:
            best_loss, best = loss, copy.deepcopy(network.state_dict())
    network.load_state_dict(best)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=list(CASES), required=True)
    parser.add_argument("--weights", type=Path, help="default: beside the data")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--alpha", type=float, default=0.01)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=0.001)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--validation-share", type=float, default=0.1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    with np.load(options.data) as data:
        x, y = torch.from_numpy(data["x"]), torch.from_numpy(data["y"])
    case = CASES[options.network]
    network = case.build().eval()
    network.load_state_dict(torch.load(options.weights or options.data.with_suffix(".pt")))
    order = torch.randperm(len(x))
    held_out = round(options.validation_share * len(x))
    validation_set = x[order[:held_out]], y[order[:held_out]]
    train_set = x[order[held_out:]], y[order[held_out:]]

    before, (_, score_before) = diagnose(network, x), evaluate(network, case, *validation_set)
    revived = revive(network, x, options.alpha)
    leak(network, options.alpha)
    training = time.perf_counter()
    train(network, case, train_set, validation_set, options)
    training = time.perf_counter() - training
    after, (_, score_after) = diagnose(network, x), evaluate(network, case, *validation_set)
    if options.output:
        torch.save(network.state_dict(), options.output)
    report = {
        "torch": torch.__version__,
        "threads": options.threads,
        "dead_before": [int((share == 0).sum()) for share in before],
        "dead_after": [int((share == 0).sum()) for share in after],
        "revived": revived,
        "score_before": score_before,
        "score_after": score_after,
        "seconds": time.perf_counter() - START,
        "training_seconds": training,
        # Linux counts in KiB.
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
