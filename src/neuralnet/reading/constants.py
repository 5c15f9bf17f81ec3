"""Every tuned constant of the reader, with its unit, its meaning, and how it was chosen.

"Drawn pages" are the pages of `tools/training_pages.py`; "22 conditions" are those of
`tests/reading/pages.py`. The constants that define the 28x28 format are in `preparation`. Where no
comparison is named, a value is a first guess that worked on a few pages; docs/journal says what has
been measured.
"""

from __future__ import annotations

# --- working copy ---------------------------------------------------------------------------------
# Pixels. Larger images are reduced to this size before the search. Chosen so that 12 megapixels are
# read within two seconds; a digit of 20 pixels on such a page keeps 7 pixels.
WORKING_PIXELS = 1_600_000

# --- light ----------------------------------------------------------------------------------------
# Pixels. Longest side of the copy on which the light is estimated; the median of larger copies
# differs by less than one grey level.
GROUND_COPY = 96
# Fraction of the longer side, and percentile. Window and rank of the filter that estimates bare
# paper. A prototype on drawn pages compared windows of 0.15 to 0.6 and ranks of 50 to 90.
GROUND_WINDOW, GROUND_PERCENTILE = 0.3, 75
# The same over a window that the thickest digit does not fill, and the fraction of it below which
# the estimate may not fall. Chosen so that a digit that fills its image keeps its inside.
WIDE_WINDOW, LEAST_OF_WIDE = 0.8, 0.7
# Fractions of the shorter side, and fraction. Both polarities are searched unless one side holds
# less than this share of what stands out from the ground, estimated over a wide window and over one
# that a sheet on a desk fills. Chosen on drawn pages with glare and with desks.
POLARITY_WINDOWS, POLARITY_DOUBT = (0.5, 0.2), 0.06
# Standard deviations of the noise. A threshold must exceed the noise of paper by this factor, which
# normal noise exceeds in one pixel out of 1,500; found in a prototype.
NOISE_FACTOR = 3.2
# Darkness, and factors. While the lowest threshold above the noise exceeds this value, neighbouring
# pixels are averaged, at most twice; each average leaves these fractions of white noise.
MAX_NOISE, SMOOTHED_NOISE = 0.1, (1.0, 0.375, 0.273)

# --- proposals ------------------------------------------------------------------------------------
# Darkness from 0 to 1. Thresholds at which ink is labelled. Without those below 0.3, a third of the
# digits of photograph-like pages was lost.
THRESHOLDS = (0.05, 0.065, 0.08, 0.105, 0.13, 0.165, 0.2, 0.25, 0.3, 0.45, 0.62)
# Fraction. A threshold is left out if it keeps more than this share of the pixels of the last one.
SAME_MASK = 0.97
# Pixels. Height of the smallest digits: an 8 needs rows for three bars and two holes.
SMALLEST = 6
# Ratio of width to height of the widest digit, and of the widest run of digits that is cut.
WIDEST, WIDEST_RUN = 2.2, 7.0
# Standard deviations of the noise, and darkness. Where the noise exceeds the second value, the
# darkest pixel of a piece exceeds the threshold by the first, or the piece is noise.
PIECE_PEAK, QUIET = 2.0, 0.004
# Number. Largest pieces per threshold and candidates per page that are examined; a texture has
# more.
MAX_PIECES, MAX_CANDIDATES = 700, 5000
# Darkness. Thresholds at which lines are searched again; the masks in between take the last ones.
LINE_THRESHOLDS = (0.05, 0.13, 0.3, 0.62)
# Fraction of the longer side. Minimum length of a line that is erased. Bars of digits on pages of
# one row may be as long, so the page with its lines is searched as well.
LINE_LENGTH = 0.09
# Fraction of the longer side, and ratio. In a second version of the page, the long lines alone are
# erased, because stems of digits that stand on each other are as long as the sides of boxes; it is
# left out unless all lines have this many times the pixels of the long ones.
LONG_LINE, SAME_LINES = 0.3, 1.05
# Fraction of the longer side. Maximum thickness of a long line in a third version of the page, in
# which underlines as thick as the pen are erased.
LONG_LINE_THICKNESS = 0.024
# Fraction of the longer side, and pixels. Maximum thickness of a line.
LINE_THICKNESS, LINE_THICKNESS_PIXELS = 0.012, 3
# Ratio. A line is kept where the ink is thicker than this multiple of the line, because a stroke
# crosses it there.
LINE_CROSSED = 1.4
# Number. Largest pieces per threshold that are joined.
MAX_JOIN_PIECES = 300
# Fraction of the height of the union, and number. Gap within which two pieces may be one digit, and
# neighbours of each piece that are tried.
JOIN_GAP, JOIN_NEIGHBOURS = 0.25, 4
# Ratio of width to height above which a piece is cut into left and right, and of height to width
# above which it is cut into upper and lower.
CUT_WIDE, CUT_TALL = 0.7, 1.7
# Fractions of the piece's extent along the cut. Minimum extent of a part along the cut, and maximum
# extent across it, of digits beside each other and on each other.
CUT_BESIDE, CUT_STACKED = (0.3, 1.3), (0.12, 2.6)
# Fraction of the height. Width of the narrowest part of a cut, and side of the copy on which cuts
# are searched, in pixels.
CUT_NARROWEST, CUT_COPY = 0.12, 40
# Number. Cuts per piece, pieces that are cut per page, and versions of a piece (from several
# thresholds) that are cut.
MAX_CUTS, MAX_CUT_PIECES, MAX_CUT_VERSIONS = 6, 80, 2

# --- features -------------------------------------------------------------------------------------
# Ranges to which features are clipped, by number: darkness, ground, size in pixels, noise, darkness
# and size relative to the page, size and darkness relative to the likely digits. On a page with a
# desk or a shadow, marks that are no digits stretch these measures beyond all that the networks
# have seen. Chosen so that 99 % of the digits of drawn pages are inside.
FEATURE_LIMITS = {
    9: (0.05, 1.0), 11: (-0.3, 0.5), 13: (-1.3, 2.4), 19: (0.0, 0.8), 20: (0.3, 1.2),
    21: (-2.5, 0.5), 29: (-1.5, 1.5), 30: (0.3, 1.5),
}  # fmt: skip

# --- scores ---------------------------------------------------------------------------------------
# Number. Candidates that are prepared and scored by both networks, after the prefilter.
MAX_SCORED = 600
# Log-odds. Candidates below are not prepared at all. Chosen so that 99.9 % of the digits of drawn
# pages stay.
PREFILTER_LEAST = -7.0
# Fraction, and number. Of the candidates that overlap a likelier one by this much (intersection
# over union), the prefilter leaves this number first and the others only if there is room, so that
# the versions of some digits do not crowd out the others. Beyond the second number, candidates are
# not compared.
NEAR_DUPLICATE, MAX_DUPLICATES, MAX_COMPARED = 0.7, 4, 2500
# Number. The most likely candidates are scored in any case: a lone stroke looks unlikely.
MIN_SCORED = 80

# --- choice ---------------------------------------------------------------------------------------
# Fraction of the smaller box. Two chosen digits may overlap by no more than this; slanted
# neighbours do.
MAX_OVERLAP = 0.3
# Probability. Candidates below are never chosen, so not reported even as unsure.
LEAST_CHOSEN = 0.05
# Score. Gain in the sum of scores for which one candidate is exchanged for several.
EXCHANGE_GAIN = 0.3

# A candidate is part of another if this fraction of its box lies inside, and if the other's box and
# ink are larger by at least these factors, but the box by no more than the last. It then counts
# less, by up to the loss, a fraction. Compared on 190 plain pages: without it, 422 of 442 digits
# are right, with it 426.
PART_INSIDE, PART_GROWTH, PART_INK, PART_MOST, PART_LOSS = 0.85, 0.95, 1.3, 3.0, 0.6

# --- classification -------------------------------------------------------------------------------
# Pixels and degrees. Shifts and turns of the copies over which the probabilities of the classes are
# averaged. Compared on the 22 conditions and on digits of other writers.
VIEW_SHIFTS, VIEW_TURNS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)), (-7.0, 7.0)

# --- report ---------------------------------------------------------------------------------------
# Probability. Marks below are unsure and not printed: they are less likely a digit than not.
LEAST_PRINTED = 0.5
# Number, confidence, factor, confidence. The page is tried on its side if at least this number of
# marks are chosen and their mean confidence is no higher than the second value; it is turned if
# the sum of the confidences of sure digits (the last value or more) grows by the factor. Chosen on
# pages on their side.
TURN_MARKS, TURN_DOUBT, TURN_GAIN, TURN_SURE = 3, 0.75, 1.3, 0.6
# Confidence, fraction, sum of confidences. The page is tried upside down if the mean confidence is
# no higher than the first value. It is also turned if the mean doubt (1 - confidence) falls below
# the fraction of what it was and the sum of the confidences of sure digits grows by the last value.
# On 6 pages on their side or upside down, the mean was 0.46 to 0.95, and 0.99 or more when turned.
FLIP_DOUBT, FLIP_DOUBT_LEFT, FLIP_GAIN = 0.96, 0.3, 0.5
