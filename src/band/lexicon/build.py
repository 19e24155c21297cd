#!/usr/bin/env python3
"""Builds `english.deflate`, the pronouncing dictionary the band sings by, and prints its digests.

Takes the Carnegie Mellon dictionary from the npm package of that name and version, which `npm` fetches, and keeps of each
word its first pronunciation. Words that `mod.rs` derives from a shorter one (`walks`, `walked`, `walking`, `singer's`)
are left out where the derived sounds are right: `derive` here is `derive` there, rule by rule.

A line is a word, then its sounds, a byte each: 128 + 3 * vowel + stress (0 none, 1 primary, 2 secondary), or 158 +
phone, with the numbers of `Phone::ALL`. Lines are sorted by word. The same package gives the same lines.
"""

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path

PACKAGE = "cmu-pronouncing-dictionary@3.0.0"
PACKAGE_SHA256 = "ca16ac157e95277ffe1ca105a5ca2c833a15626024f15711c2a425da367b68ce"
TARGET = Path(__file__).with_name("english.deflate")

PHONES = (
    "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW "
    "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH"
).split()
VOWELS = 15
HISSES = {"S", "Z", "SH", "ZH", "CH", "JH"}
VOICELESS = {"CH", "F", "HH", "K", "P", "S", "SH", "T", "TH"}


def fetch(folder):
    """The module of the package as text."""
    subprocess.run(
        ["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL, shell=sys.platform == "win32"
    )
    (archive,) = Path(folder).glob("*.tgz")
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != PACKAGE_SHA256:
        sys.exit(f"{PACKAGE} is not what it was: {found}")
    with tarfile.open(archive) as package:
        return package.extractfile("package/index.js").read().decode("utf-8")


def read(module):
    """Words of Latin letters and apostrophes with their first pronunciation, as tuples of sounds."""
    words = {}
    for word, sounds in re.findall(r'^\s*("(?:[^"\\]|\\.)*"): "([^"]*)"', module, re.MULTILINE):
        word = json.loads(word)
        if re.fullmatch(r"'?[a-z][a-z']*", word):
            words[word] = tuple(sounds.split("#")[0].split())
    return words


def plural(sounds):
    if sounds[-1] in HISSES:
        return sounds + ("AH0", "Z")
    return sounds + ("S" if sounds[-1] in VOICELESS else "Z",)


def past(sounds):
    if sounds[-1] in ("T", "D"):
        return sounds + ("AH0", "D")
    return sounds + ("T" if sounds[-1] in VOICELESS else "D",)


def going(sounds):
    return sounds + ("IH0", "NG")


# What a word ends in, what its stem ends in instead, and what is added to the sounds of the stem.
ENDINGS = [
    ("s'", "s", tuple),
    ("'s", "", plural),
    ("ies", "y", plural),
    ("ied", "y", past),
    ("s", "", plural),
    ("d", "", past),
    ("es", "", plural),
    ("ed", "", past),
    ("ing", "", going),
    ("ing", "e", going),
]


def derive(word, known):
    """The sounds of a word by those of a shorter one: by the first ending that fits."""
    for ending, instead, add in ENDINGS:
        if not word.endswith(ending):
            continue
        stem = word[: -len(ending)] + instead
        if len(stem) > 2 and stem in known:
            return add(known[stem])
    stem = re.fullmatch(r"(.*[^aeiou])(?:ed|ing)", word)
    if stem and len(stem[1]) > 3 and stem[1][-1] == stem[1][-2] and stem[1][:-1] in known:
        return (past if word.endswith("ed") else going)(known[stem[1][:-1]])
    return None


def same(derived, sounds):
    """Whether two pronunciations sound alike: `AH0` and `IH0` do in an ending."""
    return derived is not None and [s.replace("IH0", "AH0") for s in derived] == [s.replace("IH0", "AH0") for s in sounds]


def code(sound):
    if sound[-1].isdigit():
        return 128 + 3 * PHONES.index(sound[:-1]) + int(sound[-1])
    return 128 + 3 * VOWELS + PHONES.index(sound) - VOWELS


def main():
    with tempfile.TemporaryDirectory() as folder:
        words = read(fetch(folder))
    known = {}
    for word in sorted(words, key=lambda word: (len(word), word)):
        if not same(derive(word, known), words[word]):
            known[word] = words[word]
    lines = [word.encode() + bytes(map(code, sounds)) + b"\n" for word, sounds in sorted(known.items())]
    text = b"".join(lines)
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    packed = squeeze.compress(text) + squeeze.flush()
    TARGET.write_bytes(packed)
    print(f"{len(words)} words, {len(known)} kept, {len(text)} bytes, deflated to {len(packed)}")
    print(f"sha256 of the lines: {hashlib.sha256(text).hexdigest()}")
    print(f"sha256 of the file:  {hashlib.sha256(packed).hexdigest()}")


if __name__ == "__main__":
    main()
