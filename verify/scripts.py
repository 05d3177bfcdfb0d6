"""Takes out of our own modules what is there for who reads them: a phone waits for every byte of it."""

import re

#: Our own, by static name; what packages bring goes out as they wrote it.
OWN = ("js/", "verify/")
BLOCK = re.compile(r"^[ \t]*/\*\*.*?\*/[ \t]*$", re.MULTILINE | re.DOTALL)
LINE = re.compile(r"^[ \t]*//.*$", re.MULTILINE)
#: Behind code, and with no quote after it, so that it lies in no text.
TRAILING = re.compile(r"(?<=[;,{}()\[\]]) //[^\"'`\n]*$", re.MULTILINE)


def lighter(module: str) -> str:
    """A module without comments, indents and empty lines; its texts hold no line breaks (a test looks)."""
    bare = TRAILING.sub("", LINE.sub("", BLOCK.sub("", module)))
    lines = (line.strip() for line in bare.splitlines())
    return "".join(f"{line}\n" for line in lines if line)
