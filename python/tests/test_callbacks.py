"""`Watch` within the training loops of Lightning and Transformers."""

import csv
import subprocess
import sys

import pytest
import torch
from test_watch import dying
from torch import nn


def loader():
    data = torch.utils.data.TensorDataset(torch.randn(192, 3), torch.randn(192, 2))
    return torch.utils.data.DataLoader(data, batch_size=16)


@pytest.mark.parametrize("whole", [True, False], ids=["through the module", "through its part"])
def test_lightning_trains_and_the_units_are_watched(tmp_path, whole):
    lightning = pytest.importorskip("lightning.pytorch")
    from lightning.pytorch.loggers import CSVLogger

    from leaky_relu.torch.lightning import WatchCallback

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.network = dying(dead=3)

        def forward(self, x):
            return self.network(x)

        def training_step(self, batch, index):
            x, y = batch
            return nn.functional.mse_loss(self(x) if whole else self.network(x), y)

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 1e-9)

    watch = WatchCallback(every=1)
    with pytest.raises(ValueError, match="no training has begun"):
        watch.diagnosis()
    logger = CSVLogger(str(tmp_path))
    trainer = lightning.Trainer(
        max_epochs=1, callbacks=[watch], logger=logger, accelerator="cpu",
        enable_progress_bar=False, enable_model_summary=False, enable_checkpointing=False,
    )  # fmt: skip
    trainer.fit(Module(), loader())
    found = watch.diagnosis()
    assert [(layer.name, layer.dead) for layer in found.layers] == [("network.1", [0, 1, 2])]
    with open(logger.experiment.metrics_file_path) as file:
        (row,) = csv.DictReader(file)
    assert row == {"dead_units": "0.375", "dead_units/network.1": "0.375", "step": "10"}


def test_transformers_trains_and_the_units_are_watched(tmp_path):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    from leaky_relu.torch.transformers import WatchCallback

    settings = transformers.OPTConfig(
        vocab_size=50, hidden_size=16, ffn_dim=24, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=32, word_embed_proj_dim=16,
    )  # fmt: skip
    model = transformers.OPTForCausalLM(settings)
    with torch.no_grad():
        model.model.decoder.layers[1].fc1.bias[:5] = -1e3
    data = [{"input_ids": ids, "labels": ids} for ids in torch.randint(0, 50, (32, 9))]
    rows = []
    watch = WatchCallback(every=1, logger=lambda shares, step: rows.append((shares, step)))
    arguments = transformers.TrainingArguments(
        str(tmp_path), num_train_epochs=3, per_device_train_batch_size=8, report_to=[], use_cpu=True,
        save_strategy="no", disable_tqdm=True,
    )  # fmt: skip
    transformers.Trainer(model, arguments, train_dataset=data, callbacks=[watch]).train()
    found = watch.diagnosis()
    assert [layer.name for layer in found.layers] == [
        f"model.decoder.layers.{i}.activation_fn" for i in range(2)
    ]
    assert found.layers[1].dead == [0, 1, 2, 3, 4]
    assert rows[0][1] == 10 and rows[0][0]["dead_units/model.decoder.layers.1.activation_fn"] == 5 / 24


@pytest.mark.parametrize(
    ("module", "missing", "advice"),
    [
        ("leaky_relu.torch", "torch", "install PyTorch 2.4 or newer (pip install torch)"),
        ("leaky_relu.torch.lightning", "lightning", "pip install lightning"),
        ("leaky_relu.torch.transformers", "transformers", "pip install transformers"),
    ],
)
def test_without_a_framework_the_error_says_what_to_install(module, missing, advice):
    script = f"""
import sys
sys.modules["{missing}"] = sys.modules["pytorch_lightning"] = None  # as if not installed
import leaky_relu
assert leaky_relu.leaky_relu(-1.0) == -0.01
import {module}
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert f"ImportError: {module} " in done.stderr and advice in done.stderr
