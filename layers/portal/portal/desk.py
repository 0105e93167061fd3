"""The desk: what editors ask for. It signs uploads and tells what became of them; it never writes an article."""

import base64
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from botocore.exceptions import ClientError

from portal import paths
from portal.article import MAX_UPLOAD_BYTES, utc
from portal.outcomes import error_code
from portal.strict_json import Fault, unknown_field
from portal.table import (
    HEAD,
    ISSUED,
    NEW_ITEM,
    SHELF,
    Awaited,
    Head,
    Item,
    Table,
    Verdict,
    article_partition,
    key,
    packed,
    unpacked,
    verdict_key,
)
from portal.verdicts import Outcome, listed, too_large

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

MAX_UPLOADS: Final = 999_999  # the number's place in a key has six digits
UPLOAD_SECONDS: Final = 900
FIRST_LOOK_SECONDS: Final = 60  # after which `tick` looks whether an upload has its verdict
PAGE_ARTICLES: Final = 25
# Of the 2 KB that S3 allows an object's metadata (User-defined object metadata), what the editor's name may take.
MAX_EDITOR_BYTES: Final = 900
TRY_LATER: Final = Fault("", "try_later")
_CONTENT_TYPE: Final = "application/json"
_ID_LETTERS: Final = "0123456789bcdfghjkmnpqrstvwxyz"  # no vowels, so no words
_ID_LENGTH: Final = 10
_WAITING: Final = "waiting"
_PLACE: Final = re.compile(r'\["article#[a-z0-9]{1,40}", "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"\]')


class RefusedError(Exception):
    """A request that the desk can't fulfil; `faults` say why, as those of a verdict do."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(", ".join(fault.code for fault in faults))
        self.faults = faults


class UnknownArticleError(Exception):
    """There's no article of that id."""


@dataclass(frozen=True)
class UploadRequest:
    """What an editor asks for: the size of the upload in bytes, and the accepted upload that it started from."""

    size: int
    base: int | None = None

    @classmethod
    def read(cls, body: object, *, base_allowed: bool) -> "UploadRequest":
        """Read the JSON body of a request.

        Raises:
            RefusedError: with every fault of it.
        """
        if not isinstance(body, dict):
            raise RefusedError(_type_fault("", "một đối tượng JSON { … }", "a JSON object { … }"))
        known = ("size", "base") if base_allowed else ("size",)
        faults = [unknown_field(name) for name in body if name not in known]
        if "size" not in body:
            faults.append(Fault("/size", "missing", (("field", "size"),)))
        for name in (name for name in known if name in body):
            if type(body[name]) is not int or body[name] < 1:
                faults.append(_type_fault(f"/{name}", "một số nguyên dương", "a positive whole number"))
            elif name == "size" and body[name] > MAX_UPLOAD_BYTES:
                faults.append(too_large(MAX_UPLOAD_BYTES, "/size"))
        if faults:
            raise RefusedError(*faults)
        return cls(**body)


def _type_fault(pointer: str, vietnamese: str, english: str) -> Fault:
    details = (("expected_vi", vietnamese), ("expected_en", english), ("found", "…"))
    return Fault(pointer, "type", details)


class Desk:
    """The desk's routine over one table and one uploads bucket.

    `s3` must sign with Signature Version 4 and address buckets as hosts: other signatures silently leave out the
    headers that guard an upload. `site_url` is the site's public address without a trailing slash, or empty.
    """

    def __init__(
        self,
        *,
        dynamodb: "DynamoDBClient",
        s3: "S3Client",
        table_name: str,
        uploads_bucket: str,
        site_url: str,
    ) -> None:
        self._table = Table(dynamodb, table_name)
        self._s3 = s3
        self._bucket = uploads_bucket
        self._site_url = site_url

    def issue_first(self, request: UploadRequest, editor: str) -> dict[str, Any]:
        """Begin an article: give it an id and a signed URL for its first upload."""
        article_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))
        return self._issue(article_id, request, editor, NEW_ITEM)

    def issue_next(self, article_id: str, request: UploadRequest, editor: str) -> dict[str, Any]:
        """Give a signed URL for the next upload of an article.

        Raises:
            UnknownArticleError: no article has that id.
            RefusedError: `base` isn't an upload of it that was accepted, or it had all the uploads that it can have.
        """
        if request.base is not None:
            verdict = self._table.verdict(article_id, request.base)
            if verdict is None or verdict.outcome is not Outcome.ACCEPTED:
                raise RefusedError(Fault("/base", "base", (("base", str(request.base)),)))
        try:
            return self._issue(article_id, request, editor, "n < :most")
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            if "Item" in error.response:
                raise RefusedError(Fault("", "too_many_uploads", (("most", f"{MAX_UPLOADS:,}"),))) from error
            raise UnknownArticleError(article_id) from error

    def status(self, article_id: str, language: str) -> dict[str, Any]:
        """Tell where an article is, with the verdict of its newest upload in words of `language`.

        Raises:
            UnknownArticleError: no article has that id.
        """
        found = self._statuses([article_id], language)
        if not found:
            raise UnknownArticleError(article_id)
        return found[0]

    def newest(self, cursor: str | None, language: str) -> dict[str, Any]:
        """List articles, those with the newest uploads first, a page at a time.

        Args:
            cursor: the `next` of the page before; None for the first.
            language: of the messages, `vi` or `en`.

        Returns:
            `articles`, each as `status` gives it, and `next`, None on the last page.

        Raises:
            RefusedError: the cursor is none of ours.
        """
        start: Any = {"ExclusiveStartKey": _read_cursor(cursor)} if cursor else {}
        # The index is a little behind the table; what is shown of each article is read from the table itself.
        answer = self._table.client.query(
            TableName=self._table.name,
            IndexName="newest",
            KeyConditionExpression="shelf = :shelf",
            ExpressionAttributeValues={":shelf": {"S": SHELF}},
            ScanIndexForward=False,
            Limit=PAGE_ARTICLES,
            **start,
        )
        ids = [str(unpacked(item)["pk"]).removeprefix("article#") for item in answer["Items"]]
        last = answer.get("LastEvaluatedKey")
        return {"articles": self._statuses(ids, language), "next": _cursor(last) if last else None}

    def _issue(self, article_id: str, request: UploadRequest, editor: str, condition: str) -> dict[str, Any]:
        """Count the upload up, have `tick` look for it, and sign its URL."""
        now = datetime.now(UTC)
        values: dict[str, Any] = {":one": 1, ":shelf": SHELF, ":now": utc(now)}
        if ":most" in condition:
            values[":most"] = MAX_UPLOADS
        answer = self._table.client.update_item(
            TableName=self._table.name,
            Key=key(article_partition(article_id), ISSUED),
            UpdateExpression="ADD n :one SET shelf = :shelf, issued_at = :now",
            ConditionExpression=condition,
            ExpressionAttributeValues=packed(values),
            ReturnValues="UPDATED_NEW",
            # Tells an article that has had all its uploads from one that isn't there.
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        number = int(answer["Attributes"]["n"]["N"])
        # Before anybody can upload: what lies in the bucket is looked for. A crash before this leaves a number unused.
        look_at = utc(now + timedelta(seconds=FIRST_LOOK_SECONDS))
        self._table.put(Awaited(article_id, number, issued_at=utc(now), look_at=look_at).item())
        metadata = {"editor": _quoted(editor)}
        if request.base is not None:
            metadata["base"] = str(request.base)
        url = self._s3.generate_presigned_url(
            "put_object",
            Params={
                "Bucket": self._bucket,
                "Key": paths.upload_key(article_id, number),
                "ContentType": _CONTENT_TYPE,
                "ContentLength": request.size,
                "IfNoneMatch": "*",
                "Metadata": metadata,
            },
            ExpiresIn=UPLOAD_SECONDS,
        )
        headers = {
            "Content-Type": _CONTENT_TYPE,
            "Content-Length": str(request.size),
            "If-None-Match": "*",
            **{f"x-amz-meta-{name}": value for name, value in metadata.items()},
        }
        expires_at = utc(now + timedelta(seconds=UPLOAD_SECONDS))
        upload = {"number": number, "method": "PUT", "url": url, "headers": headers, "expires_at": expires_at}
        return {"id": article_id, "upload": upload}

    def _statuses(self, ids: list[str], language: str) -> list[dict[str, Any]]:
        """Give the status of each article that is there, in the order of the ids."""
        partitions = {article_id: article_partition(article_id) for article_id in ids}
        issued = {item["pk"]: item for item in self._table.batch([key(pk, ISSUED) for pk in partitions.values()])}
        # Verdicts before heads: who reads `accepted` must find the head that the same commit wrote.
        verdicts = {
            item["pk"]: Verdict.from_item(item)
            for item in self._table.batch([key(pk, verdict_key(int(item["n"]))) for pk, item in issued.items()])
        }
        heads = {item["pk"]: Head.from_item(item) for item in self._table.batch([key(pk, HEAD) for pk in issued])}
        return [
            self._status(article_id, issued[pk], heads.get(pk), verdicts.get(pk), language)
            for article_id, pk in partitions.items()
            if pk in issued
        ]

    def _status(
        self, article_id: str, issued: Item, head: Head | None, verdict: Verdict | None, language: str
    ) -> dict[str, Any]:
        return {
            "id": article_id,
            "title": head.title if head else None,
            "state": head.state if head else None,
            "revision": head.revision if head else None,
            "upload": head.upload if head else None,
            "url": self._site_url + head.path if head and head.path else None,
            "issued_at": issued["issued_at"],
            "verdict": {
                "upload": int(issued["n"]),
                "accepted": verdict.outcome is Outcome.ACCEPTED if verdict else None,
                "outcome": verdict.outcome if verdict else _WAITING,
                "errors": listed(verdict.faults, language) if verdict else [],
            },
        }


def _quoted(name: str) -> str:
    """Percent-encode a name, as much of it as its place in the metadata holds, cut between characters."""
    quoted = ""
    for character in name:
        longer = quoted + quote(character, safe="@+", errors="replace")
        if len(longer) > MAX_EDITOR_BYTES:
            break
        quoted = longer
    return quoted


def _cursor(last: Mapping[str, Any]) -> str:
    item = unpacked(last)
    text = json.dumps([item["pk"], item["issued_at"]])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> Item:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError as error:
        raise RefusedError(Fault("/next", "cursor")) from error
    # Not parsed before it has the form of ours: what else may stand there DynamoDB would refuse as a fault of the desk.
    if not _PLACE.fullmatch(text):
        raise RefusedError(Fault("/next", "cursor"))
    partition, issued_at = json.loads(text)
    return packed({"pk": partition, "sk": ISSUED, "shelf": SHELF, "issued_at": issued_at})
