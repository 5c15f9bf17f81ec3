"""Augmentation: the effect of each strength, and reproducibility by the seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from neuralnet import Augmentation, InputError
from neuralnet.data.deformation import Deformer, gaussian_kernel, rms_displacement
from neuralnet.data.ink import draw_flags


def blob(rows: int = 28, columns: int = 28, at: tuple[float, float] = (13.5, 13.5)) -> Any:
    """Return an image of one smooth spot of ink, shape (1, H W)."""
    r, c = np.indices((rows, columns))
    spot = 255 * np.exp(-((r - at[0]) ** 2 + (c - at[1]) ** 2) / 18)
    return np.rint(spot).astype(np.uint8).reshape(1, -1)


def centre(image: Any, shape: tuple[int, int] = (28, 28)) -> Any:
    return np.array(ndimage.center_of_mass(image.reshape(shape).astype(float)))


def width(image: Any, axis: int) -> float:
    """Return the standard deviation of the ink along an axis, in pixels."""
    ink = image.reshape(28, 28).astype(float).sum(axis=1 - axis)
    at = np.arange(28)
    mean = (ink * at).sum() / ink.sum()
    return float(np.sqrt((ink * (at - mean) ** 2).sum() / ink.sum()))


IMAGES = np.random.default_rng(0).integers(0, 256, (70, 784), dtype=np.uint8)


def test_no_strength_changes_nothing() -> None:
    np.testing.assert_array_equal(Augmentation()(IMAGES, seed=0), IMAGES)


def test_results_depend_on_the_seed_only_and_inputs_are_not_modified() -> None:
    augmentation = Augmentation(rotation=15, scale=0.1, alpha=36, thickness=1, blur=0.5)
    before = IMAGES.copy()
    one, again, other = (augmentation(IMAGES, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).mean() > 0.5
    np.testing.assert_array_equal(IMAGES, before)


def test_every_image_is_deformed_differently() -> None:
    copies = Augmentation(rotation=20, alpha=36)(np.repeat(blob(at=(9, 17)), 40, axis=0), seed=0)
    assert len({copy.tobytes() for copy in copies}) == 40


@pytest.mark.parametrize("axis", [0, 1])
def test_shifts_are_uniform_up_to_the_strength(axis: int) -> None:
    moved = Augmentation(shift=3)(np.repeat(blob(), 300, axis=0), seed=0)
    shifts = np.array([centre(one)[axis] - 13.5 for one in moved])
    assert np.abs(shifts).max() == pytest.approx(3, abs=0.15)
    assert abs(shifts.mean()) < 0.3
    assert shifts.std() == pytest.approx(3 / np.sqrt(3), rel=0.1)


def test_rotation_turns_about_the_centre() -> None:
    turned = Augmentation(rotation=30)(np.repeat(blob(at=(13.5, 20)), 300, axis=0), seed=0)
    at = np.array([centre(one) - 13.5 for one in turned])
    angles = np.rad2deg(np.arctan2(at[:, 0], at[:, 1]))
    np.testing.assert_allclose(np.hypot(*at.T), 6.5, atol=0.1)
    assert np.abs(angles).max() == pytest.approx(30, abs=1.5)


@pytest.mark.parametrize("axis", [0, 1])
def test_scale_is_drawn_for_each_axis(axis: int) -> None:
    scaled = Augmentation(scale=0.3)(np.repeat(blob(), 300, axis=0), seed=0)
    widths = np.array([width(one, axis) / width(blob(), axis) for one in scaled])
    assert widths.min() == pytest.approx(0.7, abs=0.03)
    assert widths.max() == pytest.approx(1.3, abs=0.03)
    others = [width(one, 1 - axis) for one in scaled]
    assert abs(np.corrcoef(widths, others)[0, 1]) < 0.2


def test_shear_moves_rows_horizontally() -> None:
    sheared = Augmentation(shear=0.5)(np.repeat(blob(at=(7.5, 13.5)), 300, axis=0), seed=0)
    at = np.array([centre(one) - 13.5 for one in sheared])
    np.testing.assert_allclose(at[:, 0], -6, atol=0.1)
    assert np.abs(at[:, 1]).max() == pytest.approx(3, abs=0.15)


@pytest.mark.parametrize(("alpha", "sigma"), [(36.0, 5.5), (34.0, 5.0), (20.0, 3.0)])
def test_elastic_displacements_have_the_stated_strength(alpha: float, sigma: float) -> None:
    deformer = Deformer((28, 28), sigma, alpha)
    fields = deformer.displacements(np.random.default_rng(0).random((2000, 1568), np.float32))
    assert fields.shape == (2000, 2, 28, 28)
    assert fields.std() == pytest.approx(rms_displacement(alpha, sigma), rel=0.03)
    # The same variance everywhere, and no correlation between the axes.
    assert fields.std(axis=0).max() < 1.1 * fields.std()
    assert abs(np.corrcoef(fields[:, 0].ravel(), fields[:, 1].ravel())[0, 1]) < 0.05


def test_gaussian_kernel_agrees_with_scipy() -> None:
    noise = np.random.default_rng(0).random((3, 28))
    ours = noise @ gaussian_kernel(28, 2.5)
    theirs = ndimage.gaussian_filter1d(noise, 2.5, axis=1, mode="wrap", truncate=8)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    np.testing.assert_allclose(gaussian_kernel(28, 5.5).sum(axis=0), 1, rtol=1e-6)


def test_interpolation_agrees_with_scipy() -> None:
    generator = np.random.default_rng(0)
    images = generator.random((5, 12, 9), np.float32)
    affine = np.tile(np.array([[0.9, 0.2, 0.3], [-0.1, 1.1, -1.7]], np.float32), (5, 1, 1))
    out = np.empty((5, 108), np.float32)
    Deformer((12, 9), 5, 0).deform(images, affine, None, out)
    grid = np.indices((12, 9)) - np.array([5.5, 4])[:, np.newaxis, np.newaxis]
    positions = np.einsum("ij,jrc->irc", affine[0][:, :2].astype(float), grid)
    positions += (affine[0][:, 2] + [5.5, 4])[:, np.newaxis, np.newaxis]
    for image, ours in zip(images, out, strict=True):
        theirs = ndimage.map_coordinates(image, positions, order=1, mode="grid-constant")
        np.testing.assert_allclose(ours.reshape(12, 9), theirs, atol=1e-5)


def test_centred_removes_the_shift_from_the_elastic_deformation() -> None:
    images = np.repeat(blob(), 200, axis=0)
    shifts = {
        centred: np.mean(
            [
                np.abs(centre(one) - 13.5).mean()
                for one in Augmentation(alpha=36, sigma=5.5, centred=centred)(images, seed=0)
            ]
        )
        for centred in (False, True)
    }
    assert shifts[True] < 0.3 * shifts[False]


def test_strokes_become_thicker_and_thinner() -> None:
    stroke = np.zeros((28, 28), np.uint8)
    stroke[4:24, 12:15] = 255
    ink = Augmentation(thickness=1)(np.repeat(stroke.reshape(1, -1), 300, axis=0), seed=0).sum(1)
    assert ink.min() < 0.5 * stroke.sum()
    assert ink.max() > 1.5 * stroke.sum()


def test_blur_keeps_the_ink_and_spreads_it() -> None:
    images = np.repeat(blob(), 100, axis=0)
    blurred = Augmentation(blur=1)(images, seed=0)
    np.testing.assert_allclose(blurred.sum(axis=1), images.sum(axis=1), rtol=0.01)
    assert max(width(one, 0) for one in blurred) > 1.02 * width(blob(), 0)


def test_contrast_makes_ink_fainter() -> None:
    peaks = Augmentation(contrast=0.5)(np.repeat(blob(), 300, axis=0), seed=0).max(axis=1)
    assert peaks.min() == pytest.approx(127, abs=8)
    assert peaks.max() > 245


def test_lines_cross_the_stated_fraction_of_images() -> None:
    crossed = Augmentation(lines=0.5)(np.zeros((400, 784), np.uint8), seed=0)
    assert (crossed.max(axis=1) > 60).mean() == pytest.approx(0.5, abs=0.08)
    for image in crossed[crossed.max(axis=1) > 60][:50]:
        rows, columns = np.nonzero(image.reshape(28, 28))
        spread = np.linalg.svd(np.stack([rows, columns]) - [[rows.mean()], [columns.mean()]])[1]
        assert spread[1] < 0.2 * spread[0]  # thin and straight
        assert max(np.ptp(rows), np.ptp(columns)) >= 12


def test_noise_has_the_stated_strength_and_no_bias() -> None:
    grey = np.full((500, 784), 128, np.uint8)
    noisy = Augmentation(noise=0.2)(grey, seed=0).astype(float)
    deviations = noisy.std(axis=1) / 255
    assert deviations.max() == pytest.approx(0.2, abs=0.02)
    assert deviations.min() < 0.02
    assert abs(noisy.mean() - 128) < 1


def one(slant: float = 0) -> Any:
    """Return a stroke, 2 pixels wide and 20 long, that leans `slant` columns right per row up."""
    rows, columns = np.indices((28, 28))
    away = np.abs(columns - 13.5 - slant * (13.5 - rows))
    ink = np.where((rows >= 4) & (rows < 24), np.clip(1.5 - away, 0, 1), 0)
    return np.rint(255 * ink).astype(np.uint8).reshape(1, -1)


def test_flag_runs_from_the_top_of_a_one_to_the_lower_left() -> None:
    before = one().reshape(28, 28)
    flagged = np.repeat(one(), 50, axis=0).reshape(-1, 28, 28).astype(np.float32)
    length = np.linspace(0.3, 0.7, 50, dtype=np.float32)
    moved = draw_flags(flagged, length, np.full(50, np.pi / 4, np.float32), np.ones(50, np.float32))
    for image, share, by in zip(flagged, length, moved, strict=True):
        np.testing.assert_allclose(centre(image) - centre(before), by, atol=1e-3)
        rows, columns = np.nonzero(image - before > 127)
        assert columns.max() < 14
        assert columns.min() == pytest.approx(13.5 - np.sqrt(0.5) * 20 * share, abs=2)
        # At 45 degrees, as requested.
        np.testing.assert_allclose(rows - rows.min(), columns.max() - columns, atol=2.5)


def test_flag_slants_with_its_stroke_and_is_omitted_if_it_would_make_a_seven() -> None:
    strokes = np.concatenate([one(s) for s in (-0.35, 0.35, 0.7, -0.7)] + [0 * one()])
    strokes = strokes.reshape(-1, 28, 28).astype(np.float32)
    flagged = strokes.copy()
    half = np.full(5, 0.5, np.float32)
    draw_flags(flagged, half, np.full(5, np.pi / 4, np.float32), 2 * half)
    np.testing.assert_array_equal(flagged[2:], strokes[2:])
    reach = []
    for image, stroke in zip(flagged[:2], strokes[:2], strict=True):
        rows, columns = np.nonzero(image - stroke > 127)
        assert len(rows) > 5
        reach.append(np.ptp(columns) / np.ptp(rows))
    assert reach[0] < 1 < reach[1]


def test_flag_has_the_stated_relative_width_for_straight_and_bent_strokes() -> None:
    bent = np.zeros((28, 28), np.float32)
    for row in range(4, 24):  # two columns wide, like the straight stroke
        column = round(13 + 2 * np.cos((row - 13.5) / 19 * np.pi))
        bent[row, column : column + 2] = 255
    strokes = np.stack([one().reshape(28, 28).astype(np.float32), bent])
    for share in (0.6, 1.0):
        flagged = strokes.copy()
        settings = (np.full(2, value, np.float32) for value in (0.6, np.pi / 4, share))
        draw_flags(flagged, *settings)
        for image, stroke in zip(flagged, strokes, strict=True):
            added = (image - stroke)[10] / 255  # a row that the flag crosses at 45 degrees
            assert added.sum() == pytest.approx(2 * share * np.sqrt(2), abs=0.3)


def test_flags_are_drawn_on_the_stated_fraction_of_ones_and_keep_them_centred() -> None:
    images, labels = np.repeat(one(), 400, axis=0), np.repeat([1, 7], 200)
    flagged = Augmentation(flags=0.6)(images, seed=0, labels=labels)
    changed = (flagged != images).any(axis=1)
    assert changed[:200].mean() == pytest.approx(0.6, abs=0.1)
    assert not changed[200:].any()
    np.testing.assert_allclose([centre(image) for image in flagged], 13.5, atol=0.05)


def test_ones_with_a_flag_are_rotated_half_as_far() -> None:
    images, labels = np.repeat(one(), 400, axis=0), np.ones(400, int)
    turned = Augmentation(flags=0.5, rotation=40)(images, seed=0, labels=labels)
    flagged = turned.sum(axis=1) > 1.1 * one().sum()
    assert flagged.mean() == pytest.approx(0.5, abs=0.1)
    foot = []  # horizontal distance from the upper to the lower end, in columns
    for image in turned.reshape(-1, 28, 28):
        rows, columns = np.nonzero(image > 127)
        foot.append(columns[rows >= rows.max() - 1].mean() - columns[rows <= rows.min() + 1].mean())
    reach = np.abs(foot)
    assert reach[flagged].max() < 9
    assert reach[~flagged].max() > 11


@pytest.mark.parametrize("labels", [None, np.array([1])])
def test_flags_require_labels(labels: Any) -> None:
    with pytest.raises(InputError, match="labels") as caught:
        Augmentation(flags=0.5)(IMAGES, labels=labels)
    assert "70" in str(caught.value)


def test_other_shapes_and_any_number_of_images() -> None:
    augmentation = Augmentation(rotation=10, alpha=10, sigma=3, image_shape=(8, 13))
    for number in (0, 1, 31, 32, 33):
        images = np.full((number, 104), 7, np.uint8)
        assert augmentation(images, seed=0).shape == (number, 104)


@pytest.mark.parametrize(
    ("setting", "value", "fact"),
    [
        ("rotation", -1, "at least 0"),
        ("rotation", 181, "at most 180"),
        ("scale", 1.5, "at most 0.9"),
        ("shear", float("nan"), "finite"),
        ("shift", "one", "number"),
        ("alpha", -34, "at least 0"),
        ("alpha", 1e6, "at most 1000"),
        ("sigma", 0, "at least 0.5"),
        ("sigma", 300, "at most 28"),
        ("thickness", 10, "at most 3"),
        ("contrast", 1, "at most 0.9"),
        ("blur", 2, "at most 1"),
        ("lines", 1.1, "at most 1"),
        ("noise", -0.1, "at least 0"),
        ("flags", 2, "at most 1"),
        ("centred", 1, "True or False"),
        ("image_shape", 28, "28, 28"),
        ("image_shape", (0, 28), "at least 1"),
    ],
)
def test_invalid_settings_are_rejected(setting: str, value: Any, fact: str) -> None:
    with pytest.raises(InputError, match=f"(?s){setting}.*{fact}"):
        Augmentation(**{setting: value})


@pytest.mark.parametrize(
    "images", [IMAGES.astype(np.float32), IMAGES[:, :100], IMAGES[0], [[1, 2]], None]
)
def test_images_of_another_type_or_shape_are_rejected(images: Any) -> None:
    with pytest.raises(InputError, match="uint8"):
        Augmentation()(images)
