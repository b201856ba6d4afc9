"""The network of all rows in plain PyTorch, and its training loop."""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import nn

LAYERS = {"lstm": nn.LSTM, "gru": nn.GRU, "elman": nn.RNN}


class Network(nn.Module):
    """A recurrent layer, its last state and a linear layer."""

    def __init__(self, cell: str = "lstm", d: int = 8, units: int = 32, classes: int = 5) -> None:
        super().__init__()
        self.recurrence = LAYERS[cell](d, units, batch_first=True)
        self.head = nn.Linear(units, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _, state = self.recurrence(x)
        hidden = state[0] if isinstance(state, tuple) else state  # (layers, B, H)
        return self.head(hidden[-1])


def train(
    model: Network, X: torch.Tensor, y: torch.Tensor, epochs: int, batch_size: int = 32, learning_rate: float = 0.01
) -> list[float]:
    """Train with Adam, and give the seconds of each epoch.

    Batches are taken from one tensor by index, which is quicker than a DataLoader.
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    loss_of = nn.CrossEntropyLoss()
    stamps = [time.perf_counter()]
    for _ in range(epochs):
        total = torch.zeros(())
        for rows in torch.randperm(len(X)).split(batch_size):
            optimizer.zero_grad()
            loss = loss_of(model(X[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(rows)
        total.item()
        stamps.append(time.perf_counter())
    return np.diff(stamps).tolist()


def predict(model: Network, X: np.ndarray, batch_size: int = 1024) -> np.ndarray:
    """Classes of sequences."""
    with torch.no_grad():
        parts = [model(part).argmax(dim=1) for part in torch.from_numpy(X).split(batch_size)]
    return torch.cat(parts).numpy()
