"""Jobs that fail in every way that Lava knows, run by ``hardware.lava.job``."""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from hardware.errors import LavaFedError
from hardware.lava import job, runtime
from hardware.lava.call import Call

TARGET = "tests.lava.fault_job:main"


def main(folder, arguments):
    """Return what runs a graph whose middle process has the fault ``arguments["fault"]``."""
    fault = arguments["fault"]
    if fault == "worker raises":
        raise KeyError("a key of the worker")
    if fault == "worker finds no room":
        raise OSError(28, "No space left on device")
    if fault == "worker refuses":
        raise LavaFedError("layer 'a' is not to my taste; give me another")
    if fault == "worker is killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "worker hangs":
        time.sleep(1000)
    if fault == "escapes":
        escape(folder)

    from lava.magma.core.run_configs import Loihi2SimCfg
    from lava.proc.dense.process import Dense
    from lava.proc.io.source import RingBuffer
    from lava.proc.lif.process import LIF

    from hardware.lava.processes.recorder import Recorder
    from tests.lava.fault_processes.faulty import Faulty

    units, steps = 5, arguments.get("steps", 20)
    source = RingBuffer(data=np.ones((units, steps), np.int32))
    before, middle = Dense(weights=np.eye(units, dtype=np.int32)), Faulty(units=units, fault=fault)
    after, neurons = Dense(weights=np.eye(units, dtype=np.int32)), LIF(shape=(units,))
    file = folder / "spikes.npy"
    np.save(file, np.zeros((steps, units), np.uint8))
    call = Call(steps, np.ones((steps, units), np.int32), outputs={"spikes": file})
    progress = str(folder / "progress")
    recorder = Recorder(shapes=[(units,)], names=["spikes"], calls=lambda: call, progress=progress)
    source.s_out.connect(before.s_in)
    before.a_out.connect(middle.a_in)
    middle.s_out.connect(after.s_in)
    after.a_out.connect(neurons.a_in)
    neurons.s_out.connect(recorder.s_in0)
    simulation = runtime.Simulation(source, Loihi2SimCfg(select_tag="fixed_pt"), folder)
    return lambda: simulation.run(steps)


def escape(folder):
    """Leave a daemon of the classical kind: a grandchild in a session of its own."""
    from multiprocessing import shared_memory

    segment = shared_memory.SharedMemory(create=True, size=64)
    Path(folder, "segment").write_text(segment.name)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            import ctypes

            ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # even without PR_SET_PDEATHSIG
            time.sleep(1000)
        os._exit(0)
    os.wait()


if __name__ == "__main__":  # a caller that the test interrupts or kills
    with job.Job(TARGET, {"fault": sys.argv[1], "steps": 100000}) as running:
        Path(sys.argv[2]).write_text(str(running.folder))
        running.call()
