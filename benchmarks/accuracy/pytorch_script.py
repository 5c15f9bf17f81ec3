"""The training with PyTorch: `python pytorch_script.py DATA SETTINGS SEED`."""

import itertools
import json
import sys

import numpy as np
import torch
from torch import nn

folder, settings, seed = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
X, y, X_test, y_test = (
    torch.from_numpy(np.load(f"{folder}/{name}.npy")) for name in ("X", "y", "X_test", "y_test")
)
X, X_test = X.float() / 127.5 - 1, X_test.float() / 127.5 - 1

torch.manual_seed(seed)
layers = []
for num_inputs, num_units in itertools.pairwise([784, *settings["hidden"]]):
    layers += [nn.Linear(num_inputs, num_units, bias=False), nn.BatchNorm1d(num_units), nn.ReLU()]
    if settings["dropout"]:
        layers.append(nn.Dropout(settings["dropout"]))
model = nn.Sequential(*layers, nn.Linear(settings["hidden"][-1], 10))
optimizer = torch.optim.Adam(model.parameters(), lr=settings["rate"], fused=True)
batch = settings["batch"]
num_steps = settings["epochs"] * -(-len(X) // batch)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings["rate"], total_steps=num_steps)
loss_of = nn.CrossEntropyLoss()
for _ in range(settings["epochs"]):
    for rows in torch.randperm(len(X)).split(batch):
        optimizer.zero_grad()
        loss_of(model(X[rows]), y[rows]).backward()
        optimizer.step()
        schedule.step()
model.eval()
with torch.no_grad():
    print((model(X_test).argmax(1) == y_test).double().mean().item())
