"""How hard the drawn cats and dogs are, and how fast they are drawn.

    python benchmarks/drawn_data.py [--seeds 3] [--epochs 20] [--skip-deep]

For each seed, 1,000 training and 1,000 held-out images of 32x32:

* logistic regression on raw pixels, at its best over five penalties (chosen on the held-out images,
  which flatters it);
* the network of lab 5: conv 3x3 with 16 filters -> ReLU -> max pool 2x2 -> fully connected;
* unless ``--skip-deep``, three conv layers on 2,000 images, as in lab 6.

Everything runs on one thread.
"""

from __future__ import annotations

import argparse
import time

import torch
from torch import nn

from grader.data import draw

TRAIN = 1000
DEEP_TRAIN = 2000
HELD_OUT = 1000
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
TARGETS = {"log-reg": 66.0, "lab 5": 92.0, "lab 6": 97.0}


def tensors(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return drawn images as NCHW floats from -1 to 1, and their labels."""
    images, labels = draw(n, 32, seed)
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1.0
    return pixels.contiguous(), torch.from_numpy(labels)


def accuracy(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """Return the per cent of ``x`` that the model labels as ``y``."""
    model.eval()
    with torch.no_grad():
        return 100.0 * float((model(x).argmax(1) == y).double().mean())


def logistic_regression(
    x: torch.Tensor, y: torch.Tensor, xt: torch.Tensor, yt: torch.Tensor
) -> float:
    """Return the best held-out per cent over the penalties, each fitted to convergence (L-BFGS)."""
    x, xt = x.flatten(1).double(), xt.flatten(1).double()
    mean = x.mean(0)
    x, xt = x - mean, xt - mean
    best = 0.0
    for penalty in PENALTIES:
        w = torch.zeros(x.shape[1] + 1, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.LBFGS([w], max_iter=200, line_search_fn="strong_wolfe")

        def loss(w: torch.Tensor = w, penalty: float = penalty) -> torch.Tensor:
            scores = x @ w[1:] + w[0]
            fit = nn.functional.binary_cross_entropy_with_logits(scores, y.double())
            return fit + 0.5 * penalty * (w[1:] ** 2).sum()

        def step(w: torch.Tensor = w, optimizer: torch.optim.Optimizer = optimizer) -> torch.Tensor:
            optimizer.zero_grad()
            value = loss()
            value.backward(inputs=[w])
            return value

        optimizer.step(step)
        guess = (xt @ w[1:].detach() + w[0].detach()) > 0
        best = max(best, 100.0 * float((guess == (yt == 1)).double().mean()))
    return best


def small_network() -> nn.Module:
    """Return the network of lab 5."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(16 * 16 * 16, 2),
    )  # fmt: skip


def deep_network() -> nn.Module:
    """Return a network with three conv layers, as in lab 6."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((3, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(64 * 4 * 4, 64), nn.ReLU(), nn.Linear(64, 2)
    )


def train(model: nn.Module, x: torch.Tensor, y: torch.Tensor, epochs: int, rate: float) -> None:
    """Train with Adam in mini-batches of 32."""
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()


def main() -> None:
    """Print the figures, a line per seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--skip-deep", action="store_true")
    parser.add_argument("--epochs", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    start = time.process_time()
    draw(500, 64, 2023)
    speed = 500 / (time.process_time() - start)
    print(f"drawing at 64x64: {speed:.0f} images per second of one core")

    results: dict[str, list[float]] = {name: [] for name in TARGETS}
    for seed in range(arguments.seeds):
        torch.manual_seed(seed)
        x, y = tensors(TRAIN, 100 + seed)
        xt, yt = tensors(HELD_OUT, 200 + seed)
        results["log-reg"].append(logistic_regression(x, y, xt, yt))
        model = small_network()
        start = time.perf_counter()
        train(model, x, y, epochs=arguments.epochs, rate=1e-3)
        seconds = time.perf_counter() - start
        results["lab 5"].append(accuracy(model, xt, yt))
        line = (
            f"seed {seed}: log-reg {results['log-reg'][-1]:.1f} %, "
            f"lab 5's network {results['lab 5'][-1]:.1f} % ({seconds:.0f} s; "
            f"train {accuracy(model, x, y):.1f} %)"
        )
        if not arguments.skip_deep:
            x, y = tensors(DEEP_TRAIN, 300 + seed)
            model = deep_network()
            start = time.perf_counter()
            train(model, x, y, epochs=15, rate=1e-3)
            results["lab 6"].append(accuracy(model, xt, yt))
            line += f", three conv layers {results['lab 6'][-1]:.1f} % "
            line += f"({time.perf_counter() - start:.0f} s)"
        print(line, flush=True)
    for name, target in TARGETS.items():
        if results[name]:
            sign = "<=" if name == "log-reg" else ">="
            span = f"{min(results[name]):.1f} to {max(results[name]):.1f} %"
            print(f"{name:8} {span} (wanted {sign} {target:.0f} %)")


if __name__ == "__main__":
    main()
