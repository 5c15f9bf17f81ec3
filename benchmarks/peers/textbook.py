"""Textbook implementation in plain NumPy and float64, written for readability, not for speed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.peers import base
from benchmarks.workloads import Array, Network


class Textbook:
    """Multilayer perceptron trained by gradient descent or Adam."""

    def __init__(self, network: Network, start: list[Array]) -> None:
        self.network = network
        self.weights = [weight.astype(np.float64) for weight in start]
        self.num_steps = 0
        self.m = [np.zeros_like(weight) for weight in self.weights]
        self.v = [np.zeros_like(weight) for weight in self.weights]

    def forward(self, X: Array) -> list[Array]:
        """Return the activations of all layers."""
        activations = []
        a = X
        last = len(self.weights) // 2 - 1
        for layer in range(last + 1):
            z = np.dot(a, self.weights[2 * layer]) + self.weights[2 * layer + 1]
            kind = self.network.output if layer == last else self.network.hidden
            if kind == "sigmoid":
                a = 1.0 / (1.0 + np.exp(-z))
            elif kind == "relu":
                a = np.maximum(z, 0.0)
            else:
                e = np.exp(z - np.max(z, axis=1, keepdims=True))
                a = e / np.sum(e, axis=1, keepdims=True)
            activations.append(a)
        return activations

    def backward(self, X: Array, activations: list[Array], y: Array) -> list[Array]:
        """Return the gradients of the loss with respect to W and b of each layer."""
        y_onehot = np.eye(self.network.sizes[-1])[y]
        a_out = activations[-1]
        if self.network.loss == "mean_squared_error":
            delta = 2.0 * (a_out - y_onehot) / len(y) * a_out * (1.0 - a_out)
        else:
            delta = (a_out - y_onehot) / len(y)
        gradients: list[Array] = []
        for layer in reversed(range(len(activations))):
            inputs = X if layer == 0 else activations[layer - 1]
            gradients = [np.dot(inputs.T, delta), np.sum(delta, axis=0), *gradients]
            if layer > 0:
                delta = np.dot(delta, self.weights[2 * layer].T)
                if self.network.hidden == "sigmoid":
                    delta = delta * inputs * (1.0 - inputs)
                else:
                    delta = delta * (inputs > 0)
        return gradients

    def update(self, gradients: list[Array]) -> None:
        """Take one step of gradient descent or of Adam."""
        lr = self.network.learning_rate
        self.num_steps += 1
        for i, gradient in enumerate(gradients):
            if self.network.optimizer == "sgd":
                self.weights[i] -= lr * gradient
                continue
            self.m[i] = 0.9 * self.m[i] + 0.1 * gradient
            self.v[i] = 0.999 * self.v[i] + 0.001 * gradient**2
            m_hat = self.m[i] / (1.0 - 0.9**self.num_steps)
            v_hat = self.v[i] / (1.0 - 0.999**self.num_steps)
            self.weights[i] -= lr * m_hat / (np.sqrt(v_hat) + 1e-8)

    def train_epoch(self, X: Array, y: Array, order: Array) -> None:
        """Train on all examples once, batch by batch."""
        for rows in minibatches(order, self.network.batch_size):
            activations = self.forward(X[rows])
            self.update(self.backward(X[rows], activations, y[rows]))

    def loss_and_accuracy(self, X: Array, y: Array) -> tuple[float, float]:
        """Return the mean squared error (summed over outputs) and the accuracy."""
        loss = correct = 0.0
        for rows in minibatches(np.arange(len(X)), self.network.batch_size):
            probabilities = self.forward(X[rows])[-1]
            y_onehot = np.eye(self.network.sizes[-1])[y[rows]]
            loss += np.sum((y_onehot - probabilities) ** 2)
            correct += np.sum(np.argmax(probabilities, axis=1) == y[rows])
        return loss / len(X), correct / len(X)

    def probabilities(self, X: Array) -> Array:
        """Return class probabilities; each row sums to 1."""
        a_out = self.forward(X)[-1]
        normalized: Array = a_out / np.sum(a_out, axis=1, keepdims=True)
        return normalized


def minibatches(order: Array, batch_size: int) -> Iterator[Array]:
    """Yield the indices of each batch."""
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


class Trainer(base.Trainer):
    """Training with the textbook implementation."""

    inputs = "float64"

    def __init__(self, job: base.Job) -> None:
        self.job = job
        self.X, self.y = base.scaled(job.images()).astype(np.float64), job.labels()

    def train(self, order: base.Order) -> float:
        """Train for an epoch; return the time in seconds."""
        self.textbook = Textbook(self.job.network, self.job.network.start(order.seed))
        rows = order.rows(self.job)
        began = time.perf_counter()
        self.textbook.train_epoch(self.X, self.y, rows)
        return time.perf_counter() - began

    def weights(self) -> list[Array]:
        """Return the weights."""
        return self.textbook.weights


class Predictor(base.Predictor):
    """Prediction with the textbook implementation."""

    inputs = "float64"

    def __init__(self, job: base.Job) -> None:
        self.X = base.scaled(job.test_images()).astype(np.float64)
        self.textbook = Textbook(job.network, job.network.start(seed=0))

    def predict(self) -> Array:
        """Return the class probabilities."""
        return self.textbook.probabilities(self.X)
