"""What the drawn cats and dogs promise."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from grader.data import draw, picture
from grader.data.brush import Canvas

SHA_32 = "07e674eec732b985a9100adffff9f9566aa089ce7428167ede247faa80c4068c"
SHA_64 = "388d4d5cba8b799193d3396afc74601c33dc97ba8b6d50baa3d1e3242dc56be3"


def sha(n: int, size: int, seed: int) -> str:
    """Return the SHA-256 of the drawn bytes and the labels."""
    images, labels = draw(n, size, seed)
    return hashlib.sha256(images.tobytes() + labels.astype("<i8").tobytes()).hexdigest()


def test_shapes_and_types():
    """Images come as uint8 NHWC and labels as int64, one each."""
    images, labels = draw(5, size=24, seed=1)
    assert images.shape == (5, 24, 24, 3)
    assert images.dtype == np.uint8
    assert labels.shape == (5,)
    assert labels.dtype == np.int64


@pytest.mark.parametrize(("n", "cats", "dogs"), [(1, 0, 1), (2, 1, 1), (9, 4, 5), (40, 20, 20)])
def test_classes_are_balanced(n, cats, dogs):
    """Half are cats and half dogs; an odd number has one dog more."""
    _, labels = draw(n, size=8)
    assert np.bincount(labels, minlength=2).tolist() == [cats, dogs]


def test_order_is_shuffled():
    """Cats and dogs come mixed, neither sorted nor taking turns."""
    _, labels = draw(200, size=8)
    changes = np.count_nonzero(np.diff(labels))
    assert 70 < changes < 130
    assert 30 < labels[:100].sum() < 70


def test_bytes_are_the_same_everywhere():
    """A seed gives these bytes, on any platform and with any version of NumPy."""
    assert sha(8, 32, 2023) == SHA_32
    assert sha(8, 64, 7) == SHA_64


def test_bytes_dont_depend_on_the_processor():
    """The bytes stay the same when NumPy may not use the processor's vector instructions."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    code = (
        "import hashlib\n"
        "from grader.data import draw\n"
        "images, labels = draw(8, 32, 2023)\n"
        "data = images.tobytes() + labels.astype('<i8').tobytes()\n"
        "print(hashlib.sha256(data).hexdigest())"
    )
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(found)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == SHA_32


def test_everything_is_painted_in_float32(monkeypatch):
    """No float64 gets into a picture: NumPy 1 and 2 would round it differently."""
    paint, types = Canvas.paint, set()

    def watch(canvas, cover, colour, strength=1.0):
        types.update(getattr(value, "dtype", None) for value in (cover, colour, strength))
        paint(canvas, cover, colour, strength)

    monkeypatch.setattr(Canvas, "paint", watch)
    draw(64, size=8)
    picture(8)
    assert types <= {np.dtype(np.float32), None}


def test_another_seed_draws_other_animals():
    """Two seeds have no picture in common."""
    one, other = draw(6, seed=1)[0], draw(6, seed=2)[0]
    assert not any(np.array_equal(a, b) for a in one for b in other)


def test_every_animal_is_different():
    """No picture of a set comes twice."""
    images, _ = draw(100, size=16, seed=3)
    assert len({image.tobytes() for image in images}) == 100


def test_size_changes_the_detail_only():
    """A seed draws the same animals at every size."""
    large, labels = draw(20, size=64, seed=5)
    small, same_labels = draw(20, size=32, seed=5)
    shrunk = large.reshape(20, 32, 2, 32, 2, 3).mean(axis=(2, 4))
    difference = np.abs(shrunk - small).mean(axis=(1, 2, 3))
    assert np.array_equal(labels, same_labels)
    assert difference.max() < 16
    assert np.abs(shrunk - small[::-1]).mean() > 40


def test_numpy_global_seed_is_left_alone():
    """Drawing neither uses nor moves NumPy's global random numbers."""
    np.random.seed(1)
    before = draw(2, seed=4)[0]
    after_drawing = np.random.random()
    np.random.seed(1)
    assert np.random.random() == after_drawing
    assert np.array_equal(draw(2, seed=4)[0], before)


def test_colour_says_nothing():
    """Cats and dogs have the same colours: their mean colours hardly differ."""
    images, labels = draw(1000, size=16, seed=6)
    colours = images.mean(axis=(1, 2))
    gap = np.abs(colours[labels == 0].mean(axis=0) - colours[labels == 1].mean(axis=0))
    assert (gap < 0.25 * colours.std(axis=0)).all()


@pytest.mark.parametrize("n", [0, -3])
def test_refuses_to_draw_nothing(n):
    """Fewer than one image is refused, and the message says what was asked."""
    with pytest.raises(ValueError, match=f"al menos 1 imagen y le pediste n={n}"):
        draw(n)


def test_refuses_a_tiny_size():
    """A size in which no animal fits is refused, and the message says which sizes do."""
    with pytest.raises(ValueError, match=r"size=8 o más \(le pediste size=7\)"):
        draw(2, size=7)


@pytest.fixture
def one_thread():
    """Keep torch to one thread: on small arrays, and next to other tests, that's the fastest."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def sets():
    """A thousand images for training and a thousand held out."""
    return (*draw(1000, 32, seed=11), *draw(1000, 32, seed=12))


def test_a_linear_classifier_is_not_enough(sets):
    """Logistic regression on raw pixels stays under 70 % on held-out images."""
    train, labels, test, test_labels = sets
    x, xt = ((a.reshape(len(a), -1) / np.float32(127.5) - 1).astype(np.float32) for a in sets[::2])
    assert x.shape == (len(train), 3072)
    assert xt.shape == (len(test), 3072)
    xt = xt - x.mean(axis=0)
    x = x - x.mean(axis=0)
    best = 0.0
    for penalty in (0.01, 0.1, 1.0):
        w, speed, b = np.zeros(3072, np.float32), np.zeros(3072, np.float32), 0.0
        for _ in range(100):
            error = 1 / (1 + np.exp(-(x @ w + b))) - labels
            speed = 0.9 * speed - 0.003 * (x.T @ error.astype(np.float32) / len(x) + penalty * w)
            w, b = w + speed, b - 0.1 * error.mean()
        best = max(best, np.mean((xt @ w + b > 0) == test_labels))
    assert 0.5 < best < 0.7


@pytest.mark.usefixtures("one_thread")
def test_one_convolution_is_enough(sets):
    """The network of lab 5 (one conv layer of 16 filters) passes 90 % on held-out images."""
    x, xt = (torch.from_numpy(a).permute(0, 3, 1, 2).float() / 127.5 - 1 for a in sets[::2])
    y, yt = (torch.from_numpy(a) for a in sets[1::2])
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(4096, 2),
        )
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        for _ in range(10):
            for batch in torch.randperm(1000).split(32):
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
                optimizer.step()
    with torch.no_grad():
        assert (model(xt).argmax(1) == yt).double().mean() > 0.9
