"""The only crossing from real numbers to the chip's integers."""

from compile.quantize.accuracy_by_bits import accuracy_by_bits
from compile.quantize.exact import quantize
from compile.quantize.post_training import quantize_post_training
from compile.quantize.scheme import Method, Per, Scheme

__all__ = ["Method", "Per", "Scheme", "accuracy_by_bits", "quantize", "quantize_post_training"]
