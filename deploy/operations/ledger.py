"""What a host keeps, for root alone, of a file that was written with secrets.

One ledger per file, `LEDGERS` + its path + `.ledger`, with three lines: the file's SHA-256, its
text with markers in place of the secrets (base64), and a salted digest of each secret. The facts
show the marked text while the file is what was written, and nothing of it when it is not. It is
written before the file, so that no moment shows a secret.
"""

import base64
import hashlib
from shlex import quote

from inventory.facts import textfile

LEDGER = """\
ledger={ledger}
keep_ledger() {{ if [ -e "$ledger" ]; then cp -a -- "$ledger" "$step/ledger"
else : >"$step/no-ledger"; fi; }}
put_ledger_back() {{ if [ -e "$step/ledger" ]; then cp -aT -- "$step/ledger" "$ledger"
elif [ -e "$step/no-ledger" ]; then rm -f -- "$ledger"; fi; }}
"""


def functions(path: str) -> str:
    """`$ledger`, and what keeps the old one in `$step` and puts it back."""
    return LEDGER.format(ledger=quote(f"{textfile.LEDGERS}{path}.ledger"))


def writing(marked: str, content: str, cards: str) -> str:
    """Keeps the old ledger and writes the new; a file without secrets gets none."""
    if not cards:
        return 'keep_ledger\n[ ! -e "$ledger" ] || rm -f -- "$ledger"\n'
    digest = hashlib.sha256(content.encode()).hexdigest()
    text = base64.b64encode(marked.encode()).decode()
    return (
        'keep_ledger\n(umask 077; mkdir -p -- "${ledger%/*}")\n'
        f"printf '%s\\n' {digest} {text} {quote(cards)}"
        ' >"$ledger.new"\nmv -fT -- "$ledger.new" "$ledger"\n'
    )
