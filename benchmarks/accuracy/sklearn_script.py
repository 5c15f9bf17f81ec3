"""The training with scikit-learn: `python sklearn_script.py DATA SETTINGS SEED`."""

import json
import sys
import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier

folder, settings, seed = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
X, y, X_test, y_test = (np.load(f"{folder}/{name}.npy") for name in ("X", "y", "X_test", "y_test"))
X, X_test = (pixels.astype(np.float32) / 255 for pixels in (X, X_test))

model = MLPClassifier(
    settings["hidden"],
    batch_size=settings["batch"],
    learning_rate_init=settings["rate"],
    alpha=settings["alpha"],
    max_iter=settings["epochs"],
    tol=0,
    n_iter_no_change=1000,
    random_state=seed,
)
warnings.simplefilter("ignore")  # that max_iter was reached
print(model.fit(X, y).score(X_test, y_test))
