// Viewer request: a directory's address becomes the key under which its page is stored.
// Plain ECMAScript 5.1, which CloudFront Functions' runtime 2.0 and the local edge both run.

function handler(event) {
    var request = event.request;
    var uri = request.uri;
    if (uri.charAt(uri.length - 1) === "/") {
        request.uri = uri + "index.html";
        return request;
    }
    var last = uri.slice(uri.lastIndexOf("/") + 1);
    if (last.indexOf(".") === -1) {
        return {
            statusCode: 301,
            statusDescription: "Moved Permanently",
            headers: {
                // One slash only: `//host` in a Location would send the reader to another site.
                "location": { "value": uri.replace(/^[\/\\]+/, "/") + "/" },
                "cache-control": { "value": "public, max-age=300" }
            }
        };
    }
    return request;
}
