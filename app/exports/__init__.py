"""The formats of exports, one file each; `registry.py` lists them."""
