"""Print the oldest versions that a wheel allows of what it needs, as pip's constraints: `oldest.py WHEEL`."""

import re
import sys
import zipfile


def oldest(wheel: str) -> list[str]:
    """Return `name==version` for each requirement with a lower bound, those of the extras that run too."""
    with zipfile.ZipFile(wheel) as packed:
        (name,) = (each for each in packed.namelist() if each.endswith(".dist-info/METADATA"))
        metadata = packed.read(name).decode("utf-8").partition("\n\n")[0]
    needs = re.findall(r"^Requires-Dist: ([\w.-]+)(?:\[[^]]*\])?>=([\w.]+)(.*)$", metadata, re.MULTILINE)
    return [
        f"{name}=={version}"
        for name, version, when in needs
        if "extra" not in when or re.search("extra == .(postgres|notify).", when)
    ]


if __name__ == "__main__":
    sys.stdout.writelines(f"{each}\n" for each in oldest(sys.argv[1]))
