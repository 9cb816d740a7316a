"""The sections of a report: each makes markup of a climb's result, or nothing if it has nothing to say."""
