"""Which samples of a group tell how hard its prompt is: the first ones, whatever they turned out to be."""

from distill.sampling.policy import parse_policy
from distill.store.manifest import Manifest, made_with


def has_probes(manifest: Manifest) -> bool:
    """Whether the first samples of a run's groups are any samples.

    In a run that `distill extend` made of a dataset they are there because they were right.
    """
    return "dataset" not in manifest.made_from


def num_probes(manifest: Manifest) -> int:
    """How many come first in each group of a run; 0 where a pass rate of them would be biased.

    Raises RunError where nothing was sampled.
    """
    policy = parse_policy(made_with(manifest).policy)
    return policy.traits.num_probes if has_probes(manifest) else 0
