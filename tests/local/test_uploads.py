import base64
import hashlib
import json
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

import boto3
import pytest
import time_machine
from botocore.config import Config
from botocore.credentials import Credentials
from werkzeug.serving import make_server
from werkzeug.test import Client, TestResponse

from local.aws import ENVIRONMENT, simulated
from local.template import REGION, Json
from local.uploads import Uploads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CORSRuleTypeDef

BUCKET = "small-uploads"
KEY = "articles/a-1/000001.json"
ADDRESS = "http://127.0.0.1:8000"
BODY = b'{"title": "x"}'
CREDENTIALS = Credentials(
    ENVIRONMENT["AWS_ACCESS_KEY_ID"], ENVIRONMENT["AWS_SECRET_ACCESS_KEY"], ENVIRONMENT["AWS_SESSION_TOKEN"]
)
HEADERS = {
    "Content-Type": "application/json",
    "Content-Length": str(len(BODY)),
    "If-None-Match": "*",
    "x-amz-meta-editor": "minh",
}


@dataclass
class Bucket:
    s3: "S3Client"
    uploads: Uploads
    session: boto3.Session

    def objects(self) -> list[str]:
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with simulated() as session:
        s3 = session.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        uploads = Uploads(BUCKET, s3=s3, credentials=CREDENTIALS, region=REGION, lock=threading.RLock())
        yield Bucket(s3, uploads, session)


def presigned(
    *,
    address: str = ADDRESS,
    expires: int = 900,
    region: str = REGION,
    secret: str = CREDENTIALS.secret_key,
    access: str = CREDENTIALS.access_key,
    token: str | None = CREDENTIALS.token,
    version: str = "s3v4",
    operation: str = "put_object",
    **changes: Json,
) -> str:
    client = boto3.client(
        "s3",
        endpoint_url=address,
        region_name=region,
        aws_access_key_id=access,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(signature_version=version, s3={"addressing_style": "virtual"}),
    )
    given: dict[str, Json] = {
        "Bucket": BUCKET,
        "Key": KEY,
        "ContentType": "application/json",
        "ContentLength": len(BODY),
        "IfNoneMatch": "*",
        "Metadata": {"editor": "minh"},
        **changes,
    }
    given = {name: value for name, value in given.items() if value is not None}
    return client.generate_presigned_url(operation, Params=given, ExpiresIn=expires)


def send(bucket: Bucket, url: str, body: bytes = BODY, method: str = "PUT", /, **headers: str) -> TestResponse:
    """Send what the desk tells an editor to send, with the body's real length, but for the headers named.

    Their names are given with underscores; an empty one is left out.
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {**HEADERS, "Content-Length": str(len(body)), **named}
    return Client(bucket.uploads).open(
        url.removeprefix(ADDRESS),
        method=method,
        base_url=ADDRESS,
        data=body,
        headers={name: value for name, value in sent.items() if value},
    )


def code(answer: TestResponse) -> tuple[int, str]:
    found = re.search("<Code>(.*)</Code>", answer.text)
    return answer.status_code, found[1] if found else answer.text


# What S3 takes


def test_a_presigned_upload_is_stored_with_its_type_and_metadata(bucket: Bucket) -> None:
    answer = send(bucket, presigned())
    assert (answer.status_code, answer.data) == (200, b"")
    stored = bucket.s3.get_object(Bucket=BUCKET, Key=KEY)
    assert stored["Body"].read() == BODY
    assert stored["ContentType"] == "application/json"
    assert stored["Metadata"] == {"editor": "minh"}
    assert answer.headers["ETag"] == stored["ETag"]


def test_a_stored_upload_notifies_the_queue_of_its_bucket(bucket: Bucket) -> None:
    sqs = bucket.session.client("sqs")
    url = sqs.create_queue(QueueName="intake")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bucket.s3.put_bucket_notification_configuration(
        Bucket=BUCKET,
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]},
    )
    send(bucket, presigned())
    bodies = [
        json.loads(each["Body"]) for each in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    ]
    events = [record for each in bodies for record in each.get("Records", [])]
    assert [unquote_plus(record["s3"]["object"]["key"]) for record in events] == [KEY]


def test_a_key_is_decoded_once(bucket: Bucket) -> None:
    assert send(bucket, presigned(Key="articles/a+b c%2B.json")).status_code == 200
    assert bucket.objects() == ["articles/a+b c%2B.json"]


def test_needless_escapes_in_the_url_change_nothing(bucket: Bucket) -> None:
    assert send(bucket, presigned().replace("articles", "%61rticles")).status_code == 200
    assert bucket.objects() == [KEY]


def test_the_version_is_told_where_the_bucket_keeps_versions(bucket: Bucket) -> None:
    bucket.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    answer = send(bucket, presigned())
    stored = bucket.s3.head_object(Bucket=BUCKET, Key=KEY)
    assert answer.headers["x-amz-version-id"] == stored["VersionId"]


def test_a_guard_that_was_not_signed_still_guards(bucket: Bucket) -> None:
    url = presigned(IfNoneMatch=None)
    assert send(bucket, url).status_code == 200
    assert code(send(bucket, url)) == (412, "PreconditionFailed")
    assert send(bucket, url, If_None_Match="").status_code == 200


# What S3 refuses


def test_a_second_use_of_the_url_is_refused_and_changes_nothing(bucket: Bucket) -> None:
    url = presigned()
    send(bucket, url)
    other = b'{"title": "y"}'
    assert code(send(bucket, url, other)) == (412, "PreconditionFailed")
    assert bucket.s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == BODY


@pytest.mark.parametrize("body", [BODY + b" ", BODY[:-1], b""])
def test_a_body_of_another_length_is_refused(bucket: Bucket, body: bytes) -> None:
    assert code(send(bucket, presigned(), body)) == (403, "SignatureDoesNotMatch")
    assert bucket.objects() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Type": "text/html"},
        {"If_None_Match": '"x"'},
        {"x_amz_meta_editor": "lan"},
        {"Host": "localhost:8000"},
    ],
)
def test_another_value_of_a_signed_header_is_refused(bucket: Bucket, headers: dict[str, str]) -> None:
    assert code(send(bucket, presigned(), **headers)) == (403, "SignatureDoesNotMatch")
    assert bucket.objects() == []


@pytest.mark.parametrize("name", ["Content_Type", "If_None_Match", "x-amz-meta-editor"])
def test_a_signed_header_that_is_missing_is_refused(bucket: Bucket, name: str) -> None:
    assert code(send(bucket, presigned(), **{name: ""})) == (403, "SignatureDoesNotMatch")
    assert bucket.objects() == []


@pytest.mark.parametrize(
    "headers",
    [{"x_amz_meta_base": "1"}, {"x_amz_acl": "public-read"}, {"x_amz_tagging": "a=b"}, {"Content_MD5": "x"}],
)
def test_a_header_of_s3_that_is_not_signed_is_refused(bucket: Bucket, headers: dict[str, str]) -> None:
    answer = send(bucket, presigned(), **headers)
    assert code(answer) == (403, "AccessDenied")
    named = next(iter(headers)).replace("_", "-").lower()
    assert "There were headers present in the request which were not signed" in answer.text
    assert f"<HeadersNotSigned>{named}</HeadersNotSigned>" in answer.text
    assert bucket.objects() == []


def test_an_expired_url_is_refused(bucket: Bucket) -> None:
    with time_machine.travel(1_795_400_000, tick=False) as clock:
        url = presigned(expires=60)
        clock.shift(61)
        answer = send(bucket, url)
        assert code(answer) == (403, "AccessDenied")
        assert "<Message>Request has expired</Message>" in answer.text
        clock.shift(-1)
        assert send(bucket, url).status_code == 200


def test_a_url_signed_for_later_is_refused(bucket: Bucket) -> None:
    with time_machine.travel(1_795_400_000, tick=False) as clock:
        url = presigned()
        clock.shift(-901)
        answer = send(bucket, url)
        assert code(answer) == (403, "AccessDenied")
        assert "Request is not yet valid" in answer.text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("000001.json", "000002.json"),
        ("X-Amz-Expires=900", "X-Amz-Expires=9000"),
        ("%3Bif-none-match", ""),
        ("%3Bcontent-type", ""),
        ("X-Amz-Algorithm", "other=1&X-Amz-Algorithm"),
    ],
)
def test_a_url_changed_after_signing_is_refused(bucket: Bucket, old: str, new: str) -> None:
    url = presigned()
    assert old in url
    assert code(send(bucket, url.replace(old, new))) == (403, "SignatureDoesNotMatch")
    assert bucket.objects() == []


def test_a_signature_by_another_key_is_refused(bucket: Bucket) -> None:
    assert code(send(bucket, presigned(secret="guessed"))) == (403, "SignatureDoesNotMatch")
    assert code(send(bucket, presigned(access="AKIAOTHER"))) == (403, "InvalidAccessKeyId")
    assert code(send(bucket, presigned(token="guessed"))) == (400, "InvalidToken")
    assert bucket.objects() == []


def test_a_url_signed_for_another_region_is_refused(bucket: Bucket) -> None:
    answer = send(bucket, presigned(region="us-east-1"))
    assert code(answer) == (400, "AuthorizationQueryParametersError")
    assert f"<Region>{REGION}</Region>" in answer.text


def test_a_url_of_the_old_signature_version_is_refused(bucket: Bucket) -> None:
    # boto3 still presigns so by default, and leaves length and guard out of the signature then.
    url = presigned(version="s3")
    assert "X-Amz-Signature" not in url
    assert code(send(bucket, url)) == (403, "AccessDenied")


def test_an_upload_without_a_signature_is_refused(bucket: Bucket) -> None:
    assert code(send(bucket, f"{ADDRESS}/{BUCKET}/{KEY}")) == (403, "AccessDenied")
    assert bucket.objects() == []


@pytest.mark.parametrize(
    "name", ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"]
)
def test_a_signature_without_one_of_its_parts_is_refused(bucket: Bucket, name: str) -> None:
    url = re.sub(f"{name}=[^&]*&", "", presigned())
    assert code(send(bucket, url)) == (400, "AuthorizationQueryParametersError")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X-Amz-Expires=900", "X-Amz-Expires=soon"),
        ("X-Amz-Expires=900", "X-Amz-Expires=604801"),
        ("X-Amz-Expires=900", "X-Amz-Expires=-1"),
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
    ],
)
def test_a_signature_with_an_impossible_part_is_refused(bucket: Bucket, old: str, new: str) -> None:
    answer = send(bucket, presigned().replace(old, new))
    assert code(answer) == (400, "AuthorizationQueryParametersError")


def test_a_host_that_is_not_signed_is_refused(bucket: Bucket) -> None:
    answer = send(bucket, presigned().replace("%3Bhost", ""))
    assert "<HeadersNotSigned>host</HeadersNotSigned>" in answer.text


def test_a_url_signed_for_another_operation_is_refused(bucket: Bucket) -> None:
    send(bucket, presigned())
    nothing: dict[str, Json] = dict.fromkeys(("ContentType", "ContentLength", "IfNoneMatch", "Metadata"))
    read = presigned(operation="get_object", **nothing)
    plain = {name: "" for name in HEADERS if name != "Content-Length"}
    assert code(send(bucket, read, **plain)) == (403, "SignatureDoesNotMatch")
    assert code(send(bucket, read, b"", "GET", **plain)) == (405, "MethodNotAllowed")


def test_signed_extras_that_nothing_here_does_are_refused(bucket: Bucket) -> None:
    assert code(send(bucket, presigned(ACL="public-read"), x_amz_acl="public-read")) == (501, "NotImplemented")
    assert code(send(bucket, presigned(IfNoneMatch='"x"'), If_None_Match='"x"')) == (501, "NotImplemented")
    others: dict[str, Json] = dict.fromkeys(("ContentType", "IfNoneMatch", "Metadata"))
    part = presigned(operation="upload_part", PartNumber=1, UploadId="u", **others)
    assert code(send(bucket, part, Content_Type="", If_None_Match="", x_amz_meta_editor="")) == (501, "NotImplemented")
    assert bucket.objects() == []


def test_a_digest_that_is_signed_is_checked(bucket: Bucket) -> None:
    digest = base64.b64encode(hashlib.md5(BODY, usedforsecurity=False).digest()).decode()
    url = presigned(ContentMD5=digest)
    assert code(send(bucket, url, BODY[::-1], Content_MD5=digest)) == (400, "BadDigest")
    assert send(bucket, url, Content_MD5=digest).status_code == 200


def test_another_bucket_is_not_known(bucket: Bucket) -> None:
    bucket.s3.create_bucket(Bucket="other", CreateBucketConfiguration={"LocationConstraint": REGION})
    assert code(send(bucket, presigned(Bucket="other"))) == (404, "NoSuchBucket")


# On the wire


@pytest.fixture
def address(bucket: Bucket) -> Iterator[tuple[str, int]]:
    server = make_server("127.0.0.1", 0, bucket.uploads, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield "127.0.0.1", server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def exchanged(address: tuple[str, int], sent: bytes) -> bytes:
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def on_the_wire(address: tuple[str, int], body: bytes, **changes: str) -> bytes:
    host = f"{address[0]}:{address[1]}"
    target = presigned(address=f"http://{host}").removeprefix(f"http://{host}")
    headers = {"Host": host, **HEADERS, **{name.replace("_", "-"): value for name, value in changes.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
    return exchanged(address, f"PUT {target} HTTP/1.1\r\n{head}\r\n".encode() + body)


def test_an_upload_over_the_wire_is_stored(bucket: Bucket, address: tuple[str, int]) -> None:
    assert on_the_wire(address, BODY).splitlines()[0].endswith(b"200 OK")
    assert bucket.objects() == [KEY]


def test_bytes_beyond_the_length_are_never_stored(bucket: Bucket, address: tuple[str, int]) -> None:
    on_the_wire(address, BODY + b"more")
    assert bucket.s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == BODY


def test_a_body_shorter_than_its_length_is_not_stored(bucket: Bucket, address: tuple[str, int]) -> None:
    assert b"IncompleteBody" in on_the_wire(address, BODY[:-1])
    assert bucket.objects() == []


def test_a_body_without_a_length_is_refused(bucket: Bucket, address: tuple[str, int]) -> None:
    chunked = b"e\r\n" + BODY + b"\r\n0\r\n\r\n"
    answer = on_the_wire(address, chunked, Content_Length="", Transfer_Encoding="chunked")
    assert b"SignatureDoesNotMatch" in answer
    assert bucket.objects() == []


@pytest.mark.parametrize("size", [len(BODY), 3_000_000])
def test_a_refused_upload_is_answered_while_its_connection_stays_open(address: tuple[str, int], size: int) -> None:
    host = f"{address[0]}:{address[1]}"
    target = presigned(address=f"http://{host}", ContentLength=size).removeprefix(f"http://{host}")
    for expected, length in ((403, size + 1), (200, size), (412, size)):
        connection = HTTPConnection(host, timeout=10)
        connection.request("PUT", target, b"x" * length, {**HEADERS, "Content-Length": str(length)})
        assert connection.getresponse().status == expected
        connection.close()


# Browsers


RULE: "CORSRuleTypeDef" = {
    "AllowedOrigins": ["https://*.example.org"],
    "AllowedMethods": ["PUT"],
    "AllowedHeaders": ["content-type", "x-amz-meta-*"],
    "ExposeHeaders": ["ETag"],
    "MaxAgeSeconds": 3600,
}


def preflight(bucket: Bucket, **headers: str) -> TestResponse:
    given = {
        "Origin": "https://desk.example.org",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "Content-Type, x-amz-meta-editor",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return Client(bucket.uploads).options(f"/{BUCKET}/{KEY}", headers={k: v for k, v in given.items() if v})


def test_a_browser_is_allowed_what_the_buckets_rules_allow(bucket: Bucket) -> None:
    bucket.s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [RULE]})
    answer = preflight(bucket)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://desk.example.org"
    assert answer.headers["Access-Control-Allow-Methods"] == "PUT"
    assert answer.headers["Access-Control-Allow-Headers"] == "content-type, x-amz-meta-editor"
    assert answer.headers["Access-Control-Max-Age"] == "3600"
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.org.evil"},
        {"Origin": "http://desk.example.org"},
        {"Access_Control_Request_Method": "DELETE"},
        {"Access_Control_Request_Headers": "content-type, if-none-match"},
    ],
)
def test_a_browser_is_refused_what_no_rule_allows(bucket: Bucket, headers: dict[str, str]) -> None:
    bucket.s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [RULE]})
    answer = preflight(bucket, **headers)
    assert code(answer) == (403, "AccessForbidden")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_browser_is_refused_where_there_are_no_rules(bucket: Bucket) -> None:
    assert code(preflight(bucket)) == (403, "AccessForbidden")
    assert code(preflight(bucket, Origin="")) == (400, "BadRequest")


def test_a_browser_may_read_the_answer_to_its_upload_and_to_its_mistake(bucket: Bucket) -> None:
    bucket.s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [RULE]})
    for expected in (200, 412):
        answer = send(bucket, presigned(), Origin="https://desk.example.org")
        assert answer.status_code == expected
        assert answer.headers["Access-Control-Allow-Origin"] == "https://desk.example.org"
        assert answer.headers["Access-Control-Expose-Headers"] == "ETag"
    answer = send(bucket, presigned(), Origin="https://elsewhere.example")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_any_origin_is_answered_with_a_star(bucket: Bucket) -> None:
    anyone: CORSRuleTypeDef = {**RULE, "AllowedOrigins": ["*"]}
    bucket.s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [anyone]})
    answer = preflight(bucket)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
