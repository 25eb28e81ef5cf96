"""The only crossing from real numbers to the chip's integers."""

from compile.quantize.exact import quantize

__all__ = ["quantize"]
