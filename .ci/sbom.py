"""Write what the service is made of as CycloneDX JSON: every locked package with its version and its hashes."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(output: Path) -> int:
    output.parent.mkdir(parents=True, exist_ok=True)
    # A lock names no edges between packages, of which the library warns each time.
    tool = [sys.executable, "-W", "ignore::UserWarning", "-m", "cyclonedx_py", "requirements"]
    told = ["--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible", "--output-file", str(output)]
    return subprocess.run([*tool, *told, str(ROOT / ".ci" / "requirements.lock")], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
