"""What sends third factors, as Lava processes of ours: Lava has none."""

from __future__ import annotations

from typing import Any

from hardware.lava.call import Calls
from hardware.learning import Feedback, Reward, Teacher, ThirdFactor
from hardware.neurons.cuba import Cuba
from hardware.neurons.readout import Readout


def teacher_process(name: str, units: int, teacher: ThirdFactor | None, calls: Calls) -> Any:
    """Return the process beside a layer's that sends its third factors, or ``None`` where there is none.

    Parameters
    ----------
    name, units, teacher
        The layer's.
    calls : Calls
        Tells labels and rewards.
    """
    from hardware.lava.processes.reward import Rewarder
    from hardware.lava.processes.teacher import ErrorReadout

    if isinstance(teacher, Teacher):
        return ErrorReadout(units=units, teacher=teacher, calls=calls, name=f"teacher of {name}")
    if isinstance(teacher, Reward):
        return Rewarder(units=units, calls=calls, name=f"reward of {name}")
    return None


def readout_process(name: str, neuron: Readout, calls: Calls) -> Any:
    """Return the process of a layer of readout units."""
    from hardware.lava.processes.readout import ReadoutUnits

    return ReadoutUnits(neuron=neuron, calls=calls, name=name)


def feedback_process(name: str, neuron: Cuba, feedback: Feedback, calls: Calls) -> Any:
    """Return the process of a layer of neurons with their feedback, which looks into them."""
    from hardware.lava.processes.feedback import FeedbackNeurons

    return FeedbackNeurons(neuron=neuron, feedback=feedback, calls=calls, name=name)
