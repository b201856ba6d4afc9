"""The translator's network in plain PyTorch: its training, and a batched beam search."""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import nn

END = 0


class Translator(nn.Module):
    """Bidirectional LSTM, LSTM decoder, additive attention behind it: the network of `RNNTranslator`."""

    def __init__(self, n_source: int, n_target: int, units: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.source = nn.Embedding(n_source, dim)
        self.encoder = nn.LSTM(dim, units, batch_first=True, bidirectional=True)
        self.target = nn.Embedding(n_target, dim)
        self.begin = nn.Linear(4 * units, 2 * units)
        self.decoder = nn.LSTM(dim, units, batch_first=True)
        self.memory_kernel = nn.Linear(2 * units, units, bias=False)
        self.query_kernel = nn.Linear(units, units, bias=False)
        self.scale = nn.Parameter(0.05 * torch.randn(units))
        self.combine = nn.Linear(3 * units, units, bias=False)
        self.output = nn.Linear(units, n_target)
        self.dropout = nn.Dropout(dropout)

    def encode(self, x: torch.Tensor, lengths: torch.Tensor) -> tuple:
        """(B, T) -> steps (B, T, 2 H), keys (B, T, H), mask (B, T), states."""
        packed = nn.utils.rnn.pack_padded_sequence(
            self.dropout(self.source(x)), lengths, batch_first=True, enforce_sorted=False
        )
        steps, _ = nn.utils.rnn.pad_packed_sequence(self.encoder(packed)[0], batch_first=True)
        steps = self.dropout(steps)
        mask = torch.arange(steps.shape[1])[None] < lengths[:, None]
        last = steps[torch.arange(len(x)), lengths - 1]
        h, c = torch.tanh(self.begin(torch.cat([steps[:, 0], last], dim=1))).chunk(2, dim=1)
        return steps, self.memory_kernel(steps), mask, (h[None].contiguous(), c[None].contiguous())

    def attend(self, h: torch.Tensor, steps: torch.Tensor, keys: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(B, S, H) -> (B, S, H)."""
        energies = torch.tanh(self.query_kernel(h)[:, :, None] + keys[:, None]) @ self.scale  # (B, S, T)
        weights = energies.masked_fill(~mask[:, None], -1e30).softmax(dim=-1)
        return torch.tanh(self.combine(torch.cat([h, weights @ steps], dim=-1)))

    def forward(self, x: torch.Tensor, lengths: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        """Scores of the next tokens, (B, S, V)."""
        steps, keys, mask, states = self.encode(x, lengths)
        h, _ = self.decoder(self.dropout(self.target(before)), states)
        return self.output(self.dropout(self.attend(h, steps, keys, mask)))


def padded(rows: list, extra: int | None = None) -> torch.Tensor:
    """Rows of numbers as (B, S), with an end in front where it is asked for."""
    rows = [torch.as_tensor(row if extra is None else [extra, *row], dtype=torch.long) for row in rows]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True)


def train(model: Translator, X: list, y: list, epochs: int, batch_size: int = 64, rate: float = 0.002) -> list[float]:
    """Train with Adam on batches of like length; seconds of each epoch."""
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    loss_of = nn.CrossEntropyLoss(ignore_index=-100)
    rng = np.random.default_rng(0)
    sizes = np.array([len(a) + len(b) for a, b in zip(X, y)])
    model.train()
    stamps = [time.perf_counter()]
    for _ in range(epochs):
        order = np.argsort(sizes * (1 + 0.05 * rng.random(len(X))))
        batches = [order[i : i + batch_size] for i in range(0, len(X), batch_size)]
        rng.shuffle(batches)
        for rows in batches:
            x = padded([X[i] for i in rows])
            lengths = torch.tensor([len(X[i]) for i in rows])
            before = padded([y[i] for i in rows], END)
            true = nn.utils.rnn.pad_sequence(
                [torch.as_tensor([*y[i], END]) for i in rows], batch_first=True, padding_value=-100
            )
            optimizer.zero_grad()
            scores = model(x, lengths, before)
            loss_of(scores.reshape(-1, scores.shape[-1]), true.reshape(-1)).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        stamps.append(time.perf_counter())
    return np.diff(stamps).tolist()


@torch.no_grad()
def beam_search(model: Translator, X: list, width: int, longest: int, batch_size: int = 500) -> list[list[int]]:
    """The best output of each source, all sources of a batch at once."""
    model.eval()
    found: list = [None] * len(X)
    order = np.argsort([len(x) for x in X], kind="stable")
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        x, lengths = padded([X[i] for i in rows]), torch.tensor([len(X[i]) for i in rows])
        steps, keys, mask, (h, c) = model.encode(x, lengths)
        n = len(rows)
        steps, keys, mask, h, c = (
            t.repeat_interleave(width, dim=k) for t, k in ((steps, 0), (keys, 0), (mask, 0), (h, 1), (c, 1))
        )
        total = torch.full((n, width), -1e9)
        total[:, 0] = 0.0
        tokens = torch.zeros((n, width, 0), dtype=torch.long)
        last = torch.full((n * width, 1), END)
        done_score = torch.full((n, width), -1e9)
        done: list = [[None] * width for _ in range(n)]
        n_done = torch.zeros(n, dtype=torch.long)
        for t in range(longest + 1):
            out, (h, c) = model.decoder(model.target(last), (h, c))
            log_p = model.output(model.attend(out, steps, keys, mask))[:, 0].log_softmax(dim=-1)  # (n W, V)
            gained, places = (total[:, :, None] + log_p.view(n, width, -1)).view(n, -1).topk(2 * width)
            parents, chosen = places // log_p.shape[-1], places % log_p.shape[-1]
            extended = torch.cat([tokens.gather(1, parents[:, :, None].expand(-1, -1, t)), chosen[:, :, None]], dim=2)
            ends = (chosen == END) & (gained > -1e8)
            for i, k in ends[:, :width].nonzero().tolist():
                score = gained[i, k] / (t + 1)
                worst = int(done_score[i].argmin())
                if score > done_score[i, worst]:
                    done_score[i, worst], done[i][worst] = score, extended[i, k, :-1]
                n_done[i] += 1
            alive = gained.masked_fill(chosen == END, -1e9)
            total, kept = alive.topk(width)
            total = total.masked_fill((n_done >= width)[:, None], -1e9)
            tokens = extended.gather(1, kept[:, :, None].expand(-1, -1, t + 1))
            flat = (parents.gather(1, kept) + torch.arange(n)[:, None] * width).view(-1)
            h, c, last = h[:, flat], c[:, flat], tokens[:, :, -1:].reshape(-1, 1)
            if not (total > -1e8).any():
                break
        for i, row in enumerate(rows):
            best = int(done_score[i].argmax())
            found[row] = [] if done[i][best] is None else done[i][best].tolist()
    return found
