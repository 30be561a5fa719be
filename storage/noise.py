"""Noise for what is given to the public: a discrete Laplace mechanism of OpenDP, an extra."""

from collections.abc import Callable, Sequence

from storage.errors import NoiseMissing

Noise = Callable[[Sequence[int]], Sequence[int]]
"""Counts, of which one event can change one by one, to counts with noise."""

MOST = 10.0
"""The largest epsilon that is called private here."""


def laplace(epsilon: float) -> Noise:
    """Make the noise of one table: one event more or less changes the odds by e^epsilon at most.

    Raises:
        NoiseMissing: OpenDP is not installed, or epsilon is none that we call private.
    """
    if not 0 < epsilon <= MOST:
        raise NoiseMissing("epsilon")
    try:
        import opendp.prelude as dp  # noqa: PLC0415 -- an extra
    except ImportError:
        raise NoiseMissing("needs_opendp") from None
    dp.enable_features("contrib")  # proven, but not reviewed by OpenDP's own process yet
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int)
    measurement = dp.m.make_laplace(*space, scale=1 / epsilon)
    spent = measurement.map(1)
    if spent > epsilon * (1 + 1e-9):
        raise NoiseMissing("epsilon")
    return lambda counts: [int(count) for count in measurement(list(counts))]
