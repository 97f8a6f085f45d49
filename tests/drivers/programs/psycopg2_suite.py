"""Runs psycopg2's own tests, found below the working directory, and tells each one's outcome.

The outcomes come last and alone on standard output. What tests, threads and the interpreter say
meanwhile would break up lines, and goes to standard error.
"""

import os
import sys
import unittest

answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
sys.path.insert(0, os.getcwd())

import tests  # noqa: E402


class Outcomes(unittest.TextTestResult):
    """Keeps what became of each test."""

    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self.outcomes = []

    def keep(self, test, outcome):
        self.outcomes.append(f"{test.id()}: {outcome}")

    def addSuccess(self, test):
        super().addSuccess(test)
        self.keep(test, "ok")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.keep(test, "FAIL")

    def addError(self, test, err):
        super().addError(test, err)
        self.keep(test, "ERROR")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.keep(test, f"skipped {reason!r}")

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.keep(test, "expected failure")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.keep(test, "unexpected success")


chosen = unittest.defaultTestLoader.loadTestsFromName("tests.test_suite")
ended = unittest.TextTestRunner(resultclass=Outcomes, verbosity=1).run(chosen)
print("\n".join(sorted(ended.outcomes)), file=answer)
word = "OK" if ended.wasSuccessful() else "FAILED"
print(f"{ended.testsRun} tests, {word} (skipped={len(ended.skipped)})", file=answer, flush=True)
