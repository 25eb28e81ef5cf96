"""Devices that want the federation to fail, so that it can be shown what stands them."""
