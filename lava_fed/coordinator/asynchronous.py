"""Versions of the global weights that wait for nobody.

Devices work on whatever version they were sent. As soon as the buffer holds enough updates they make a new one,
each with less weight the older the version is that it started from; whoever is free then gets the new version. A
buffer of several updates is FedBuff (Nguyen et al., "Federated learning with buffered asynchronous aggregation",
2022), one of a single update FedAsync (Xie et al., "Asynchronous federated optimization", 2019).

A version is stored with the tasks that go out with it, before they go out; so a run that was cut off sends them
again as if it had sent them then, and nothing else needs to be kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from lava_fed.aggregate.aggregator import MasterState
from lava_fed.coordinator.coordinator import Coordinator
from lava_fed.coordinator.intake import Asked, Intake
from lava_fed.coordinator.outstanding import Outstanding
from lava_fed.coordinator.round import PATIENCE, reasons
from lava_fed.errors import RunError
from lava_fed.fleet import Reply
from lava_fed.observer import Observer
from lava_fed.runs.record import Fate, RoundRecord
from lava_fed.runs.store import Store
from lava_fed.select.choose import choose

LAST_STRAW = 8
"""Patiences without a sound answer from anybody, after which a run gives up."""


def run_asynchronous(
    coordinator: Coordinator, state: MasterState, records: list[RoundRecord], store: Store, observer: Observer
) -> MasterState:
    """Make versions until there are as many as the config asks for.

    Parameters
    ----------
    coordinator : Coordinator
        Who makes them.
    state : MasterState
        After the last stored version.
    records : list of RoundRecord
        All stored versions; new ones are appended.
    store : Store
        Where they are stored.
    observer : Observer
        Told of each.

    Returns
    -------
    MasterState
        After the last version.

    Raises
    ------
    RunError
        Where nothing can arrive any more.
    """
    config = coordinator.setup.config
    course = _Course(coordinator, Outstanding(), records)
    if records:
        course.outstanding = Outstanding.from_json(store.outstanding(len(records)))
        course.send(course.outstanding.tasks)
    else:
        course.ask_free(1)
        course.send(course.outstanding.tasks)
    for number in range(len(records) + 1, config.rounds.count + 1):
        observer.stage(f"version {number} of {config.rounds.count}")
        record, state = course.version(number, state)
        records.append(record)
        asked = course.ask_free(number + 1) if number < config.rounds.count else []
        store.save_round(record, state, course.outstanding.to_json())
        coordinator.progress.round_done(record)
        course.send(asked)
    coordinator.fleet.recall()
    return state


@dataclass(eq=False)
class _Course:
    """An asynchronous run between two versions."""

    coordinator: Coordinator
    outstanding: Outstanding
    records: list[RoundRecord]
    down: dict[str, int] = field(default_factory=dict)

    def ask_free(self, number: int) -> list[str]:
        """Write down tasks for devices that are free, as many as there is room for; return whom."""
        setup, tasks = self.coordinator.setup, self.outstanding.tasks
        config = setup.config
        free = [name for name in self.coordinator.there if name not in tasks]
        places = config.rounds.together(len(setup.names)) - len(tasks)
        chosen = choose(
            config.rounds,
            free,
            self.records,
            number,
            config.run.seed,
            self.coordinator.spent,
            max(0, places),
        )
        for name in chosen:
            self.outstanding.ask(name, number - 1, self.coordinator.fleet.now)
        return list(chosen)

    def send(self, names: Iterable[str]) -> None:
        """Send devices the tasks that are written down for them."""
        encoded: dict[tuple[int, int, tuple[int, int] | None], bytes] = {}
        there = set(self.coordinator.there)
        for name in names:
            if name not in there:  # nobody hears it, and after a while it is given up
                self.down[name] = 0
                continue
            task, held = self.outstanding.tasks[name], self.outstanding.held.get(name)
            key = task.turn, task.version, held
            if key not in encoded:
                weights = self.coordinator.versions(task.version)
                encoded[key] = self.coordinator.message(task.turn, task.version, weights, held)
            self.down[name] = len(encoded[key])
            self.coordinator.fleet.send(task.turn, {name: encoded[key]}, at=task.at)

    def version(self, number: int, state: MasterState) -> tuple[RoundRecord, MasterState]:
        """Wait for enough updates and make the next version of them."""
        coordinator = self.coordinator
        intake = self._fill(number)
        ages = {name: number - 1 - update.delta.version for name, update in intake.updates.items()}
        deltas = [replace(intake.updates[name].delta, age=ages[name]) for name in sorted(ages)]
        devices = tuple(replace(each, age=ages.get(each.device, each.age)) for each in intake.account())
        record, after = coordinator.conclude(number, state, deltas, devices)
        for delta in deltas:
            self.outstanding.held[delta.device] = delta.turn, delta.version
        return record, after

    def _fill(self, number: int) -> Intake:
        """Take replies until the buffer is full, or nobody is left who could fill it."""
        coordinator, tasks = self.coordinator, self.outstanding.tasks
        config, fleet = coordinator.setup.config, coordinator.fleet
        intake = Intake(coordinator.wire, coordinator.setup.sizes)
        for name in tasks:
            self._expect(intake, name)
        heard: set[tuple[str, int]] = set()
        last = fleet.now
        while tasks and len(intake.updates) < config.asynchronous.buffer:
            reply = fleet.receive(min(task.at for task in tasks.values()) + PATIENCE)
            if reply is None:
                if fleet.now - last > LAST_STRAW * PATIENCE:
                    raise RunError(_nothing(number, intake, f"nothing sound came for {fleet.now - last:g} s"))
                self._ask_again(number, intake)
            elif reply.device in tasks and tasks[reply.device].turn == reply.turn:
                heard.add((reply.device, reply.turn))
                del tasks[reply.device]
                if self._take(number, intake, reply):
                    last = fleet.now
            elif (reply.device, reply.turn) in heard:
                intake.take(reply)  # its bytes are counted
        if not intake.updates:
            raise RunError(_nothing(number, intake, "nothing is under way any more"))
        return intake

    def _expect(self, intake: Intake, name: str) -> None:
        task = self.outstanding.tasks[name]
        intake.ask(Asked(name, task.turn, task.version, self.down[name]))

    def _take(self, number: int, intake: Intake, reply: Reply) -> bool:
        """Take the first reply to a task; whether it can be used."""
        update = intake.take(reply)
        if update is None:
            return False
        self.coordinator.progress.device_done(number, reply.device)
        age = number - 1 - update.delta.version
        if age > self.coordinator.setup.config.asynchronous.oldest:
            del intake.updates[reply.device]
            record = intake.records[reply.device]
            intake.records[reply.device] = replace(record, fate=Fate.STALE, age=age)
            return False
        return True

    def _ask_again(self, number: int, intake: Intake) -> None:
        """Give up what should have come by now, and give those devices the present version."""
        tasks, now = self.outstanding.tasks, self.coordinator.fleet.now
        silent = [name for name, task in tasks.items() if task.at + PATIENCE <= now]
        for name in silent:
            intake.give_up(name)
            del tasks[name]
        again = [name for name in self.coordinator.there if name in silent]
        for name in again:
            self.outstanding.ask(name, number - 1, now)
        self.send(again)
        for name in again:
            self._expect(intake, name)


def _nothing(number: int, intake: Intake, what: str) -> str:
    return (
        f"version {number}: no sound answer, and {what} ({'; '.join(reasons(intake))}); mend the devices, then "
        "go on with --resume"
    )
