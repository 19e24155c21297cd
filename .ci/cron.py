"""Judges when cron lines come true in zones: `cron.py FILE [UPDATE]`.

cronsim (which does as cron on Debian does) gives the answers, for moments around every kind of change of a clock; where
no change is near, croniter must give the same. FILE holds the answers; with UPDATE it is written, else compared.
"""

import random
import sys
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from itertools import islice
from zoneinfo import ZoneInfo

from croniter import croniter
from cronsim import CronSim

UTC = timezone.utc
ZONES = """UTC Europe/Berlin Europe/Lisbon Europe/Dublin Europe/Istanbul Europe/Volgograd Antarctica/Troll
America/New_York America/St_Johns America/Havana America/Sao_Paulo America/Caracas America/Nuuk America/Asuncion
America/Santiago Africa/Cairo Africa/Casablanca Africa/Juba Asia/Beirut Asia/Gaza Asia/Tehran Asia/Kathmandu
Asia/Kolkata Asia/Pyongyang Asia/Amman Australia/Lord_Howe Australia/Adelaide Pacific/Apia Pacific/Chatham
Pacific/Fiji Pacific/Kiritimati""".split()
# Most come true within the hours in which clocks are changed.
LINES = """0 3 * * *|30 2 * * *|30 1 * * *|0 0 * * *|30 0 * * *|15 23 * * *|0 2,14 * * *|0,15,30,45 0-3 * * *
*/30 * * * *|*/15 2 * * *|0 * * * *|5 */2 * * *|0 */6 * * *|*/20 0-4 * * SUN|30 2 * * SUN|45 23 * * SAT|0 0 1 * *
30 2 29 2 *|0 0 L * *|0 9 13 * FRI|30 1 1,15 * MON-FRI|0 3 * * MON#1|10 0 31 * *|* 1 * * *""".replace("\n", "|").split("|")
BEGIN, END = datetime(2006, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = [-86400, -7201, -3600, -1801, -60, -1, 0, 1, 599, 1800, 2700, 3599, 3600, 5401, 7200, 80000]
HEAD = f"""# When cron lines come true in zones, judged by cronsim {version("cronsim")} with tzdata {version("tzdata")}: `UPDATE=1 .ci/cron` writes it.
# A line is ZONE|CRON|MOMENT NEXT LATEST|…: seconds since 1970, then the first moment after that one and the last one
# that is not later, both as seconds from it.
#
# Where the judges differ from each other, or from the program, for a reason:
# * A line that names times of day (minute and hour begin with no `*`) comes true once where the clock is put back, and
#   right after the gap where it is put forward. cronsim does the same, but asked from within the second half of an hour
#   that comes twice it gives times of the first half again; and of several times in one gap it gives their common moment
#   more than once. Both are left out here: a moment comes once, and time goes on.
# * croniter knows no such rule. It is a witness only for moments with no change of the clock near, and it must agree then.
# * Any other line is a pace, which follows the wall minute by minute. cronsim steps by whole hours and loses its way where
#   a clock moves by half of one, or at a minute past one, with `5 */2 * * *` for ever; so these lines are judged by its
#   reading of their fields at each real minute.
# * cronsim looks for the latest moment by stepping back over the wall, and leaves times of a gap out; the latest is taken
#   from going forward instead.
"""


def changes(zone):
    """Every moment at which the clock of a zone is changed."""
    found, at, step = [], BEGIN, timedelta(hours=6)
    offset = lambda moment: moment.astimezone(zone).utcoffset()
    while at < END:
        if offset(at) != offset(at + step):
            low, high = at, at + step
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
                low, high = (middle, high) if offset(middle) == offset(at) else (low, middle)
            found.append(high)
        at += step
    return found


def forward(line, zone, moment):
    """The moments of a line after one, by cronsim, each once and in order."""
    last = moment
    for found in CronSim(line, moment.astimezone(zone)):
        found = found.astimezone(UTC)
        if found > last:
            yield found
            last = found


def is_pace(line):
    return any(field.startswith("*") for field in line.split()[:2])


def comes_true(rule, wall):
    """Whether a line means this minute on the wall, as cronsim reads its fields."""
    return wall.minute in rule.minutes and wall.hour in rule.hours and wall.month in rule.months and rule.match_day(wall)


def scan(line, zone, moment):
    """The answer for a pace, by looking at the wall at each real minute."""
    rule, minute = CronSim(line, moment), timedelta(minutes=1)
    following = moment.replace(second=0) + minute
    while not comes_true(rule, following.astimezone(zone)):
        following += minute
    before = moment.replace(second=0)
    while not comes_true(rule, before.astimezone(zone)):
        before -= minute
    return following, before


def answer(line, zone, moment):
    if is_pace(line):
        return scan(line, zone, moment)
    following = next(forward(line, zone, moment))
    # Far enough back for a line of leap days over a century's end.
    for days in (2, 40, 500, 3000):
        begin = (moment - timedelta(days=days)).replace(second=0)
        before = None
        for found in forward(line, zone, begin):
            if found > moment:
                break
            before = found
        if before:
            return following, before
    raise SystemExit(f"{line} in {zone}: nothing before {moment}")


def is_quiet(moments, around):
    """No change of the clock lies near or between."""
    low, high = min(moments) - timedelta(days=2), max(moments) + timedelta(days=2)
    return not any(low <= change <= high for change in around)


def witness(line, zone, moment, following):
    """Says whether croniter was asked; it must agree."""
    found = croniter(line, moment.astimezone(zone)).get_next(datetime).astimezone(UTC)
    if found != following:
        raise SystemExit(f"{line} in {zone} after {moment}: cronsim says {following}, croniter {found}")


def judge():
    dice, text, asked, witnessed = random.Random(20261123), [HEAD], 0, 0
    for name in ZONES:
        zone = ZoneInfo(name)
        around = changes(zone)
        for line in LINES:
            cells = []
            for _ in range(6):
                moment = BEGIN + timedelta(seconds=dice.randrange(int((END - BEGIN).total_seconds())))
                if around and dice.random() < 0.8:
                    moment = dice.choice(around) + timedelta(seconds=dice.choice(SECONDS))
                following, before = answer(line, zone, moment)
                asked += 1
                if is_quiet([moment, following], around):
                    witness(line, zone, moment, following)
                    witnessed += 1
                seconds = lambda other: int((other - moment).total_seconds())
                cells.append(f"{int(moment.timestamp())} {seconds(following)} {seconds(before)}")
            text.append(f"{name}|{line}|{'|'.join(cells)}\n")
    print(f"{asked} moments in {len(ZONES)} zones judged by cronsim; croniter was asked about {witnessed} and agrees")
    return "".join(text)


def main():
    path, update = sys.argv[1], sys.argv[2:] not in ([], [""])
    judged = judge()
    if update:
        open(path, "w").write(judged)
    elif open(path).read() != judged:
        raise SystemExit(f"{path} is not what the judges say")


main()
