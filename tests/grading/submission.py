# SPDX-License-Identifier: MIT
"""What somebody handed in: a build, or a source folder that has to be built first, which nobody trusts either."""

import json
import os
import shlex
import shutil
import sys

from .program import how_it_ended
from .supervisor import MIB, LimitExceeded, Limits, OutOfTime, Supervisor

BUILD_SECONDS = 180
BUILD_LIMITS = Limits(memory=4096 * MIB, processor_seconds=360, files=2048 * MIB)
BUILD_FILES = ("CMakeLists.txt", "Makefile", "makefile")


def is_program(path):
    return os.path.isfile(path) and os.access(path, os.X_OK)


def find_programs(root, problem):
    """The folder below `root` that has most of a problem's programs, None if none has any."""
    def programs_in(folder):
        return sum(is_program(os.path.join(folder, name)) for name in problem.programs)
    places = [os.path.join(root, *middle, last) for last in (f"problem{problem.number}", "")
              for middle in ((), ("build",), ("bin",))]
    best = max(places, key=programs_in)
    return os.path.normpath(best) if programs_in(best) else None


def entries_of(folder):
    """The names in a folder, sorted; none if it may not be listed."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def why_missing(folder, names):
    """Why programs of these names cannot be run, in words."""
    locked = [name for name in names if os.path.isfile(os.path.join(folder, name))]
    absent = [name for name in names if name not in locked]
    similar = [entry for entry in entries_of(folder) if os.path.splitext(entry)[0] in absent]
    words = [f"{name} is not executable (chmod +x)" for name in locked]
    if absent:
        words.append("there is no " + " and no ".join(absent) + (f", only {', '.join(similar)}" if similar else ""))
    return "; ".join(words)


def build_file(root):
    return next((name for name in BUILD_FILES if os.path.isfile(os.path.join(root, name))), None)


def needs_building(root, problems):
    """True if there are sources to build, and no programs yet."""
    return build_file(root) is not None and not any(find_programs(root, problem) for problem in problems)


def commands(root):
    """How to build it: each a list of words."""
    jobs = f"-j{os.cpu_count() or 1}"
    if build_file(root) == "CMakeLists.txt":
        return [["cmake", "-S", ".", "-B", "build", "-DCMAKE_BUILD_TYPE=Release",
                 "-DCMAKE_COLOR_MAKEFILE=OFF"], ["cmake", "--build", "build", jobs]]
    return [["make", jobs]]


def build(source, folder):
    """Builds a copy of `source` in `folder`/source; what went wrong in words, None if nothing did."""
    copy = os.path.join(folder, "source")
    shutil.copytree(source, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    if build_file(source) == "CMakeLists.txt":
        shutil.rmtree(os.path.join(copy, "build"), ignore_errors=True)  # it would know another source folder
    supervisor = Supervisor(folder, BUILD_SECONDS, BUILD_LIMITS)
    try:
        if supervisor.user is not None:
            give_away(copy, supervisor.user)
        for words in commands(copy):
            program = supervisor.start(words, copy)
            code = program.wait(BUILD_SECONDS)
            if code != 0:
                said = "\n".join(program.screen.strip().splitlines()[-30:])
                how = how_it_ended(code) if code is not None else f"it took more than {BUILD_SECONDS} s"
                return f"`{shlex.join(words)}` failed ({how})\n{said}"
    except OutOfTime:
        return f"it was not built within {BUILD_SECONDS} s"
    except LimitExceeded as limit:
        return f"while it was built, {limit}"
    except OSError as error:
        return f"it could not be built: {error}"
    finally:
        supervisor.close()
    return None


def give_away(folder, user):
    """The copy belongs to the user as whom it is built."""
    for place, _, names in os.walk(folder):
        os.chown(place, user, user)
        for name in names:
            os.lchown(os.path.join(place, name), user, user)


if __name__ == "__main__":  # run.py grading.submission SOURCE FOLDER: prints JSON
    print(json.dumps(build(sys.argv[1], sys.argv[2])))
