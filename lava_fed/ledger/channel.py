"""What a message costs on its way through the air: stated models of common radios.

A message is cut into packets. Each packet adds its header and a gap, in which the radio is on, too. A radio that
may send only part of the time is on for as long, but takes longer. Retries, pairing and what keeps a connection
open are in no model; the uncertainty is meant to cover the first of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from hardware.chip.figure import Evidence
from hardware.energy.amount import NOTHING, Amount
from lava_fed.errors import ConfigError

NRF52840 = (
    "Nordic nRF52840 product specification v1.7: at 3 V with DC/DC, 1 Mbit/s, 4.8 mA at 0 dBm, 4.6 mA to receive"
)
BLE = "Bluetooth Core 4.2: packets of 251 bytes, 10 around each, then an empty answer and two gaps of 150 us"
ESP32 = "Espressif ESP32 datasheet: at 3.3 V 180 mA to send at MCS7, 100 mA to receive"
IDF = "ESP-IDF programming guide, Wi-Fi throughput: TCP 20 Mbit/s over the air; headers are in that"
TR45820 = "3GPP TR 45.820 assumes 545 mW to send at 23 dBm and 90 mW to receive"
SX1276 = "Semtech SX1276 datasheet: at 3.3 V 29 mA at 13 dBm and 10.8 mA to receive at 125 kHz"
LORA = (
    "Semtech AN1200.13 and LoRaWAN regional parameters EU868: SF7, 125 kHz, 222 bytes and 13 more, 1 % of the time"
)


@dataclass(frozen=True)
class Link:
    """One direction of a channel.

    Attributes
    ----------
    rate : float
        Bits per second while a packet is sent.
    watts : float
        Of the device's radio while it is on.
    payload, header : int
        Bytes of a message in a packet at most; bytes that are added to each packet.
    gap : float
        Seconds that each packet takes on top.
    duty : float
        Part of the time that it may be on, 0..1.
    """

    rate: float
    watts: float
    payload: int
    header: int = 0
    gap: float = 0.0
    duty: float = 1.0

    def airtime(self, size: int) -> float:
        """Return for how many seconds the radio is on for a message of ``size`` bytes; 0 for none."""
        packets = -(-size // self.payload)
        return (size + packets * self.header) * 8 / self.rate + packets * self.gap


@dataclass(frozen=True)
class Channel:
    """A radio between a device and the coordinator.

    Attributes
    ----------
    name, title : str
        Identifier in configs; name for people.
    up, down : Link
        From the device; to it.
    within : float
        Relative uncertainty of joules and seconds, 0..1.
    evidence : Evidence
        What the least certain figure rests on.
    source : str
        Where the figures were found.
    """

    name: str
    title: str
    up: Link
    down: Link
    within: float
    evidence: Evidence
    source: str

    def joules(self, up: int, down: int) -> Amount:
        """Return what the device's radio takes for ``up`` bytes sent, ``down`` bytes received."""
        return self._amount(self.up.airtime(up) * self.up.watts + self.down.airtime(down) * self.down.watts)

    def seconds(self, up: int, down: int) -> Amount:
        """Return how long it takes, with what the device must keep silent."""
        return self._amount(self.up.airtime(up) / self.up.duty + self.down.airtime(down) / self.down.duty)

    def _amount(self, value: float) -> Amount:
        if not value:
            return NOTHING
        return Amount(value, value * (1 - self.within), value * (1 + self.within))


_KNOWN = (
    Channel(
        "ble",
        "Bluetooth Low Energy, 1 Mbit/s",
        Link(rate=1e6, watts=3.0 * 4.8e-3, payload=244, header=17, gap=380e-6),
        Link(rate=1e6, watts=3.0 * 4.6e-3, payload=244, header=17, gap=380e-6),
        0.3,
        Evidence.PUBLISHED,
        f"{NRF52840}; {BLE}",
    ),
    Channel(
        "wifi",
        "Wi-Fi 802.11n, TCP",
        Link(rate=20e6, watts=3.3 * 180e-3, payload=1460),
        Link(rate=20e6, watts=3.3 * 100e-3, payload=1460),
        0.5,
        Evidence.ESTIMATE,
        f"{ESP32}; {IDF}; that the radio sends all that time is our estimate",
    ),
    Channel(
        "lte-m",
        "LTE-M, half duplex",
        Link(rate=375e3, watts=0.545, payload=1358, header=40),
        Link(rate=300e3, watts=0.09, payload=1358, header=40),
        0.5,
        Evidence.ESTIMATE,
        f"{TR45820}; peak rates of Cat-M1 in 3GPP release 13; TCP and IP headers of 40 bytes",
    ),
    Channel(
        "nb-iot",
        "NB-IoT, normal coverage",
        Link(rate=62.5e3, watts=0.545, payload=1358, header=40),
        Link(rate=25.5e3, watts=0.09, payload=1358, header=40),
        0.5,
        Evidence.ESTIMATE,
        f"{TR45820}; peak rates of Cat-NB1 in 3GPP release 13; TCP and IP headers of 40 bytes",
    ),
    Channel(
        "lorawan",
        "LoRaWAN, SF7, 868 MHz",
        Link(rate=5469.0, watts=3.3 * 29e-3, payload=222, header=13, gap=20.7e-3, duty=0.01),
        Link(rate=5469.0, watts=3.3 * 10.8e-3, payload=222, header=13, gap=20.7e-3, duty=0.01),
        0.3,
        Evidence.ESTIMATE,
        f"{SX1276}; {LORA}",
    ),
    Channel(
        "none",
        "a link that costs nothing",
        Link(rate=float("inf"), watts=0.0, payload=1),
        Link(rate=float("inf"), watts=0.0, payload=1),
        0.0,
        Evidence.READ,
        "chosen by the config",
    ),
)
CHANNELS = MappingProxyType({channel.name: channel for channel in _KNOWN})
"""Channels by name."""


def find_channel(name: str) -> Channel:
    """Return a channel by name.

    Raises
    ------
    ConfigError
        Where there is no such channel.
    """
    if name not in CHANNELS:
        raise ConfigError(
            f"no channel model is called {name!r:.60}; known for network.radio: {', '.join(CHANNELS)}"
        )
    return CHANNELS[name]
