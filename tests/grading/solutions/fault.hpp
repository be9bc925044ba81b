// SPDX-License-Identifier: MIT
#pragma once

// The classic mistake that a solution makes; none in a plain one. What each of them costs is in
// ../CMakeLists.txt.
enum class Fault {
    none,
    // several problems
    keeps_silent,
    one_at_a_time,
    takes_recv_for_a_message,
    // problem 1
    never_resends,
    writes_duplicates,
    sends_all_at_once,
    sends_units_of_1000,
    acknowledges_datagrams,
    keeps_the_file_open,
    ignores_the_name,
    exits_with_one,
    resends_late,
    gives_up_early,
    // problem 2
    lets_names_out,
    dies_of_sigpipe,
    succeeds_always,
    // problem 3
    computes_by_itself,
    calculates_in_floats,
    crashes_at_the_lowest,
    crashes_at_zero,
    never_listens,
    leaves_daemons,
    starts_processes_without_end,
    // problem 4
    sends_a_download,
    sends_equal_sizes,
    plays_at_the_end,
    plays_a_download_at_the_end,
    leaves_the_player,
    // problem 5
    talks_out_of_turn,
    cuts_long_lines,
    leaves_without_a_word,
    // problem 6
    answers_the_newest,
    waits_for_frozen_readers,
};

// Which one: fault.cpp, so that each solution is compiled once, and linked with each of its
// mistakes.
extern const Fault kFault;
