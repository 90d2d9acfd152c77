"""What a person sees: the terminal screens. They come with a later release; `escalation` alone says what is next."""
