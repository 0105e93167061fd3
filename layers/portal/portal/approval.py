"""Two pairs of eyes: who submits may not approve, and what is approved is what was submitted."""

from portal.article import Article, State
from portal.strict_json import Fault
from portal.table import Revision


def needs_approval(article: Article) -> bool:
    """Tell whether an upload changes what readers see, now or at a set minute: its text, or that it is taken down."""
    return State(article.status).is_public


def fault_of_approval(article: Article, subject: str, current: Revision | None, *, may_approve: bool) -> Fault | None:
    """Tell why an upload is no approval, if it is none.

    Args:
        article: as it was uploaded.
        subject: who sent it.
        current: what editors work on; None when nothing was accepted yet.
        may_approve: whether the sender's token gave that right when the upload was signed.
    """
    # An edit after the review is another text than the one that was seen.
    if current is None or current.state is not State.REVIEW or current.article.approved() != article:
        return Fault("/status", "needs_review")
    if not may_approve:
        return Fault("/status", "no_approver")
    if subject == current.subject:
        return Fault("/status", "own_review")
    return None
