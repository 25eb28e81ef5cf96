"""The Program of each device, where no two chips are equal."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hardware.mismatch.apply import ImperfectDevice, imperfect
from hardware.mismatch.dead import can_hold
from hardware.mismatch.known import find_profile
from hardware.mismatch.profile import MismatchError
from hardware.program import Program


def device_programs(
    program: Program,
    profile: str,
    severity: float,
    names: Sequence[str],
    seed: int,
    shared: Collection[str] = (),
) -> dict[str, Program]:
    """Return a Program as each imperfect device has it.

    Neurons differ, and so do weights that neither learn nor are shared. Those that do are written anew in every
    round, so they are left as they are: what a profile says of gains, stuck or flipped bits and dead synapses
    holds for the other connections only. Dead neurons stay dead whatever is written.

    Parameters
    ----------
    program : Program
        The perfect one, which the federation trains.
    profile : str
        Name of a device profile, or path of its TOML file.
    severity : float
        Factor on all its spreads and probabilities.
    names : sequence of str
        The devices; a device's name decides its draws.
    seed : int
        0..2^31-1; another seed means other chips of the same kind.
    shared : collection of str
        Connections that do not learn on the chip and whose weights are written anew all the same.

    Returns
    -------
    dict of str to Program
        In the order of ``names``.

    Raises
    ------
    MismatchError
        Where there is no such profile, severity or seed is out of range, no chip could hold the result, or a dead
        neuron can only be cut off by weights that learn.
    """
    kind = find_profile(profile)
    written = {connection.name for connection in program.network.plastic} | set(shared)
    nominal = {name: program.network.connection(name).synapse.weights for name in sorted(written)}
    found = {}
    for name in names:
        device = imperfect(program, kind, device=name, seed=seed, severity=severity)
        _check_dead(program, device, written, name)
        found[name] = device.program.with_weights(nominal)
    return found


def _check_dead(program: Program, device: ImperfectDevice, written: Collection[str], name: str) -> None:
    """Refuse dead neurons into which weights are written anew, unless their own parameters hold them down."""
    network = program.network
    dead = {effect.where for effect in device.effects if effect.mechanism == "dead_neurons" and effect.hit}
    for layer in network.layers:
        into = [connection.name for connection in network.into(layer.name) if connection.name in written]
        if layer.name in dead and into and not can_hold(network, layer):
            raise MismatchError(
                f"device {name}: dead neurons of layer {layer.name!r} could only be cut off by the weights of "
                f"{into[0]}, which are written anew in every round; set faults.dead_neurons to 0 in the profile"
            )
