"""A whole network of Lava's own process models and ours, run without Lava's runtime."""

import numpy as np

from hardware.lava import neuron_processes, synapse_processes
from hardware.lava.call import Call
from hardware.lava.refusals import teachable
from hardware.lava.third_factor_processes import teacher_process
from hardware.network import INPUT
from hardware.probes import connection_states
from tests.versus_lava.in_process import Neurons, Synapses, import_lava, model


def simulate(program, spikes, lesson=None):
    """Run all samples; return every message, state and, at the end, the learned weights."""
    import_lava()
    simulation, shape, out = Simulation(program.network, spikes, lesson), (spikes.samples, spikes.steps), {}
    for sample, step in np.ndindex(*shape):
        states = simulation.step(spikes.values[sample, step].astype(np.int32))
        for name, value in states.items():
            out.setdefault(name, np.zeros((*shape, *value.shape), np.int32))[sample, step] = value
        if step == spikes.steps - 1:
            simulation.rest()
    return out


class Simulation:
    """The models of a network during one call."""

    def __init__(self, network, spikes, lesson):
        call = Call(spikes.steps, spikes.values.reshape(-1, spikes.units), lesson)
        self.network, self.lesson = network, lesson
        self.neurons = {
            layer.name: Neurons(
                layer.name,
                layer.neuron,
                frozenset(c.port or layer.neuron.ports[0] for c in network.into(layer.name)),
                teacher=layer.teacher,
                calls=lambda: call,
            )
            for layer in network.layers
        }
        self.axons = {
            layer.name: model(neuron_processes.axon_process(layer.name, layer.delays))
            for layer in network.layers
            if layer.delays is not None
        }
        beside = {
            layer.name: teacher_process(layer.name, layer.units, layer.teacher, lambda: call)
            for layer in network.layers
        }
        self.teachers = {name: model(process) for name, process in beside.items() if process is not None}
        self.speakers = {name: self.teachers.get(name, one.model) for name, one in self.neurons.items()}
        self.synapses = {
            c.name: Synapses(c, lambda: call, graded=network.sends_graded(c.source))
            for c in network.connections
            if not c.direct
        }

    def step(self, given):
        """Advance by one step; return all messages and states."""
        states, sent = {}, {INPUT: given}
        for connection in self.network.connections:
            self._deliver(connection, given)
        for name, layer in self.neurons.items():
            sent[name] = states[f"{name}.spikes"] = self._advance(name, layer)
            states |= {f"{name}.{state}": layer[state] for state in layer.neuron.states}
        for teacher in self.teachers.values():
            teacher.time_step += 1
            teacher.run_spk()
        for layer in self.network.layers:
            kept = layer.teacher.states if layer.teacher else ()
            states |= {f"{layer.name}.{name}": getattr(self.speakers[layer.name], name) for name in kept}
        for name, one in self.synapses.items():
            connection = self.network.connection(name)
            self._pass_on(connection, one, sent)
            if self.lesson and connection.rule:
                states |= {f"{name}.{state}": one[state] for state in connection_states(connection)}
        return states

    def _deliver(self, connection, given):
        """Hand neurons what arrives in this step."""
        neurons, teacher = self.neurons[connection.target], self.teachers.get(connection.target)
        if connection.direct:
            neurons.receive(connection.port, synapse_processes.driven(connection, given))
            return
        due = self.synapses[connection.name].due()
        neurons.receive(connection.port, due)
        if hasattr(teacher, "a_in") and not connection.port:
            teacher.a_in.parts.append(due)

    def _advance(self, name, layer):
        layer.model.time_step += 1
        sent = layer.step()
        if name not in self.axons:
            return sent
        self.axons[name].s_in.parts = [sent]
        self.axons[name].run_spk()
        return self.axons[name].s_out.value

    def _pass_on(self, connection, one, sent):
        """Hand synapses what their source and, where they learn, their target says."""
        rule, speaker = connection.rule if teachable(connection) else None, self.speakers[connection.target]
        one.model.time_step += 1
        if rule and not rule.two_factor:
            for trace in self.network.layer(connection.target).third_factors:
                getattr(one.model, f"s_in_{trace}").parts = [getattr(speaker, f"{trace}_out").value]
        if rule and rule.hears_target:
            one.model.s_in_bap.parts = [sent[connection.target]]
        held = one.due()
        np.testing.assert_array_equal(one.step(sent[connection.source]), held)
        if rule and one.model.lrn_guard():
            one.model.run_lrn()

    def rest(self):
        """Reset what a sample leaves behind."""
        for one in (*self.neurons.values(), *self.synapses.values()):
            one.rest()
        for axon in self.axons.values():
            axon.held = np.zeros_like(axon.held)
        for speaker in self.speakers.values():
            for name in ("m", "d", "n"):
                if hasattr(speaker, name):
                    setattr(speaker, name, np.zeros_like(getattr(speaker, name)))
