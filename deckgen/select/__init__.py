"""Which notes: Anki's search language, so that authors choose cards as learners search for them.

What a search asks of a learner's history or collection (`is:due`) has no meaning for an author and is refused.
"""

from deckgen.select.parsing import parse
from deckgen.select.patterns import QueryError
from deckgen.select.terms import Candidate

__all__ = ["Candidate", "QueryError", "parse"]
