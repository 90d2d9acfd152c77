"""What a procedure is: data, and the strict reading of it. Knows nothing of cases.

In reading order:

    lengths      `7 days`, `3 working days`: legal lengths, which are not timedeltas
    findings     everything that reading and checking can say about a definition
    model        Procedure, State, Deadline, Transition …: the one definition of the format
    expressions  the `when` language: parse, check types, evaluate, explain
    calendar     which days are worked, and how sure that is; calendar_file reads what people install
    reader       text -> Procedure; every problem at once, with file, line and column
    graph        which state leads where, as checks ask it
    samples, terms, values   what the guards of one event can and cannot be, by cases
    subject      a reading with the look-ups that checks share
    checks       what must hold of a whole procedure; checks_* hold the rules by what they are about
    silence, told   the silence test, the shortest and the longest ways
    draw, draw_svg   the same transitions as lanes of text, Mermaid, DOT or SVG
    schema       JSON Schema for editors
    library      find a procedure by name or path; its content hash
"""
