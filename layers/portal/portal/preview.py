"""Preview: what was uploaded, and the page that it would become, drawn by what draws readers' and stored nowhere."""

from dataclasses import replace
from datetime import UTC, datetime
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from portal import paths
from portal.article import MAX_UPLOAD_BYTES, Article, State, utc
from portal.commit import Change
from portal.composing import Composer
from portal.desk import digest
from portal.drawing import Artist
from portal.judge import judge
from portal.outcomes import UnknownArticleError, error_code
from portal.strict_json import Fault
from portal.table import ISSUED, Head, Table, article_partition
from portal.verdicts import bounded

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

# In the address of an article that has no id yet.
_NO_ID: Final = "0"


class Preview:
    """Draws previews over one table and shows what lies in one uploads bucket; it only reads."""

    def __init__(
        self, *, dynamodb: "DynamoDBClient", s3: "S3Client", table_name: str, uploads_bucket: str, artist: Artist
    ) -> None:
        self._table = Table(dynamodb, table_name)
        self._s3 = s3
        self._bucket = uploads_bucket
        self._site = artist.site
        self._composer = Composer(self._table, artist)

    def of_upload(self, content: bytes, article_id: str | None, editor: str) -> str | list[Fault]:
        """Draw what an upload would become, or say everything that is wrong with it.

        Args:
            content: the upload's bytes.
            article_id: of the article that it changes; None for a new one.
            editor: who asks.

        Returns:
            The page's HTML, or the faults.
        """
        judgement = judge(content, self._site)
        if isinstance(judgement, list):
            return bounded(judgement)
        head = self._table.head(article_id) if article_id else None
        number = head.upload + 1 if head else 1
        now = utc(datetime.now(UTC))
        change = Change(article_id or _NO_ID, *_public(judgement), number, editor, "", now, self._site.zone)
        return self._page(change, head)

    def by_secret(self, article_id: str, secret: str) -> str | None:
        """Draw what editors work on of an article, for somebody who knows the secret of its link.

        Returns:
            The page's HTML; None when the secret is another one, or there is nothing to show.
        """
        issued = self._table.get(article_partition(article_id), ISSUED)
        if issued is None or not compare_digest(issued.get("secret", ""), digest(secret)):
            return None
        head = self._table.head(article_id)
        if head is None:
            return None
        revision = self._table.revision(article_id, head.current.revision)
        if revision.state.is_public:  # readers have it
            return self._composer.preview(str(head.path), revision, head.first_public)
        article, state = _public(revision.article)
        change = replace(Change.of(revision, self._site.zone), article=article, state=state)
        return self._page(change, head)

    def uploaded(self, article_id: str, number: int) -> str:
        """Give the text of an upload as it was sent, whatever was judged of it.

        Raises:
            UnknownArticleError: there's no such upload, or more of it than an upload may be.
        """
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=paths.upload_key(article_id, number))
        except ClientError as error:
            if error_code(error) == "NoSuchKey":
                raise UnknownArticleError(article_id) from error
            raise
        if answer["ContentLength"] > MAX_UPLOAD_BYTES:
            raise UnknownArticleError(article_id)
        return answer["Body"].read().decode("utf-8", "replace")

    def _page(self, change: Change, head: Head | None) -> str:
        """Draw an article as it is once a change of it is made."""
        new = change.next_head(head)
        return self._composer.preview(str(new.path), change.revision(new.revision), new.first_public)


def _public(article: Article) -> tuple[Article, State]:
    """Give an article and its state as they are once it is public, whatever it waits for until then."""
    public = article if State(article.status).is_public else article.approved()
    return public, State(public.status)
