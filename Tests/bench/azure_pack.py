"""Packs a folder with the Azure CLI's own function and prints its milliseconds and the peak of its memory in KiB.

    azure_pack.py gzip|plain FOLDER

Run it with a Python that has azure-cli. "plain" is the same without compression. Loading the CLI is not counted.
"""

import logging
import os
import resource
import sys
import tarfile
import tempfile
import time

from azure.cli.command_modules.acr import _archive_utils

logging.disable(logging.CRITICAL)
kind, folder = sys.argv[1:]
if kind == "plain":
    original = tarfile.open
    tarfile.open = lambda name, mode: original(name, mode.removesuffix(":gz"))
with tempfile.NamedTemporaryFile(suffix=".tar.gz") as out:
    begin = time.monotonic()
    _archive_utils._pack_source_code(folder, out.name, os.path.join(folder, "Dockerfile"), "0" * 32 + "_Dockerfile")
    took = time.monotonic() - begin
print(round(took * 1000), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
