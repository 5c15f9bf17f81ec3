"""The training with neuralnet: `python neuralnet_script.py DATA SETTINGS SEED`."""

import json
import sys

import numpy as np

from neuralnet import NeuralNetMLP, OneCycle, train

folder, settings, seed = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
X, y, X_test, y_test = (np.load(f"{folder}/{name}.npy") for name in ("X", "y", "X_test", "y_test"))

model = NeuralNetMLP(
    784,
    settings["hidden"],
    hidden_activation="relu",
    output_activation="softmax",
    loss="cross_entropy",
    batch_norm=True,
    dropout=settings["dropout"],
    seed=seed,
)
train(
    model,
    X,
    y,
    num_epochs=settings["epochs"],
    learning_rate=OneCycle(settings["rate"]),
    minibatch_size=settings["batch"],
    optimizer="adam",
    running_loss=True,
    seed=seed,
)
print(model.evaluate(X_test, y_test).accuracy)
