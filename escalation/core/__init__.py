"""What a log means. Pure: the same arguments give the same answer, for ever. No clock, no file, no database.

The idea. A case is not a row that something edits when an event arrives or a timer fires. It is a log of
what happened, written by people, and a definition (a finite-state machine with deadlines) that says what the
log means:

    evaluate(book, log, now) -> Snapshot

The state of every track, the running deadlines, what is overdue: all of it is in the Snapshot, and nothing else
decides. Whoever asks later, or more often, or after a month of sleep, gets the same answer; a letter logged late
is put where it belongs; a forecast is the same question with another `now`.

Log, history, evaluation. The log is append-only and in the order of recording (`seq`). `history.effective` makes
the effective history of it: amendments applied, withdrawn entries gone, in the order of happening
`(occurred_at, seq)`. Evaluation reads only that, from the opening up to `now`. `known_at` leaves out what had
not been recorded by then; so the two clocks of a question are two arguments.

The order at one instant. Before an entry at T is taken, every deadline that lapses up to and including T lapses,
the earliest first, each at its own instant: a lapse at T comes before an entry at T. Then, for one event
(semantics, section 5):

    1  every running track chooses its transition, guards looking at the case as it was, with the event's own
       data already among the facts; no track can and none begins: a Refusal, and nothing has changed
    2  the facts that the event sets; days of `due_on` deadlines follow
    3  `restarts`, then `extends`, then `pauses` and resumptions
    4  procedure deadlines that it stops
    5  track by track, the state is left and the next one entered
    6  tracks that it begins enter their initial states
    7  procedure deadlines that it starts

Lapses by the clock. No entry says that a deadline lapsed. It follows from its start, its length and the calendar,
so it is worked out each time, and its event is applied like any other, stamped with the instant of the deadline. A
correction that moves the start moves the lapse; one that ends the deadline earlier makes it never have happened.

Step equals evaluate. To read the whole log for each new entry would be slow, so the shell keeps the last Snapshot
and `step` carries it on by one entry, `advance` by time alone. Both resume the same `Live` case that `evaluate`
feeds from the beginning, and must agree with it always; tests/pure/test_properties.py says so. An entry that does
not come after all that is known (`follows`), and every correction, is evaluated in full.

What is NOT in the table. `table.Table` is the definition made ready to run: transitions by state and event, deadlines
with their lengths read. `transitions` takes steps from it. It does not know time: lapses, pauses and reminders are
no states and no transitions of a machine, for a correction would have to find and move them. It does not know tracks
as regions: which track is offered an event, and in which order, is decided in `Live`. It has no callbacks: what follows
from a step is computed outside, so a refusal leaves nothing behind. And it holds nothing of a case: one table serves
all cases of a definition.

In reading order:

    entries     what people log, as it is stored and hashed
    snapshot    what a log means: Snapshot, Run, Refusal, Missing
    history     log -> effective history
    evaluate    evaluate, step, advance: the questions
    live        a case while it is being worked out, the only mutable thing here; `apply` is the list above
    runs        its deadlines: started, paused, extended, restarted, stopped
    days        a length becomes a last day, line by line; the only place where it does
    table       a definition by state and event; `guards` say what holds, `machine` takes the step
    values      what was typed -> a value of a fact; `instants` the same for days and times
    reminders   when nudges fall
    preview     two snapshots compared: moved, undone, in conflict
    announce    what is to be told, each with its key, and when to look again
    lives       made-up lives of a definition, by the same evaluation; `made_up` the values they need
"""
