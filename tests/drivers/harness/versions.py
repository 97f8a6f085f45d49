"""What libpq 18 says otherwise than the system's older one, taken out of both transcripts.

Ours has the words and options of 18. An entry names what came with a later version than Debian 12's
15, and nothing else belongs here: a difference of behaviour is a difference.
"""

import re

LATER_WORDS = (
    # 16: sslrootcert=system.
    (r", use the system's trusted roots with sslrootcert=system, or", " or"),
    # 16 and 17: options that pg_basebackup writes down with all the others.
    (r" (?:sslnegotiation=postgres|sslcertmode=allow|gssdelegation=0|load_balance_hosts=disable)\b", ""),
)


def older_words(text: str) -> str:
    """The text as libpq 15 would have put it."""
    for pattern, replacement in LATER_WORDS:
        text = re.sub(pattern, replacement, text)
    return text
