"""Judges what the scratch band plays: `sound.py TAKESHEET FOLDER`.

FOLDER/band holds what `cargo bench --bench band -- --write` wrote. Every figure comes from a tool that is not ours:
ffprobe, ffmpeg, mpg123, sox, aubio, librosa, pocketsphinx. Fails if one goal is missed. With UPDATE=1 the figures are
written to docs/audio.md.
"""

import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

import librosa
import numpy as np
from pocketsphinx import Config, Decoder

RATES = [16000, 24000, 32000, 44100]
BITRATES = [32000, 64000, 128000, 256000]
PAGE = Path("docs/audio.md")
MARKS = ("<!-- figures -->", "<!-- /figures -->")

rows: list[tuple[str, str, str, str, bool]] = []


def judge(what: str, tool: str, goal: str, figure: str, held: bool) -> None:
    """Notes one figure and whether it reaches its goal."""
    rows.append((what, tool, goal, figure, held))
    print(f"{'ok ' if held else 'BAD'} {what}: {figure} (goal: {goal}; {tool})", flush=True)


def said(*command: object) -> str:
    """What a command prints, both streams; an error if it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


# --- formats, through the program itself -----------------------------------------------------------------------------


def render_formats(takesheet: str, folder: Path) -> list[dict]:
    """One take of each format, rate and bitrate that can be asked for, rendered by `takesheet run`."""
    folder.mkdir(parents=True)
    songs = []
    for rate in RATES:
        for kind, bitrates in [("mp3", BITRATES), ("wav", BITRATES[:1]), ("pcm", BITRATES[:1])]:
            for bitrate in bitrates:
                songs.append(
                    f"  {kind}-{rate}-{bitrate}:\n    lyrics: line\n    voice: demo\n    instrumental: demo\n"
                    f"    audio: {{ format: {kind}, sample_rate: {rate}, bitrate: {bitrate} }}\n"
                )
    subprocess.run(["sox", "-n", "-r", "16000", folder / "demo.wav", "synth", "11", "sine", "220", "vol", "0.5"], check=True)
    (folder / "formats.yaml").write_text(
        "version: 1\nbackend: sandbox\nreferences:\n  demo: { file: demo.wav, purpose: song }\n"
        "lyrics:\n  line: { template: \"##hello to the morning##\" }\nsongs:\n" + "".join(songs)
    )
    subprocess.run([takesheet, "run", "formats.yaml", "-q"], cwd=folder, check=True)
    cards = []
    for path in sorted((folder / "takes").rglob("*.json")):
        card = json.loads(path.read_text())
        card["file"] = next(other for other in path.parent.glob(path.stem + ".*") if other.suffix in (".mp3", ".wav", ".pcm"))
        cards.append(card)
    return cards


def formats(takesheet: str, folder: Path) -> None:
    cards = render_formats(takesheet, folder)
    mp3s = [card for card in cards if card["format"] == "mp3"]
    bad = [name for name in map(mp3_fault, mp3s) if name]
    judge("mp3 of every rate and bitrate is what was asked", "ffprobe, mpg123, sox", "16 of 16",
          f"{len(mp3s) - len(bad)} of {len(mp3s)}" + "".join(f"; {name}" for name in bad), len(mp3s) == 16 and not bad)
    wavs = {card["request"]["audio"]["sample_rate"]: card for card in cards if card["format"] == "wav"}
    pcms = {card["request"]["audio"]["sample_rate"]: card for card in cards if card["format"] == "pcm"}
    bad = [str(rate) for rate in RATES if wav_fault(wavs[rate], rate)]
    judge("wav of every rate is plain 16-bit, unclipped", "ffprobe, sox", "4 of 4", f"{4 - len(bad)} of 4", not bad)
    bad = [str(rate) for rate in RATES if frames(wavs[rate]) != pcms[rate]["file"].read_bytes()]
    judge("pcm holds the samples of the wav", "ffmpeg", "4 of 4", f"{4 - len(bad)} of 4", not bad)


def probed(path: Path) -> dict:
    text = said("ffprobe", "-v", "error", "-show_entries", "stream=codec_name,sample_rate,channels,bit_rate,duration",
                "-of", "json", path)
    return json.loads(text)["streams"][0]


def mp3_fault(card: dict) -> str:
    """What is wrong with an mp3; nothing if all three tools take it for what was asked."""
    asked = card["request"]["audio"]
    rate, bitrate = asked["sample_rate"], asked["bitrate"]
    stream = probed(card["file"])
    exists = bitrate if rate >= 32000 else min(bitrate, 160000)
    found = (stream["codec_name"], int(stream["sample_rate"]), int(stream["bit_rate"]))
    if found != ("mp3", rate, exists):
        return f"{rate}/{bitrate} is {found}"
    if abs(float(stream["duration"]) - card["sound"]["seconds"]) > 0.1:
        return f"{rate}/{bitrate} lasts {stream['duration']} s, not {card['sound']['seconds']} s"
    warned = said("mpg123", "-q", "-t", card["file"]).strip()
    heard = said("sox", card["file"], "-n", "stat")
    loudest = float(re.search(r"Maximum amplitude:\s+([\d.]+)", heard)[1])
    return f"{rate}/{bitrate}: {warned}" if warned else "" if loudest > 0.1 else f"{rate}/{bitrate} is silent"


def wav_fault(card: dict, rate: int) -> bool:
    stream = probed(card["file"])
    loudest = float(re.search(r"Maximum amplitude:\s+([\d.]+)", said("sox", card["file"], "-n", "stat"))[1])
    return (stream["codec_name"], int(stream["sample_rate"])) != ("pcm_s16le", rate) or not 0.1 < loudest < 0.999


def frames(card: dict) -> bytes:
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", card["file"], "-f", "s16le", "-"], capture_output=True, check=True)
    return done.stdout


# --- the band --------------------------------------------------------------------------------------------------------


def loudness(folder: Path, takes: list[dict]) -> None:
    off = []
    for take in takes:
        told = said("ffmpeg", "-nostats", "-i", folder / f"{take['name']}.wav", "-af", "ebur128", "-f", "null", "-")
        found = float(re.findall(r"I:\s+(-?[\d.]+) LUFS", told)[-1])
        off.append(abs(found - take["asked"]["loudness"]))
    judge("loudness asked for", "ffmpeg ebur128", "within 0.6 LU", f"{max(off):.2f} LU off at most, {len(off)} takes",
          max(off) <= 0.6)


def tempo(folder: Path, takes: list[dict]) -> None:
    off = []
    for take in takes:
        told = said("aubio", "beat", "-B", "1024", "-H", "128", folder / f"{take['name']}.wav")
        beats = np.array([float(line.split()[0]) for line in told.splitlines()])
        # Between two beats in the middle: a beat that it misses would weigh on the mean, which `aubio tempo` prints.
        found = 60 / np.median(np.diff(beats))
        asked = take["asked"]["tempo"]
        nearest = min((found * factor for factor in (0.5, 1.0, 2.0)), key=lambda bpm: abs(bpm - asked))
        off.append(abs(nearest - asked) / asked)
    judge("tempo asked for, half and double allowed", "aubio", "within 3 %",
          f"{100 * max(off):.1f} % off at most, {len(off)} takes", max(off) <= 0.03)


KRUMHANSL = {
    "major": [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
    "minor": [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
}
NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
NOTES = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]


def tonic_and_mode(key: str) -> tuple[int, str]:
    """`Eb minor` and `D# minor` are one."""
    note, mode = key.split()
    return (NATURALS[note[0]] + note.count("#") - note.count("b")) % 12, mode


def key(folder: Path, takes: list[dict]) -> None:
    wrong = []
    for take in takes:
        samples, rate = librosa.load(folder / f"{take['name']}.wav", sr=22050)
        chroma = librosa.feature.chroma_cqt(y=librosa.effects.harmonic(samples), sr=rate).mean(axis=1)
        fits = {(tonic, mode): np.corrcoef(np.roll(profile, tonic), chroma)[0, 1]
                for mode, profile in KRUMHANSL.items() for tonic in range(12)}
        found = max(fits, key=fits.get)
        if found != tonic_and_mode(take["asked"]["key"]):
            wrong.append(f"{take['key']} heard as {NOTES[found[0]]} {found[1]}")
    judge("key asked for", "librosa chroma, Krumhansl-Kessler", "all", f"{len(takes) - len(wrong)} of {len(takes)}"
          + "".join(f"; {text}" for text in wrong), not wrong)


def pitch(folder: Path, take: dict) -> None:
    samples, rate = librosa.load(folder / f"{take['name']}.wav", sr=22050)
    f0, _, _ = librosa.pyin(samples, fmin=60, fmax=1000, sr=rate, frame_length=2048, hop_length=256)
    cents = []
    for note in take["notes"]:
        # The middle of a note: its scoop and its way to the next one are singing, not a wrong pitch.
        start, end = (int((note["at"] + note["seconds"] * part) * rate / 256) for part in (0.3, 0.8))
        heard = f0[start:max(end, start + 1)]
        heard = heard[~np.isnan(heard)]
        cents.append(abs(100 * (librosa.hz_to_midi(np.median(heard)) - note["pitch"])) if len(heard) else 1200.0)
    share = sum(off <= 50 for off in cents) / len(cents)
    judge(f"sung notes within 50 cents, {take['name'].split('-')[1]} voice", "librosa pYIN", "95 %",
          f"{100 * share:.0f} % of {len(cents)}, median {statistics.median(cents):.0f} cents", share >= 0.95)


def depth(folder: Path, takes: list[dict]) -> None:
    below = []
    for take in takes:
        samples, rate = librosa.load(folder / f"{take['name']}.wav", sr=None)
        power = np.abs(np.fft.rfft(samples)) ** 2
        below.append(10 * np.log10(power[: int(60 * len(samples) / rate)].sum() / power.sum() + 1e-12))
    judge("energy below 60 Hz in an a cappella", "numpy FFT", "under −50 dB of the whole", f"{max(below):.0f} dB",
          max(below) <= -50)


# --- the words -------------------------------------------------------------------------------------------------------


def sung_lines(folder: Path, takes: list[dict]) -> list[np.ndarray]:
    """Each line cut out of its take, at 16 kHz, over a little noise: digital silence confuses the recogniser."""
    noise = np.random.default_rng(1)
    lines = []
    for take in sorted(takes, key=lambda take: take["name"]):
        samples, _ = librosa.load(folder / f"{take['name']}.wav", sr=16000)
        for line in range(3):
            notes = [note for note in take["notes"] if note["line"] == line]
            # Sung again, a line comes a second time: the first is enough.
            first = [note for index, note in enumerate(notes)
                     if note["at"] < notes[0]["at"] + 12 and (index == 0 or note["at"] > notes[index - 1]["at"])]
            start = max(0, int((first[0]["at"] - 0.4) * 16000))
            end = int((first[-1]["at"] + first[-1]["seconds"] + 0.3) * 16000)
            cut = samples[start:end]
            cut = cut / max(1e-6, np.abs(cut).max()) * 0.5
            lines.append(cut + noise.normal(0, 10 ** (-64 / 20), len(cut)))
    return lines


BEAMS = [1e-48, 1e-64, 1e-80, 1e-110]


def aligned(decoder: Decoder, pcm: bytes, text: str) -> float | None:
    """How well a text fits a sound; none if it does not fit at all."""
    decoder.set_align_text(text)
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    if found is None or found.hypstr != text or not found.score:
        return None
    return decoder.get_logmath().log(found.score)


def words(folder: Path, lines: list[str], takes: list[dict], voice: str, held_to: int) -> None:
    # A wide beam finds what a narrow one loses, but a very wide one runs out of numbers.
    decoders = [Decoder(Config(lm=None, loglevel="FATAL", beam=beam, wbeam=beam, pbeam=beam)) for beam in BEAMS]
    sung = sung_lines(folder, takes)
    scores = np.full((len(sung), len(lines)), np.nan)
    for row, cut in enumerate(sung):
        pcm = (cut * 32767).astype(np.int16).tobytes()
        for column, text in enumerate(lines):
            fits = (aligned(decoder, pcm, text.lower()) for decoder in decoders)
            score = next((score for score in fits if score is not None), np.nan)
            scores[row, column] = score / len(cut)
    # What does not fit at all is last; a line that fits anything is compared with itself.
    failed = np.isnan(scores)
    scores[failed] = np.nanmin(scores) - 1e-3 if not failed.all() else 0.0
    scores = (scores - scores.mean(axis=0)) / (scores.std(axis=0) + 1e-12)
    count = len(sung)
    ranks = [count if failed[row, row] else int((scores[row] > scores[row, row]).sum()) for row in range(count)]
    first, three = sum(rank == 0 for rank in ranks), sum(rank < 3 for rank in ranks)
    judge(f"the sung line among twelve, {voice} voice", "pocketsphinx forced alignment",
          f"in the first three for {held_to} of 12",
          f"{three} of 12 in the first three, {first} first", three >= held_to)


# --- all of it -------------------------------------------------------------------------------------------------------


def page() -> None:
    table = ["| what | judged by | goal | figure |", "|---|---|---|---|"]
    table += [f"| {what} | {tool} | {goal} | {figure} |" for what, tool, goal, figure, _ in rows]
    text = PAGE.read_text()
    start, end = (text.index(mark) for mark in MARKS)
    PAGE.write_text(text[: start + len(MARKS[0])] + "\n" + "\n".join(table) + "\n" + text[end:])


def main() -> int:
    takesheet, folder = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve()
    band = folder / "band"
    told = json.loads((band / "takes.json").read_text())
    about = lambda what: [take for take in told["takes"] if take["about"] == what]
    formats(takesheet, folder / "formats")
    loudness(band, about("loudness"))
    tempo(band, about("tempo"))
    key(band, about("key"))
    for take in about("voice"):
        pitch(band, take)
    depth(band, about("voice") + about("lines"))
    for voice, held_to in [("low", 9), ("high", 9)]:
        words(band, told["lines"], [take for take in about("lines") if voice in take["name"]], voice, held_to)
    if os.environ.get("UPDATE"):
        page()
    missed = sum(not row[4] for row in rows)
    print(f"\n{len(rows) - missed} passed, {missed} failed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
