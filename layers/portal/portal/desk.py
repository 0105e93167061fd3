"""The desk: it gives editors what they write with, numbered and signed uploads; it never writes an article."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from portal import paths
from portal.article import MAX_UPLOAD_BYTES, utc
from portal.identity import Editor
from portal.issuing import CONTENT_TYPE, await_upload, count_up, sender
from portal.outcomes import RefusedError, UnknownArticleError, error_code
from portal.strict_json import Fault, unknown_field
from portal.table import (
    ISSUED,
    NEW_ITEM,
    Table,
    article_partition,
    key,
    packed,
)
from portal.verdicts import Outcome, too_large

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

MAX_UPLOADS: Final = 999_999  # the number's place in a key has six digits
UPLOAD_SECONDS: Final = 900
SECRET_BYTES: Final = 24
_ID_LETTERS: Final = "0123456789bcdfghjkmnpqrstvwxyz"  # no vowels, so no words
_ID_LENGTH: Final = 10


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
    headers that guard an upload.
    """

    def __init__(
        self,
        *,
        dynamodb: "DynamoDBClient",
        s3: "S3Client",
        table_name: str,
        uploads_bucket: str,
    ) -> None:
        self._table = Table(dynamodb, table_name)
        self._s3 = s3
        self._bucket = uploads_bucket

    def issue_first(self, request: UploadRequest, editor: Editor) -> dict[str, Any]:
        """Begin an article: give it an id and a signed URL for its first upload."""
        article_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))
        return self._issue(article_id, request, editor, NEW_ITEM)

    def issue_next(self, article_id: str, request: UploadRequest, editor: Editor) -> dict[str, Any]:
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
            return self._issue(article_id, request, editor, "n < :most", most=MAX_UPLOADS)
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            if "Item" in error.response:
                raise RefusedError(Fault("", "too_many_uploads", (("most", f"{MAX_UPLOADS:,}"),))) from error
            raise UnknownArticleError(article_id) from error

    def issue_secret_link(self, article_id: str) -> str:
        """Give the path of a secret link to the preview of an article; the one before it leads nowhere any more.

        The table holds a digest of the secret, so that who reads it can't follow the link.

        Raises:
            UnknownArticleError: nothing of an article of that id was accepted.
        """
        secret = secrets.token_urlsafe(SECRET_BYTES)
        try:
            self._table.client.update_item(
                TableName=self._table.name,
                Key=key(article_partition(article_id), ISSUED),
                UpdateExpression="SET secret = :digest",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues=packed({":digest": digest(secret)}),
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            raise UnknownArticleError(article_id) from error
        return paths.preview_path(article_id, secret)

    def _issue(
        self, article_id: str, request: UploadRequest, editor: Editor, condition: str, **values: int
    ) -> dict[str, Any]:
        """Count the upload up, have `tick` look for it, and sign its URL."""
        now = datetime.now(UTC)
        number = count_up(self._table, article_id, now, condition, **values)
        await_upload(self._table, article_id, number, now)
        metadata = sender(editor)
        if request.base is not None:
            metadata["base"] = str(request.base)
        url = self._s3.generate_presigned_url(
            "put_object",
            Params={
                "Bucket": self._bucket,
                "Key": paths.upload_key(article_id, number),
                "ContentType": CONTENT_TYPE,
                "ContentLength": request.size,
                "IfNoneMatch": "*",
                "Metadata": metadata,
            },
            ExpiresIn=UPLOAD_SECONDS,
        )
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Content-Length": str(request.size),
            "If-None-Match": "*",
            **{f"x-amz-meta-{name}": value for name, value in metadata.items()},
        }
        expires_at = utc(now + timedelta(seconds=UPLOAD_SECONDS))
        upload = {"number": number, "method": "PUT", "url": url, "headers": headers, "expires_at": expires_at}
        return {"id": article_id, "upload": upload}


def digest(secret: str) -> str:
    """Give what the table holds of a link's secret: its SHA-256, in hexadecimal digits."""
    return sha256(secret.encode()).hexdigest()
