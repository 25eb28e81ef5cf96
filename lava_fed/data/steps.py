"""The same samples, shown for another number of steps."""

from __future__ import annotations

from hardware.errors import LavaFedError
from lava_fed.data.har import Windows
from lava_fed.data.held import Held
from lava_fed.data.images import Images
from lava_fed.data.nmnist import Recordings
from lava_fed.data.rated import Rated
from lava_fed.data.speech_commands import Utterances
from lava_fed.learning.samples import Samples


def with_steps(samples: Samples, steps: int) -> Samples:
    """Return samples of another length.

    Images are shown for longer or shorter, and recordings are cut into finer or coarser steps. Windows of motion
    and utterances keep a step a moment: they end early, or have empty steps at the end.

    Parameters
    ----------
    samples : Samples
        Samples that become spikes when they are taken.
    steps : int
        Time steps of each.

    Raises
    ------
    LavaFedError
        Where the samples are spikes already, or cannot last so long.
    """
    if isinstance(samples, Held | Images | Rated | Recordings | Utterances | Windows):
        return samples.lasting(steps)
    raise LavaFedError(
        f"{samples.title} are spikes already, so they cannot last for {steps} steps; use a named data set or a "
        "folder of images, or leave the number of steps out"
    )
