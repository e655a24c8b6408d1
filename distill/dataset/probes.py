"""Which samples of a group tell how hard its prompt is: the first ones, whatever they turned out to be."""

from distill.sampling.policy import parse_policy
from distill.store.manifest import Manifest, made_with


def num_probes(manifest: Manifest) -> int:
    """How many come first in each group of a run; 0 where a pass rate of them would be biased.

    So it is in a run that `distill extend` made of a dataset: its first samples are there because they were right.
    Raises RunError where nothing was sampled.
    """
    policy = parse_policy(made_with(manifest).policy)
    return 0 if "dataset" in manifest.made_from else policy.traits.num_probes
