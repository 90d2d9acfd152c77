"""A letter: a template filled from a case, as blocks, and the blocks as Markdown, PDF or Word.

In reading order:

    filling      what a case and a person give a template; what is missing, and where it could come from
    render       the text of a template with the values in it; no value is ever read as markup
    blocks       that text -> headings, paragraphs, lists, tables: what the formats are made of
    markdown     blocks -> Markdown, or plain text for a form
    pdf, fonts   blocks -> PDF, by typst; a missing character is named, never printed as a box
    docx         blocks -> a Word document
    writing      bytes -> a private file, whole or not at all

What a template may be is said in `states.template`. The same blocks make the same bytes, in every format.
"""
