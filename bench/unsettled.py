"""The product without settling and quotas: `-m bench.unsettled serve`.

Without the 0.3 s in which a burst becomes one turn, and without the limits on how much one
person may write, it can be driven like bots that have neither.
"""

import sys
from datetime import timedelta

import bot.flood
import bot.intake
from bot.__main__ import main

NO_LIMIT = 10**9

if __name__ == "__main__":
    bot.intake.SETTLE = timedelta(0)
    bot.flood.SOFT = bot.flood.HARD = bot.flood.HARD_DAY = NO_LIMIT
    sys.exit(main())
