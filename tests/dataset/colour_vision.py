"""How different two colours look, for full and for deficient colour vision.

Deficiencies are simulated in linear RGB by the matrices of Machado, Oliveira and Fernandes (2009) at full severity; the
difference is CIEDE2000 (Sharma, Wu and Dalal 2005), contrast is that of WCAG 2.
"""

from itertools import combinations
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

Triple = tuple[float, float, float]

VISIONS: dict[str, tuple[Triple, Triple, Triple]] = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
_WHITE = (0.95047, 1.0, 1.08883)


def least_difference(colours: tuple[str, ...] | list[str], vision: str) -> float:
    """CIEDE2000 between the two most alike of some colours."""
    seen = [lab(times(VISIONS[vision], linear(colour))) for colour in colours]
    return min(difference(first, second) for first, second in combinations(seen, 2))


def contrast(first: str, second: str) -> float:
    low, high = sorted(times(_XYZ, linear(colour))[1] for colour in (first, second))
    return (high + 0.05) / (low + 0.05)


def linear(colour: str) -> Triple:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def times(matrix: tuple[Triple, ...], colour: Triple) -> Triple:
    first, second, third = (sum(a * b for a, b in zip(row, colour, strict=True)) for row in matrix)
    return first, second, third


def lab(colour: Triple) -> Triple:
    inside: Triple = (min(1, max(0, colour[0])), min(1, max(0, colour[1])), min(1, max(0, colour[2])))
    scaled = [value / white for value, white in zip(times(_XYZ, inside), _WHITE, strict=True)]
    x, y, z = (value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in scaled)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def difference(first: Triple, second: Triple) -> float:
    """CIEDE2000 of two colours in CIELAB."""
    mean = (hypot(first[1], first[2]) + hypot(second[1], second[2])) / 2
    scale = 1.5 - 0.5 * sqrt(mean**7 / (mean**7 + 25**7))
    chromas = [hypot(each[1] * scale, each[2]) for each in (first, second)]
    hues = [degrees(atan2(each[2], each[1] * scale)) % 360 for each in (first, second)]
    is_grey = chromas[0] * chromas[1] == 0
    turn = 0.0 if is_grey else (hues[1] - hues[0] + 180) % 360 - 180
    hue = sum(hues) if is_grey else (hues[0] + turn / 2) % 360
    light, chroma = (first[0] + second[0]) / 2, sum(chromas) / 2
    weight = (
        1 - 0.17 * cos(radians(hue - 30)) + 0.24 * cos(radians(2 * hue)) + 0.32 * cos(radians(3 * hue + 6))
        - 0.2 * cos(radians(4 * hue - 63))
    )  # fmt: skip
    lightness = (second[0] - first[0]) / (1 + 0.015 * (light - 50) ** 2 / sqrt(20 + (light - 50) ** 2))
    chromatic = (chromas[1] - chromas[0]) / (1 + 0.045 * chroma)
    tint = 2 * sqrt(chromas[0] * chromas[1]) * sin(radians(turn / 2)) / (1 + 0.015 * chroma * weight)
    rotation = -2 * sqrt(chroma**7 / (chroma**7 + 25**7)) * sin(radians(60 * exp(-(((hue - 275) / 25) ** 2))))
    return sqrt(lightness**2 + chromatic**2 + tint**2 + rotation * chromatic * tint)
