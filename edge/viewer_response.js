// Viewer response: a tombstone's metadata become its status, and what S3 says of its storage goes no further.
// Plain ECMAScript 5.1, which CloudFront Functions' runtime 2.0 and the local edge both run.

function handler(event) {
    var response = event.response;
    var headers = response.headers;
    var status = headers["x-amz-meta-status"];
    var location = headers["x-amz-meta-location"];
    // A 304 speaks of the reader's own copy, which has its status already.
    if (status && response.statusCode !== 304) {
        if (status.value === "410") {
            response.statusCode = 410;
            response.statusDescription = "Gone";
        } else if (status.value === "301" && location) {
            response.statusCode = 301;
            response.statusDescription = "Moved Permanently";
            headers["location"] = { "value": location.value };
        }
    }
    Object.keys(headers).forEach(function (name) {
        if (name.indexOf("x-amz-") === 0) {
            delete headers[name];
        }
    });
    return response;
}
