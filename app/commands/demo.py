"""`stateward demo`: a sample tenant with people and cases."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int)


def run(arguments, settings, mint, target):
    return 0
