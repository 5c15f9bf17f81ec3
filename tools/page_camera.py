"""Light, surroundings and camera: from the ink of a sheet to a photograph of it."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from page_sheet import Coverage, Page, Sheet
from PIL import Image
from scipy import ndimage


def photographed(sheet: Sheet, kind: str, rng: np.random.Generator) -> Page:
    """Return the page as a camera sees it."""
    ink, owner = sheet.ink, sheet.owner
    if rng.random() < 0.12:  # chalk, or a pen that runs dry
        holes = rng.random((ink.shape[0] // 2 + 1, ink.shape[1] // 2 + 1)) < rng.uniform(0.1, 0.35)
        holes = holes.repeat(2, axis=0).repeat(2, axis=1)[: ink.shape[0], : ink.shape[1]]
        ink = ink * (1 - rng.uniform(0.3, 0.7) * holes).astype(np.float32)
    paper = rng.uniform(0.45, 1.0)
    page = (paper * (1 - ink)).astype(np.float32)
    page, owner = _around(page, owner, paper, rng)
    tilt = rng.normal(0, 2) if rng.random() < 0.5 else 0.0
    if abs(tilt) > 0.2:
        fill = float(np.median(page))
        page = np.asarray(
            Image.fromarray(page).rotate(tilt, Image.Resampling.BICUBIC, fillcolor=fill)
        )
        owner = np.asarray(Image.fromarray(owner).rotate(tilt, Image.Resampling.NEAREST))
    page = _lit(page, rng)
    turn = int(rng.integers(1, 4)) if rng.random() < 0.08 else 0
    page, owner = np.rot90(page, turn), np.rot90(owner, turn)
    tall = [s[0].stop - s[0].start for s in ndimage.find_objects(owner) if s]
    if rng.random() < 0.3 and tall and min(tall) > 12:  # a small picture
        scale = max(9 / min(tall), rng.uniform(0.15, 0.8))
        if scale < 1 and min(page.shape) * scale > 20:
            size = (max(1, round(page.shape[1] * scale)), max(1, round(page.shape[0] * scale)))
            page = np.asarray(
                Image.fromarray(page).resize(size, Image.Resampling.LANCZOS, reducing_gap=None)
            )
            owner = np.asarray(Image.fromarray(owner).resize(size, Image.Resampling.NEAREST))
            tall = [scale * t for t in tall]
    if rng.random() < 0.75:
        most = min(0.04 * float(np.median(tall)) if tall else 1.5, 4)
        page = ndimage.gaussian_filter(page, rng.uniform(0.2, max(0.3, most)))
    if rng.random() < 0.8:
        sigma = np.exp(rng.uniform(np.log(0.002), np.log(0.07)))
        page = page + rng.standard_normal(page.shape) * sigma
    levels = np.asarray(np.clip(np.rint(255 * page), 0, 255), np.uint8)
    if rng.random() < 0.12:
        levels = 255 - levels
    if rng.random() < 0.25:
        file = io.BytesIO()
        Image.fromarray(levels).save(file, "JPEG", quality=int(rng.integers(30, 90)))
        levels = np.asarray(Image.open(file))
    return _page(levels, owner, sheet.labels, kind, turn)


def _around(
    page: Coverage, owner: NDArray[np.uint8], paper: float, rng: np.random.Generator
) -> tuple[Coverage, NDArray[np.uint8]]:
    """Put the page on a desk, beside a dark block, or with a sliver at a border."""
    kind = rng.random()
    if kind < 0.15:
        most = min(300, max(3, int(rng.choice([0.25, 0.8]) * min(page.shape))))
        margins = rng.integers(0, most, (2, 2))
        desk = float(np.clip(paper + rng.choice([-1, -1, 1]) * rng.uniform(0.12, 0.6), 0.05, 1))
        page = np.pad(page, margins, constant_values=-1)
        owner = np.pad(owner, margins)
        grain = np.zeros(page.shape)
        if rng.random() < 0.6:
            streaks = rng.standard_normal((page.shape[0], 1)) + 0.5 * rng.standard_normal(
                page.shape
            )
            grain = rng.uniform(0.02, 0.3) * ndimage.gaussian_filter(streaks, rng.uniform(0, 4))
        page = np.where(page < 0, np.clip(desk + grain, 0, 1), page).astype(np.float32)
    elif kind < 0.25:
        side = int(rng.integers(4))
        depth = int(rng.uniform(0.03, 0.3) * page.shape[1])
        page, owner = np.rot90(page, side), np.rot90(owner, side)
        page, owner = np.pad(page, ((0, 0), (depth, 0))), np.pad(owner, ((0, 0), (depth, 0)))
        page[:, :depth] = rng.uniform(0.05, 0.9)
        half = int(rng.integers(page.shape[0]))
        page[half:, :depth] = rng.uniform(0.05, 0.9)
        page, owner = np.rot90(page, -side), np.rot90(owner, -side)
    elif kind < 0.38:
        side = int(rng.integers(4))
        page, owner = np.rot90(page, side).copy(), np.rot90(owner, side)
        knots = rng.uniform(-4, 7, int(rng.integers(2, 12)))
        depth = np.interp(
            np.linspace(0, len(knots) - 1, page.shape[0]), np.arange(len(knots)), knots
        )
        page[np.arange(page.shape[1]) < depth[:, None]] = rng.uniform(0.1, 0.7)
        page, owner = np.rot90(page, -side), np.rot90(owner, -side)
    return page, owner


def _lit(page: Coverage, rng: np.random.Generator) -> Coverage:
    """Light the page unevenly."""
    y, x = np.meshgrid(
        *(np.linspace(-1, 1, n, dtype=np.float32) for n in page.shape), indexing="ij"
    )
    if rng.random() < 0.35:
        angle = rng.uniform(0, 2 * np.pi)
        along = (np.cos(angle) * x + np.sin(angle) * y) / 2.8 + 0.5
        page = page * (1 - rng.uniform(0.1, 0.6) * along)
    if rng.random() < 0.22:
        angle = rng.uniform(0, 2 * np.pi)
        away = np.cos(angle) * x + np.sin(angle) * y - rng.uniform(-0.7, 0.7)
        soft = float(np.exp(rng.uniform(np.log(0.003), np.log(0.3))))
        shadow = 1 / (1 + np.exp(np.clip(-away / soft, -50, 50)))
        page = page * (1 - rng.uniform(0.2, 0.7) * shadow)
    if rng.random() < 0.12:
        middle, radius = rng.uniform(-0.9, 0.9, 2), rng.uniform(0.1, 0.5)
        away = np.hypot(y - middle[0], x - middle[1]) - radius
        soft = float(np.exp(rng.uniform(np.log(0.01), np.log(0.2))))
        glare = 1 / (1 + np.exp(np.clip(away / soft, -50, 50)))
        page = page + glare * rng.uniform(0.3, 1.0) * (1 - page)
    return np.asarray(page, np.float32)


def _page(
    levels: NDArray[np.uint8], owner: NDArray[np.uint8], labels: list[int], kind: str, turn: int
) -> Page:
    """Return a page with the boxes of the digits; digits on their side are not digits."""
    page = Page(np.ascontiguousarray(levels), [], [], kind)
    for place, label in zip(ndimage.find_objects(owner), labels, strict=False):
        if place is None:
            continue
        box = (place[0].start, place[1].start, place[0].stop, place[1].stop)
        if turn == 0 or (turn == 2 and label in {0, 1, 8}):
            page.boxes.append(box)
            page.labels.append(label)
        elif label in {0, 1, 8, 6, 9} or (turn == 2 and label in {2, 5}):
            page.ambiguous.append(box)
    return page
