"""The journal that a host keeps of a run: what was replaced, how to undo it, and the dead-man.

On the host, a run's area has a folder with one numbered folder per step. Each holds `do`, the step
itself, `undo`, which is written before the step changes anything, and the file that it restores.
`restore` undoes all steps, the last one first, and then runs `activate`, which makes daemons read
the old files again. The dead-man is a systemd timer that runs `restore` unless somebody confirms
first. A later run can undo the area, too, and do it again: that is a step in its own journal.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

TOP = "/var/lib/watchfloor/replaced"
LAST = "/run/watchfloor/last"
"""Names the run that took the host's lock last; see `deploy.remote.hostlock`."""
TRANSIENT = "/run/systemd/transient"
"""Where systemd has the units that were made by a call of it (systemd.unit(5))."""
UNITS = "watchfloor-restore-"
"""What the names of all dead-men's units begin with."""
DEAD_MAN_S = 90
"""How long a risky area may go unconfirmed before its host restores itself."""

STEP_ENDS_S = 5
"""For a step that was given up, before its area is begun anew."""
LONGEST_RESTORE_S = 600
"""A dead-man that hangs would keep the host's lock from everybody."""

MOST_TOGETHER = 5
"""Areas that one login confirms: a shell names the locks of so many by one digit."""

KEPT_RUNS = 20
KEPT_DAYS = 90
"""A run is forgotten when so many later ones are kept and it is older than that."""

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")

_PREAMBLE = """\
set -eu
umask 077
LC_ALL=C; PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
fail() { printf 'watchfloor: %s\\n' "$*" >&2; exit 1; }
"""

# `restored` and `confirmed` are set under the lock, so that a step, the timer and a confirmation
# that meet each other have one order. A step that hangs must not keep the old state away for ever.
# Areas that were begun later and wait for the same confirmation go first: they may stand on this.
_RESTORE = (
    _PREAMBLE
    + """\
[ ! -e "$area/restored" ] || exit 0
exec 9>>"$area/lock"
flock -w 30 9 || :
[ ! -e "$area/restored" ] || exit 0
[ ! -e "$area/confirmed" ] || exit 0
status=0
for later in "${area%/*}"/*; do
  [ "$later/restore" -nt "$area/restore" ] && [ -e "$later/armed" ] || continue
  sh "$later/restore" || status=1
done
for undo in $(ls -r "$area"/[0-9]*/undo 2>/dev/null); do
  sh -eu "$undo" || status=1
done
if [ -e "$area/activate" ]; then sh "$area/activate" || status=1; fi
[ "$status" = 0 ] || : >"$area/unwell"
: >"$area/restored"
exit $status
"""
)
_ANEW = """\
if [ -e {area}/restored ]; then
  [ ! -e {area}/unwell ] || fail 'not all that it had replaced could be put back'
  exec 9>>{area}/lock
  flock -w {patience} 9 || fail 'a step of it that had no end in time is still at work'
  systemctl stop {unit}.timer {unit}.service 2>/dev/null || :
  rm -rf {area}/[0-9]* {area}/activate {area}/undoes {area}/confirmed {area}/restored
fi
"""
_PRUNE = """\
prune() {{
  ls -1 {top} | sort -r | tail -n +{beyond} | while read -r old; do
    case $old in {run} | *[!A-Za-z0-9._-]*) continue ;; esac
    [ -z "$(find "{top}/$old" -maxdepth 0 -mtime +{days})" ] || rm -rf -- "{top}/$old"
  done
}}
set -- {top}/*
[ $# -le {runs} ] || prune
"""

# A later run and its undo change nothing in the end, and an undo that did nothing does not count;
# any other later run is in the way.
_UNDO = """\
exec 8>>"$old/lock"
flock -w 30 8 || fail 'somebody else is at work in its journal'
if [ -e "$old/restored" ] || [ -e "$old/undone" ]; then return 0; fi
printf '%s\\n' "$from" >"$top/$me/$name/undoes"
for other in "$top"/*/"$name"; do
  run=${other%/*}; run=${run##*/}
  [ "$run" \\> "$from" ] && [ "$run" != "$me" ] || continue
  if [ -e "$other/restored" ] || [ -e "$other/undone" ]; then continue; fi
  if [ -e "$other/undoes" ] && read -r whom <"$other/undoes"; then
    whose=$top/$whom/$name
    if [ ! "$whom" \\< "$from" ] || [ -z "$(ls -d "$whose/undone" "$whose"/*/undone 2>/dev/null)" ]
    then continue; fi
  fi
  [ -z "$(ls -d "$other"/[0-9]* 2>/dev/null)" ] || fail "run $run changed it later; undo that first"
done
status=0
for one in $(ls -rd "$old"/[0-9]* 2>/dev/null); do
  if [ -e "$one/undone" ] || [ ! -e "$one/undo" ]; then continue; fi
  if sh -eu "$one/undo"; then : >"$one/undone"; else status=1; fi
done
if [ -e "$old/activate" ]; then sh "$old/activate" || status=1; fi
[ "$status" = 0 ] || exit 1
: >"$old/undone"
"""
_REDO = """\
[ -d "$old" ] || exit 0
exec 8>>"$old/lock"
flock -w 30 8 || :
status=0
for one in $(ls -d "$old"/[0-9]*/undone 2>/dev/null); do
  one=${one%/undone}
  if sh "$one/do"; then rm -f "$one/undone"; else status=1; fi
done
if [ -e "$old/activate" ]; then sh "$old/activate" || status=1; fi
rm -f "$old/undone"
exit $status
"""


@dataclass(frozen=True, slots=True)
class AreaJournal:
    """The folder of one area of one run on a host."""

    run: str
    area: str

    def __post_init__(self) -> None:
        for name in (self.run, self.area):
            if not _NAME.match(name):
                raise ValueError(f"{name!r} cannot name a folder of the journal")

    @property
    def folder(self) -> str:
        return f"{TOP}/{self.run}/{self.area}"

    @property
    def unit(self) -> str:
        """The dead-man's systemd unit, without its suffix."""
        return f"{UNITS}{self.run}-{self.area}"

    def step(self, number: int) -> "Step":
        """The journal of the area's step with that number, from 1."""
        return Step(self, number)

    def open_script(self, dead_man_s: int | None) -> str:
        """Makes the folder and its `restore`; arms the dead-man when seconds are given.

        What was restored is begun anew, unless a step of it is still at work, or not all came back.
        """
        arm = ""
        if dead_man_s is not None:
            arm = (
                f": >{self.folder}/armed\n"
                f"systemd-run --quiet --collect --unit={self.unit} --on-active={dead_man_s}s"
                f" --timer-property=AccuracySec=1s --property=RuntimeMaxSec={LONGEST_RESTORE_S}"
                f" -- /bin/sh {self.folder}/restore"
                " || fail 'systemd-run cannot arm the dead-man'\n"
            )
        return main_script(
            f"mkdir -p {self.folder}\n"
            + _ANEW.format(area=self.folder, unit=self.unit, patience=STEP_ENDS_S)
            + _PRUNE.format(
                top=TOP, run=self.run, runs=KEPT_RUNS, beyond=KEPT_RUNS + 1, days=KEPT_DAYS
            )
            + here_document("cat", f"{self.folder}/restore", f"area={self.folder}\n{_RESTORE}")
            + arm
        )

    def undo_body(self, undoing: "AreaJournal", *, is_certain: bool) -> str:
        """For a step of `undoing`: takes this area back; uncertain, it may find nothing to undo.

        It fails while a later run's change of the area stands, and says which.
        """
        gone = "return 0"
        if is_certain:
            gone = "fail 'it keeps nothing of that run any more'"
        names = f"top={TOP}\nfrom={self.run}\nname={self.area}\nme={undoing.run}\n"
        return f'{names}old={self.folder}\n[ -d "$old" ] || {gone}\n{_UNDO}'

    def redo_body(self) -> str:
        """Does again what an undo took back, in the order in which it was done first."""
        return f"old={self.folder}\n{_REDO}"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an area."""

    journal: AreaJournal
    number: int

    @property
    def folder(self) -> str:
        return f"{self.journal.folder}/{self.number:04}"

    def script(self, body: str, *, undo: str, activate: str = "") -> str:
        """`body`, after it and `undo` were written down. `$step` is the step's folder in both.

        `activate` is a command for the end of a restore; it is kept once per area. Both may be run
        again: a step that is undone can be done again, and undone once more.
        """
        area = self.journal.folder
        setting = f"step={self.folder}\n"
        keep = here_document("cat", f"{self.folder}/undo.new", f"{setting}{undo}")
        do = here_document("cat", f"{self.folder}/do", main_script(f"{setting}{body}"))
        line = shlex.quote(activate)
        activation = (
            f"touch {area}/activate\n"
            f"grep -qxF -- {line} {area}/activate || printf '%s\\n' {line} >>{area}/activate\n"
        )
        return main_script(
            f"exec 9>>{area}/lock\nflock 9\n"
            f"[ ! -e {area}/restored ] || fail 'the dead-man has restored the old state'\n"
            f"mkdir -p {self.folder}\n"
            + keep
            + f"mv -f {self.folder}/undo.new {self.folder}/undo\n"
            + do
            + (activation if activate else "")
            + f"sh {self.folder}/do\n"
        )


def restore_script(journals: Sequence[AreaJournal]) -> str:
    """Undoes these areas' steps now, the last area first, and disarms their dead-men.

    What was confirmed is undone as well; what was never begun is left alone. It may be run again,
    and fails as long as not all is as it was, and once another run has had the host.
    """
    runs = {one.run for one in journals}
    mine = "".join(
        f'[ "$last" = {run} ] || fail "run $last has had this host since"\n' for run in runs
    )
    taken_back = "".join(
        f"if [ -e {one.folder}/restore ]; then\n"
        f"  rm -f {one.folder}/confirmed\n"
        f"  sh {one.folder}/restore || status=1\n"
        f"  [ -e {one.folder}/restored ] && [ ! -e {one.folder}/unwell ] || status=1\n"
        "fi\n"
        for one in reversed(journals)
    )
    return main_script(
        f"if [ -e {LAST} ]; then\nread -r last <{LAST}\n{mine}fi\n"
        f"status=0\n{taken_back}{_disarm(journals, 'timer', 'service')}exit $status\n"
    )


def confirm_script(journals: Sequence[AreaJournal]) -> str:
    """Disarms dead-men; to be run through a fresh login, which proves the changed path.

    All of them or none: it fails when one has restored the old state. At most `MOST_TOGETHER`.
    """
    if len(journals) > MOST_TOGETHER:
        raise ValueError(f"{len(journals)} areas are too many for one confirmation")
    held = "".join(
        f"exec {9 - place}>>{one.folder}/lock\nflock {9 - place}\n"
        f"[ ! -e {one.folder}/restored ] || fail 'the dead-man has restored the old state'\n"
        for place, one in enumerate(journals)
    )
    confirmed = "".join(f": >{one.folder}/confirmed\n" for one in journals)
    return main_script(f"{held}{confirmed}{_disarm(journals, 'timer')}")


def _disarm(journals: Sequence[AreaJournal], *kinds: str) -> str:
    units = " ".join(f"{one.unit}.{kind}" for kind in kinds for one in journals)
    return f"systemctl stop {units} 2>/dev/null || :\n"


def main_script(body: str) -> str:
    """A script that sh may read from its stdin: nothing in `body` can eat the rest of it.

    It exits by itself: the end of its stdin may be lost when `body` cuts the connection.
    """
    return f"{_PREAMBLE}main() {{\n{body}}}\nmain </dev/null; exit\n"


def here_document(command: str, path: str, text: str) -> str:
    """A line that runs `command` with `text` as its stdin and its stdout going to `path`."""
    return input_document(f"{command} >{shlex.quote(path)}", text)


def input_document(command: str, text: str) -> str:
    """A line that runs `command` with `text` as its stdin."""
    end = "WATCHFLOOR"
    while end in text:
        end += "_"
    newline = "" if text.endswith("\n") else "\n"
    return f"{command} <<'{end}'\n{text}{newline}{end}\n"
